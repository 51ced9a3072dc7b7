import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { runProcess, type ProcessToRun } from '../src/services/container-process.ts';
import { startWarden } from '../src/services/lambda-warden.ts';
import { gone } from './lambda-fixture.ts';

function run(t: TestContext, code: string, more: Partial<ProcessToRun> = {}) {
  const warden = startWarden();
  t.after(() => warden.close());
  const lines: string[] = [];
  const container = runProcess(
    {
      program: process.execPath,
      arguments: ['--eval', code],
      workdir: tmpdir(),
      environment: {},
      stopSignal: 'SIGTERM',
      onLine: (line) => void lines.push(line),
      ...more,
    },
    warden,
  );
  return { container, lines };
}

test('a container that floods its log is cut short, and says by how much', async (t) => {
  const code = `for (let line = 0; line < 1000; line++) console.log('0123456789')`;
  const { container, lines } = run(t, code, { logCharactersMax: 55 });
  assert.deepEqual(await container.ended, { kind: 'exited', exitCode: 0 });
  assert.deepEqual(lines, [...Array(5).fill('0123456789'), '(9950 more characters were left out of this log)']);
});

test('what a container has started ends with it', async (t) => {
  const code = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid);
    setTimeout(() => process.exit(5), 50);`;
  const { container, lines } = run(t, code);
  assert.deepEqual(await container.ended, { kind: 'exited', exitCode: 5 });
  await gone(Number(lines[0]));
});

test(
  'what the processes of a container hold is counted together',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const code = `
    const { spawn } = require('node:child_process');
    const grow = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 20)';
    for (let child = 0; child < 2; child++) spawn(process.execPath, ['--eval', grow]);
    setInterval(() => {}, 1000);`;
    const { container } = run(t, code, { memoryMb: 256 });
    assert.deepEqual(await container.ended, { kind: 'outOfMemory' });
  },
);

test('a program that is not there, or cannot be given what it wants, has not started', async (t) => {
  const missing = await run(t, '', { program: '/nowhere/at-all' }).container.ended;
  assert.equal(missing.kind, 'notStarted');
  const impossible = await run(t, '', { environment: { WORD: 'a\0b' } }).container.ended;
  assert.equal(impossible.kind, 'notStarted');
});
