import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshPath } from './assembly-files.ts';
import {
  idOf,
  jobIn,
  jobOf,
  runTask,
  submit,
  taskIn,
  taskOf,
  writeContainerApp,
  written,
} from './container-fixture.ts';
import { gone } from './lambda-fixture.ts';
import { callsOf } from './messaging-fixture.ts';
import { startTestHost, until } from './test-host.ts';

const HOST = fileURLToPath(new URL('container-host.ts', import.meta.url));
const assemblyDir = writeContainerApp();

interface ChildHost {
  readonly process: ChildProcess;
  readonly awsUrl: string;
  readonly logged: readonly string[];
}

async function startChildHost(t: TestContext, dataDir: string): Promise<ChildHost> {
  const child = spawn(process.execPath, [HOST, assemblyDir, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const logged: string[] = [];
  createInterface(child.stdout).on('line', (line) => logged.push(line));
  const ready = await until(() => Promise.resolve(logged.find((line) => line.startsWith('{"event":"ready"'))));
  return { process: child, awsUrl: JSON.parse(ready).awsUrl, logged };
}

test('what ran when the host was killed has lost its machine; what waited runs then, once', async (t) => {
  const dataDir = freshPath();
  const first = await startChildHost(t, dataDir);
  const retryStrategy = {
    attempts: 2,
    evaluateOnExit: [
      { onStatusReason: 'Host EC2*', action: 'RETRY' },
      { onExitCode: '*', action: 'EXIT' },
    ],
  };
  const running = await submit(first, ['obey'], { retryStrategy });
  const task = await runTask(first, ['obey'], { startedBy: 'order-1', clientToken: 'once' });
  const pids = [await written(first, running, 'pid '), await written(first, idOf(task), 'pid ')];
  await taskIn(first, task, 'RUNNING');
  await jobIn(first, running, 'RUNNING');
  const waitingJob = await submit(first, ['exit', '0']);
  const waitingTask = await runTask(first, ['exit', '0']);
  assert.equal((await jobOf(first, waitingJob))?.status, 'RUNNABLE');
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  await Promise.all(
    pids.map((said) =>
      until(() =>
        gone(Number(said.slice(4))).then(
          () => true,
          () => undefined,
        ),
      ),
    ),
  );

  const second = await startTestHost({ assemblyDir, dataDir, tasksMax: 2 });
  const lost = await taskOf(second, task);
  assert.deepEqual([lost?.lastStatus, lost?.stopCode], ['STOPPED', 'TerminationNotice']);
  assert.match(lost?.stoppedReason ?? '', /^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/v);
  assert.equal(await runTask(second, ['obey'], { startedBy: 'order-1', clientToken: 'once' }), task);

  await written(second, running, 'listening');
  const again = await jobIn(second, running, 'RUNNING');
  assert.equal(again.attempts.length, 1);
  assert.match(again.attempts[0]?.statusReason ?? '', /^Host EC2/v);
  assert.equal((await jobIn(second, waitingJob, 'SUCCEEDED')).attempts.length, 1);
  const done = await taskIn(second, waitingTask, 'STOPPED');
  assert.equal(done.containers[0]?.exitCode, 0);
  const told = await callsOf(second, 'events', 1);
  await until(async () => {
    const all = await callsOf(second, 'events', told.length);
    return all.find((event) => {
      const { resources, detail } = event as { resources: string[]; detail: { stopCode?: string } };
      return resources[0] === task && detail.stopCode === 'TerminationNotice';
    });
  });
  await second.close();
});

test('a host that closes asks containers to end, and the next one says that they have lost their machine', async () => {
  const dataDir = freshPath();
  const first = await startTestHost({ assemblyDir, dataDir });
  const task = await runTask(first, ['obey']);
  await written(first, idOf(task), 'listening');
  await first.close();
  assert.equal(await written(first, idOf(task), 'asked'), 'asked to end');
  const second = await startTestHost({ assemblyDir, dataDir });
  assert.equal((await taskOf(second, task))?.stopCode, 'TerminationNotice');
  await second.close();
});
