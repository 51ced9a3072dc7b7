import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { CountersignProcess, type LogLine } from './countersign-process.ts';
import { assertWellFormed, withoutFailedAttempts, type RecordedEvent } from './well-formed.ts';

const folder = mkdtempSync(join(tmpdir(), 'kill-nine-'));
after(() => rmSync(folder, { recursive: true }));
let folders = 0;
const newFolder = (): string => mkdtempSync(join(folder, `${folders++}-`));

async function runEngine(dataDir: string, point: string): Promise<{ signal: string | null; diary: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-nine-engine.ts'), dataDir, point], {
    stdio: 'inherit',
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const diary = join(dataDir, 'diary.txt');
  return { signal, diary: existsSync(diary) ? readFileSync(diary, 'utf8') : '' };
}

function eventsOf(diary: string): RecordedEvent[] {
  return JSON.parse(/^history (.*)$/m.exec(diary)?.[1] ?? '[]') as RecordedEvent[];
}

test(
  'killed at any commit and at any call, an order ends as if nothing had happened',
  { timeout: 300_000 },
  async () => {
    const undisturbed = await runEngine(newFolder(), 'nowhere');
    const expected = eventsOf(undisturbed.diary).map(({ type }) => type);
    assert.deepEqual(expected.slice(-1), ['ExecutionSucceeded']);
    const end = /^ended (.*)$/m.exec(undisturbed.diary)?.[1];

    const points: string[] = [];
    for (const place of ['before commit', 'in commit', 'after commit', 'before call', 'after call']) {
      for (let count = 1; ; count++) {
        const dataDir = newFolder();
        const point = `${place} ${count}`;
        const first = await runEngine(dataDir, point);
        if (first.signal === null) break; // It ended before it came to this point: the last one was the last.
        assert.equal(first.signal, 'SIGKILL');
        points.push(point);
        const second = await runEngine(dataDir, 'nowhere');
        assert.equal(second.signal, null);
        const events = eventsOf(second.diary);
        assertWellFormed(events);
        assert.deepEqual(withoutFailedAttempts(events), expected, point);
        assert.ok(
          events.filter(({ type }) => type.endsWith('Failed')).length <= 1,
          `${point}: at most the one attempt has failed`,
        );
        assert.equal(/^ended (.*)$/m.exec(second.diary)?.[1], end, point);
        assert.doesNotMatch(second.diary, /LOST/, point);
        assert.ok((second.diary.match(/acknowledged answer/g) ?? []).length <= 1, `${point}: one answer is accepted`);
        for (const state of ['Process', 'Ask', 'Complete']) {
          const calls = second.diary.match(new RegExp(`^called ${state}$`, 'gm'))?.length ?? 0;
          assert.ok(calls >= 1 && calls <= 2, `${point}: ${state} was called ${calls} times`);
        }
      }
    }
    assert.ok(points.length >= 20, `it was killed at ${points.length} points`);
  },
);

/** What the log says on an order's way, one after the other: the process is killed at each in turn. */
const moments: readonly [string, (line: LogLine, said: string) => boolean][] = [
  ['the order is accepted', (_, said) => said.includes('order.accepted')],
  ['ProcessOrder is asked for', ({ event, state }) => event === 'state.entered' && state === 'ProcessOrder'],
  ['ProcessOrder has run', (_, said) => said.includes('order.processed')],
  ['the wait is asked for', ({ event, state }) => event === 'state.entered' && state === 'WaitForConfirmation'],
  ['the token is stored', (_, said) => said.includes('wait.stored')],
  ['the execution waits', ({ event }) => event === 'task.waiting'],
  ['the decision is taken', (_, said) => said.includes('request.decided.confirm')],
  ['CompleteOrder is asked for', ({ event, state }) => event === 'state.entered' && state === 'CompleteOrder'],
  ['CompleteOrder has run', (_, said) => said.includes('order.completed')],
];

test(
  'killed at each step of its way through the deployed functions, an order completes',
  { timeout: 300_000 },
  async (context) => {
    const dataDir = newFolder();
    let countersign = await CountersignProcess.start(dataDir);
    const assembly = ['--assembly', join(dataDir, 'cdk.out')];
    for (const [index, [moment, has]] of moments.entries()) {
      const orderId = `killed-${index}`;
      const { promise: reached, resolve } = Promise.withResolvers<void>();
      countersign.watch((line) => {
        const said = JSON.stringify(line);
        if (said.includes(orderId) && has(line, said)) resolve();
      });
      // Requests may be cut off by the kill; whoever sent them sends them again, as a client would.
      const submit = (): Promise<unknown> => countersign.request('POST', '/orders', { orderId, orderDetails: 'x' });
      const confirm = (): Promise<{ status: number }> =>
        countersign.request('POST', `/orders/${orderId}/confirmation`, { decision: 'confirm' });
      const journey = submit()
        .then(() =>
          index >= 6 ? countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION').then(confirm) : undefined,
        )
        .catch(() => undefined);
      await reached;
      await countersign.kill();
      await journey;

      countersign = await CountersignProcess.start(dataDir, ...assembly);
      await submit();
      const { status } = await confirm();
      assert.equal(status, 200, moment);
      await countersign.waitForStatus(orderId, 'COMPLETED', { timeoutMs: 60_000 });
      const events = await historyOf(countersign, orderId);
      assertWellFormed(events);
      const failed = events.filter(({ type }) => type.endsWith('Failed')).length;
      assert.ok(failed <= 1, `${moment}: ${failed} attempts failed`);
      context.diagnostic(`${moment}: ${failed === 0 ? 'no attempt was lost' : 'one attempt was lost and retried'}`);
    }
    assert.equal(await countersign.stop(), 0);
  },
);

test('nothing is acknowledged before it is synced', (context) => {
  // A kill cannot show this, since the page cache outlives a process; the count of syncs can.
  if (spawnSync('strace', ['-V']).status !== 0) {
    context.skip('strace is not on this machine; the store asserts PRAGMA synchronous = FULL when it opens');
    return;
  }
  const dataDir = newFolder();
  const starts = 100;
  const script = `
    const { openEngine, openExecutionStore } = await import(${JSON.stringify(join(import.meta.dirname, '../local/engine/src/index.ts'))});
    const engine = openEngine({ store: openExecutionStore(${JSON.stringify(join(dataDir, 'engine.sqlite'))}),
      taskHandler: () => new Promise(() => {}), region: 'us-east-1', accountId: '000000000000' });
    const definition = JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
    const { stateMachineArn } = await engine.createStateMachine({ name: 'm', definition, roleArn: 'arn:aws:iam::000000000000:role/r' });
    for (let n = 0; n < ${starts}; n++) await engine.startExecution({ stateMachineArn });
    await engine.close();`;
  const counts = join(dataDir, 'syncs.txt');
  const traced = spawnSync(
    'strace',
    ['-f', '-c', '-e', 'trace=fsync,fdatasync', '-o', counts, process.execPath, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  if (/ptrace|Operation not permitted/i.test(traced.stderr)) {
    context.skip('strace may not trace here');
    return;
  }
  assert.equal(traced.status, 0, traced.stderr);
  const calls = Array.from(
    readFileSync(counts, 'utf8').matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*f(?:data)?sync$/gm),
    ([, n]) => Number(n),
  );
  const syncs = calls.reduce((sum, count) => sum + count, 0);
  assert.ok(syncs >= starts, `${syncs} syncs for ${starts} acknowledged starts, one after the other`);
});

async function historyOf(countersign: CountersignProcess, orderId: string): Promise<RecordedEvent[]> {
  const sfn = new SFNClient({
    endpoint: countersign.awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  const { executions } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: stateMachines?.[0]?.stateMachineArn }),
  );
  const executionArn = executions?.find(({ name }) => name === orderId)?.executionArn;
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  sfn.destroy();
  return events.map(({ id = 0, previousEventId = 0, type = '' }) => ({ id, previousEventId, type }));
}
