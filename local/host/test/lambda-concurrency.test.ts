import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startLambda } from './lambda-fixture.ts';
import type { RunningLambda } from './lambda-fixture.ts';

/** Answers with its process after so long. */
const SLEEPER =
  'export const handler = async ({ ms = 0 }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; }';

function pids(lambda: RunningLambda, name: string, count: number, ms: number): Promise<unknown[]> {
  return Promise.all(Array.from({ length: count }, () => lambda.result(name, { ms })));
}

test('invocations at the same time get instances of their own, and later ones use them again', async (t) => {
  const lambda = startLambda(t, { spareCores: () => 8 });
  const name = lambda.create(SLEEPER);
  const first = await pids(lambda, name, 3, 600);
  assert.equal(new Set(first).size, 3);
  const second = await pids(lambda, name, 3, 100);
  assert.deepEqual(new Set(second), new Set(first));
});

test('of idle instances the last used one works', async (t) => {
  const lambda = startLambda(t, { spareCores: () => 8 });
  const name = lambda.create(SLEEPER);
  const [quick, slow] = await Promise.all([lambda.result(name, { ms: 400 }), lambda.result(name, { ms: 900 })]);
  assert.notEqual(quick, slow);
  const next = [await lambda.result(name), await lambda.result(name)];
  assert.deepEqual(next, [slow, slow]);
});

test('a burst of short invocations is served by few instances', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(SLEEPER);
  await lambda.result(name);
  const used = new Set(await pids(lambda, name, 500, 0));
  assert.ok(used.size <= 50, `${used.size} instances`);
});

test('where no core is to spare, invocations wait for one of few instances', async (t) => {
  const lambda = startLambda(t, { spareCores: () => 0 });
  const name = lambda.create(SLEEPER);
  const few = availableParallelism();
  const used = new Set(await pids(lambda, name, 50 * few, 20));
  assert.ok(used.size <= few, `${used.size} instances`);
});

test('what cores had to spare is given to no more instances than it takes', async (t) => {
  // As it was measured once, and is not measured anew: it would be enough for a start at any time.
  const spareCores = 0.9;
  const lambda = startLambda(t, { spareCores: () => spareCores });
  const name = lambda.create(SLEEPER);
  const startedAt = performance.now();
  const used = new Set(await pids(lambda, name, 100 * availableParallelism(), 20));
  const most = availableParallelism() + Math.ceil((performance.now() - startedAt) / 500);
  assert.ok(used.size <= most, `${used.size} instances, where ${most} are enough`);
});

test('an invocation gets an instance of its own where those that run may wait for it', async (t) => {
  const lambda = startLambda(t, { spareCores: () => 0 });
  const name = lambda.create(`
    import { existsSync, writeFileSync } from 'node:fs';
    export const handler = async ({ waitsFor, leaves }) => {
      if (leaves) writeFileSync(leaves, '');
      while (waitsFor && !existsSync(waitsFor)) await new Promise((r) => setTimeout(r, 5));
      return 'met';
    };`);
  const path = join(mkdtempSync(join(tmpdir(), 'lambda-starved-')), 'met');
  t.after(() => rmSync(dirname(path), { recursive: true }));
  const few = Array.from({ length: availableParallelism() }, () => lambda.result(name, { waitsFor: path }));
  const last = lambda.result(name, { leaves: path });
  assert.deepEqual(new Set(await Promise.all([...few, last])), new Set(['met']));
});

test('beyond the instances of the machine invocations wait, in order', async (t) => {
  const lambda = startLambda(t, { maxConcurrency: 1 });
  const name = lambda.create('let n = 0; export const handler = async () => { n += 1; return n; }');
  const invocations = Array.from({ length: 20 }, () => lambda.result(name));
  assert.deepEqual(
    await Promise.all(invocations),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('functions share the instances of the machine, and none starves', async (t) => {
  const lambda = startLambda(t, { maxConcurrency: 1 });
  const [one, other, third] = [lambda.create(SLEEPER), lambda.create(SLEEPER), lambda.create(SLEEPER)];
  const busy = pids(lambda, one, 5, 50);
  const invocations = [busy, pids(lambda, other, 5, 50), pids(lambda, third, 1, 0)];
  const results = await Promise.all(invocations);
  assert.deepEqual(
    results.map((result) => result.length),
    [5, 5, 1],
  );
});

test('beyond its reserved concurrency a function is throttled', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(SLEEPER, { reservedConcurrency: 2 });
  const running = pids(lambda, name, 2, 300);
  await assert.rejects(lambda.result(name), {
    name: 'TooManyRequestsException',
    statusCode: 429,
    message: 'Rate Exceeded.',
  });
  await running;
  await lambda.result(name);
  const off = lambda.create(SLEEPER, { reservedConcurrency: 0 });
  await assert.rejects(lambda.result(off), { name: 'TooManyRequestsException' });
});

test('new code serves new invocations, and running ones end as they began', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'export const handler = async () => { console.log("begun"); await new Promise((r) => setTimeout(r, 300)); return "old"; }',
  );
  const running = lambda.result(name);
  while (lambda.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  lambda.create('export const handler = async () => "new"', { functionName: name });
  assert.equal(await lambda.result(name), 'new');
  assert.equal(await running, 'old');
  assert.equal(await lambda.result(name), 'new');
});

test('an invoker that gives up is not served, and leaves no trace', async (t) => {
  const lambda = startLambda(t, { maxConcurrency: 1 });
  const name = lambda.create(
    'let n = 0; export const handler = async ({ ms }) => { n += 1; await new Promise((r) => setTimeout(r, ms)); return n; }',
  );
  const running = lambda.result(name, { ms: 200 });
  const gaveUp = lambda.service.invoke({ functionName: name, payload: '{"ms":0}', signal: AbortSignal.timeout(20) });
  await assert.rejects(gaveUp, { name: 'TimeoutError' });
  assert.equal(await running, 1);
  assert.equal(await lambda.result(name, { ms: 0 }), 2);
  await assert.rejects(lambda.service.invoke({ functionName: name, payload: '{}', signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
});

test('an event is accepted at once and delivered in the background', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('export const handler = async ({ text }) => console.log(text)');
  const { statusCode, payload } = await lambda.service.invoke({
    functionName: name,
    payload: '{"text":"delivered"}',
    invocationType: 'Event',
  });
  assert.deepEqual([statusCode, payload], [202, '']);
  while (lambda.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(lambda.messages(), ['delivered']);
});

test('close ends what runs and what waits, and leaves no process', async (t) => {
  const lambda = startLambda(t, { maxConcurrency: 1 });
  const name = lambda.create('export const handler = async () => { console.log(process.pid); for (;;); }');
  const running = lambda.result(name);
  const waiting = lambda.result(name);
  const rejections = Promise.allSettled([running, waiting]);
  while (lambda.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await lambda.service.close();
  for (const outcome of await rejections) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason instanceof Error ? outcome.reason.name : '', 'ServiceException');
  }
  assert.throws(() => process.kill(Number(lambda.messages()[0]), 0), { code: 'ESRCH' });
  await assert.rejects(lambda.result(name), { name: 'ServiceException' });
});
