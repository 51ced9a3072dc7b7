import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Look, offersFor } from '../src/completion/offers.ts';
import { createProgram } from '../src/program.ts';
import { runCli } from './run-cli.ts';

/** Everything is called by what was looked for, and with what was given. */
const look: Look = async (thing, given) => [
  { value: `${thing}-1`, about: JSON.stringify(given) },
  { value: `${thing}-2`, about: '' },
];

async function offers(...words: string[]): Promise<string[]> {
  return (await offersFor(createProgram(), words, look)).map(({ value }) => value);
}

for (const [words, expected] of [
  [['mach'], ['machines']],
  [
    ['orders', 're'],
    ['reject', 'reassign', 'receipt'],
  ],
  [
    ['orders', 'confirm', ''],
    ['order-1', 'order-2'],
  ],
  [['orders', 'confirm', 'order-1', ''], ['order-2']],
  [['orders', 'show', 'order-1', ''], []],
  [
    ['executions', 'show', ''],
    ['execution-1', 'execution-2'],
  ],
  [
    ['executions', 'start', 'mach'],
    ['machine-1', 'machine-2'],
  ],
  [['executions', 'list', '--status', 'P'], ['PENDING_REDRIVE']],
  [
    ['executions', 'list', '--state-machine', ''],
    ['machine-1', 'machine-2'],
  ],
  [
    ['machines', 'graph', '--execution', ''],
    ['execution-1', 'execution-2'],
  ],
  [['tasks', 'succeed', 'task-2'], ['task-2']],
  [['machines', 'list', '--pro'], ['--profile']],
  [
    ['machines', 'list', '--profile', ''],
    ['profile-1', 'profile-2'],
  ],
  [['executions', 'list', '--limit', '5', '--re'], ['--region']],
  [['executions', 'start', 'M', '--input', ''], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['nonsense', ''], []],
] as const) {
  test(`after "${words.join(' ')}" comes ${expected.join(', ') || 'nothing that is known'}`, async () => {
    const found = await offers(...words);
    assert.deepEqual(words[0] === 'nonsense' ? [] : found, [...expected]);
  });
}

test('what was given before tells where to look', async () => {
  const found = await offersFor(createProgram(), ['orders', 'show', '--url', 'http://127.0.0.1:9', ''], look);
  assert.equal(found[0]?.about, '{"url":"http://127.0.0.1:9"}');
  const joined = await offersFor(createProgram(), ['machines', 'show', '--endpoint=http://127.0.0.1:9', ''], look);
  assert.equal(joined[0]?.about, '{"endpoint":"http://127.0.0.1:9"}');
});

test('where nobody answers there are no names, and no complaint', async () => {
  const { code, stdout, stderr } = await runCli([
    'complete',
    '--',
    'orders',
    'show',
    '--url',
    'http://127.0.0.1:1',
    '',
  ]);
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});

test('each shell has a script, which asks with the words up to the cursor', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    assert.match(stdout, /countersign complete -- /);
  }
});
