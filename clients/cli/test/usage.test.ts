import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from './run-cli.ts';

const COMMANDS = [
  'start',
  'engine',
  'login',
  'logout',
  'whoami',
  'token',
  'orders submit',
  'orders list',
  'orders show',
  'orders confirm',
  'orders reject',
  'orders watch',
  'orders undo',
  'orders withdraw',
  'orders reassign',
  'orders deadline',
  'orders receipt',
  'orders verify',
  'executions list',
  'executions history',
  'time show',
  'time advance',
];

for (const command of ['', 'orders', 'executions', 'time', ...COMMANDS]) {
  test(`countersign ${command} --help starts with examples and ends with the exit codes`, async () => {
    const { code, stdout, stderr } = await runCli([...command.split(' ').filter(Boolean), '--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^Examples:\n {2}\$ .*countersign/);
    assert.match(stdout, new RegExp(`\nUsage: countersign ${command}`));
    assert.match(stdout, / 0 {2}done\n.* 1 {2}.*\n.* 2 {2}.*\n.* 3 {2}.*\n.* 4 {2}.*\n.* 5 {2}.*\n$/);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 110),
      'no line is too long to read',
    );
    if (COMMANDS.includes(command)) assert.match(stdout, /--json /);
  });
}

test('start shows its defaults', async () => {
  const { stdout } = await runCli(['start', '--help']);
  const help = stdout.replaceAll(/\s+/g, ' ');
  for (const shown of ['(default: 3000)', '(default: 4566)', '(default: ".countersign")', '(default: "127.0.0.1")']) {
    assert.ok(help.includes(shown), shown);
  }
});

for (const [args, error, nextStep] of [
  [['ordrs'], "Unknown command 'ordrs'.", 'Did you mean orders?'],
  [['orders', 'lst'], "Unknown command 'lst'.", 'Did you mean list?'],
  [['start', '--no-auth', '--host', '0.0.0.0'], 'would let your whole network in.', 'Leave one of them out.'],
  [['login', '--issuer', 'https://id.example.com'], '--issuer and --client-id belong together.', '--help'],
  [['login', '--callback', 'https://example.com/cb'], 'A callback is on this machine', '`countersign login --help`'],
  [['start', '--prot', '1'], "Unknown option '--prot'.", 'Did you mean --port?'],
  [['orders', 'show'], "Missing required argument 'id'.", '`countersign orders show --help`'],
  [['orders', 'list', 'apples'], "Too many arguments for 'list'", '`countersign orders list --help`'],
  [['start', '--port', '65536'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['start', '--port', '-1'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['start', '--aws-port', '80x'], 'A port is a whole number from 0 to 65535.', '`countersign start --help`'],
  [['engine', '--lambda-endpoint', 'ftp://x'], 'A URL looks like', '`countersign engine --help`'],
  [['orders', 'list', '--limit', '0'], 'A limit is a whole number from 1 to 100.', '`countersign orders list --help`'],
  [['orders', 'submit', 'x', '--idempotency-key', 'a b'], 'visible ASCII', '`countersign orders submit --help`'],
  [['orders', 'confirm', 'x', '--data', '[1]'], 'It is a JSON object', '`countersign orders confirm --help`'],
  [['orders', 'confirm', 'x', '--data', '@/nowhere.json'], 'no such file', '`countersign orders confirm --help`'],
  [['orders', 'confirm', 'x', 'y', '--idempotency-key', 'k'], 'for one order', 'Leave it out'],
  [
    ['orders', 'reassign', 'x'],
    "Required option '--to <person>' not specified.",
    '`countersign orders reassign --help`',
  ],
  [['orders', 'deadline', 'x', 'tomorrow'], '2026-12-01T17:00:00Z', '`countersign orders deadline --help`'],
  [['orders', 'watch', 'x', '--mine'], '--mine is about the list', 'Leave one of them out.'],
  [['orders', 'verify', 'x', '--receipt', 'abc'], '64 hexadecimal digits', '`countersign orders verify --help`'],
  [['orders', 'verify', './nowhere.json'], 'cannot be read', '`countersign orders receipt ID --json`'],
  [['executions', 'list', '--status', 'GONE'], 'RUNNING', '`countersign executions list --help`'],
  [['executions', 'list', '--endpoint', 'here'], 'or aws.', '`countersign executions list --help`'],
] as const) {
  test(`countersign ${args.join(' ')} is wrong usage, and says what would be right`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    const [first = '', second = '', ...rest] = stderr.trimEnd().split('\n');
    assert.ok(first.startsWith('error: ') && first.includes(error), first);
    assert.ok(second.startsWith('→ ') && second.includes(nextStep), second);
    assert.deepEqual(rest, []);
  });
}

for (const args of [[], ['orders'], ['executions']]) {
  test(`countersign ${args.join(' ')} alone shows help on stderr and is wrong usage`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Examples:/);
  });
}

test('--version is the version of the package', async () => {
  const { default: manifest } = await import('../../../package.json', { with: { type: 'json' } });
  assert.deepEqual(await runCli(['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('colours come only where they are forced: not in a pipe, never with NO_COLOR', async () => {
  const args = ['orders', 'show', 'x', '--url', 'http://127.0.0.1:1'];
  const escape = '\u001B';
  assert.ok(!(await runCli(args)).stderr.includes(escape));
  assert.ok((await runCli(args, { env: { FORCE_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await runCli(args, { env: { NO_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await runCli([...args, '--no-color'])).stderr.includes(escape));
});
