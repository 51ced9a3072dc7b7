import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { examineExecutionStore } from '../local/engine/src/index.ts';
import { ServerProcess } from './crashes/server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'exhausted-'));
after(() => rmSync(folder, { recursive: true }));

const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:resting';
const executionArnOf = (name: string): string => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
const input = JSON.stringify('x'.repeat(30_000));

async function create(server: ServerProcess): Promise<void> {
  const definition = JSON.stringify({ StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 2, End: true } } });
  await server.ask('CreateStateMachine', { name: 'resting', definition, roleArn: 'arn:aws:iam::000000000000:role/r' });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < endsAtMs, `within a minute: ${what}`);
    await sleep(50);
  }
}

test('a disk that is full is said to be so, keeps what it has, and is used again when there is room', async (context) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return context.skip('prlimit is not on this machine');
  const dataDir = join(folder, 'full');
  // No file above a megabyte; the shell counts in blocks of 512 bytes.
  const server = await ServerProcess.start(dataDir, 'ulimit -S -f 2048');
  await create(server);
  const accepted: string[] = [];
  let refused: Response | undefined;
  while (refused === undefined && accepted.length < 200) {
    const name = `e${accepted.length}`;
    const response = await server.request('StartExecution', { stateMachineArn, name, input });
    if (response.status === 200) accepted.push(name);
    else refused = response;
  }
  assert.equal(refused?.status, 503);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.match(await refused.text(), /ServiceUnavailable.*Nothing was stored/);
  assert.ok(accepted.length >= 10, `${accepted.length} were accepted`);
  for (const name of accepted.slice(-3)) await server.ask('DescribeExecution', { executionArn: executionArnOf(name) });
  const [unstarted] = [`e${accepted.length}`];
  await assert.rejects(server.ask('DescribeExecution', { executionArn: executionArnOf(unstarted) }), {
    name: 'ExecutionDoesNotExist',
  });

  assert.equal(spawnSync('prlimit', ['--pid', String(server.pid), '--fsize=unlimited']).status, 0);
  await until('it takes more', async () => {
    const { status } = await server.request('StartExecution', { stateMachineArn, name: unstarted, input });
    return status === 200;
  });
  await until('what came due meanwhile fires', async () => {
    const { executions } = await server.ask('ListExecutions', { stateMachineArn, statusFilter: 'RUNNING' });
    return (executions as object[]).length === 0;
  });
  await server.kill();
  assert.deepEqual(examineExecutionStore(join(dataDir, 'executions.sqlite')), []);
  const again = await ServerProcess.start(dataDir);
  for (const name of [...accepted, unstarted])
    assert.equal((await again.ask('DescribeExecution', { executionArn: executionArnOf(name) }))['status'], 'SUCCEEDED');
  await again.kill();
});

test('where no connection can be opened any more, timers go on, and it serves when there are handles again', async () => {
  const server = await ServerProcess.start(join(folder, 'handles'), 'ulimit -n 64');
  await create(server);
  await server.ask('StartExecution', { stateMachineArn, name: 'meanwhile' });
  const { hostname, port } = new URL(server.url);
  const sockets: Socket[] = [];
  for (let count = 0; count < 120; count++) sockets.push(connect(Number(port), hostname).on('error', () => {}));
  await sleep(500);
  for (const socket of sockets) socket.destroy();
  await until('the execution has ended', async () => {
    try {
      return (
        (await server.ask('DescribeExecution', { executionArn: executionArnOf('meanwhile') }))['status'] === 'SUCCEEDED'
      );
    } catch (error) {
      // Handles may still be short.
      if (error instanceof TypeError) return false;
      throw error;
    }
  });
  await server.ask('StartExecution', { stateMachineArn, name: 'after' });
  await server.kill();
});
