import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchTurns } from '../../../tests/effort.ts';
import { createLog } from '../src/log.ts';
import { LineSplitter } from '../src/services/lambda-log-lines.ts';
import { startLambda } from './lambda-fixture.ts';

test('what a function says is in the log, line by line, with its name and request', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(`export const handler = async () => {
    console.log('two\\nlines of %s', 'one call', { a: 1 });
    console.warn('careful');
    console.error(new Error('wrong').message);
    process.stdout.write('in two ');
    process.stdout.write('pieces\\n{"level":"INFO","message":"structured"}\\n');
    process.stderr.write('to stderr, without an end');
  }`);
  const { requestId } = await lambda.service.invoke({ functionName: name, payload: '{}' });
  await lambda.service.close();
  const lines = lambda.records
    .filter(({ event }) => event === 'lambda.log')
    .map(({ level, fields }) => ({ level, ...fields, message: fields['message'] }));
  const endsLast = lines.findIndex(({ message }) => message === 'to stderr, without an end');
  // Standard error is a pipe of its own, so its place among the others is open.
  lines.push(...lines.splice(endsLast, 1));
  const line = (level: string, message: string) => ({ level, functionName: name, requestId, message });
  assert.deepEqual(lines, [
    line('info', 'two\nlines of one call { a: 1 }'),
    line('warn', 'careful'),
    line('error', 'wrong'),
    line('info', 'in two pieces'),
    line('info', '{"level":"INFO","message":"structured"}'),
    line('info', 'to stderr, without an end'),
  ]);
});

test('the lines of an invocation come before its report, however many', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'export const handler = async ({ lines }) => { for (let i = 0; i < lines; i++) console.log(`line ${i} ${"é".repeat(50)}`); }',
  );
  await lambda.result(name, { lines: 5000 });
  assert.equal(lambda.messages().length, 5000);
  assert.equal(lambda.records.at(-1)?.event, 'lambda.report');
  await lambda.result(name, { lines: 1 });
  assert.equal(lambda.records.at(-3)?.fields['message'], `line 0 ${'é'.repeat(50)}`);
});

test('a function cannot write a command for the terminal, or a line of another request', async (t) => {
  const written: string[] = [];
  const lambda = startLambda(t, { log: createLog({ form: 'json', write: (line) => written.push(line) }) });
  const forged = '2026-01-01T00:00:00.000Z\\t00000000-0000-4000-8000-000000000000\\tERROR\\tforged';
  const name = lambda.create(`export const handler = async () => {
    process.stdout.write('\\u001b[31mred\\u0007\\r\\u009b2J\\n');
    process.stdout.write('${forged}\\n');
  }`);
  const { requestId } = await lambda.service.invoke({ functionName: name, payload: '{}' });
  const lines = written.filter((line) => line.includes('"lambda.log"'));
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.doesNotMatch(line.slice(0, -1), /\p{Cc}/v);
    assert.equal((JSON.parse(line) as Record<string, unknown>)['requestId'], requestId);
  }
});

test('a report has the figures as fields and as the line that Lambda writes', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('export const handler = async () => 1', { memoryMb: 256 });
  const reports = [];
  for (const isCold of [true, false]) {
    const { requestId } = await lambda.service.invoke({ functionName: name, payload: '{}' });
    const report = lambda.records.findLast(({ event }) => event === 'lambda.report')?.fields ?? {};
    const { durationMs, billedDurationMs, initDurationMs, maxMemoryUsedMb, text, ...rest } = report;
    assert.deepEqual(rest, {
      functionName: name,
      requestId,
      status: 'success',
      errorType: undefined,
      memorySizeMb: 256,
    });
    assert.ok(Number(durationMs) > 0 && Number(billedDurationMs) >= Number(durationMs) && Number(maxMemoryUsedMb) > 20);
    assert.equal(initDurationMs !== undefined, isCold);
    const init = isCold ? `\tInit Duration: ${Number(initDurationMs).toFixed(2)} ms` : '';
    assert.equal(
      text,
      `REPORT RequestId: ${requestId}\tDuration: ${Number(durationMs).toFixed(2)} ms\tBilled Duration: ${Number(billedDurationMs)} ms\tMemory Size: 256 MB\tMax Memory Used: ${Number(maxMemoryUsedMb)} MB${init}`,
    );
    reports.push(text);
  }
  const events = lambda.records.map(({ event }) => event);
  assert.deepEqual(events, [
    'lambda.start',
    'lambda.end',
    'lambda.report',
    'lambda.start',
    'lambda.end',
    'lambda.report',
  ]);
});

test('a report says how an invocation failed', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'export const handler = async ({ exit }) => { if (exit) process.exit(1); throw new RangeError("no"); }',
  );
  await lambda.error(name);
  await lambda.error(name, { exit: true });
  const reports = lambda.records.filter(({ event }) => event === 'lambda.report').map(({ fields }) => fields);
  assert.deepEqual(
    reports.map(({ status, errorType }) => [status, errorType]),
    [
      ['failure', 'RangeError'],
      ['error', 'Runtime.ExitError'],
    ],
  );
  assert.match(String(reports[1]?.['text']), /\tStatus: error\tError Type: Runtime\.ExitError$/v);
});

test('the log tail is the last 4 KB, from START to REPORT where it fits', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'export const handler = async ({ lines }) => { for (let i = 0; i < lines; i++) console.log(`line ${i}`); }',
  );
  const tailOf = async (lines: number) => {
    const request = { functionName: name, payload: JSON.stringify({ lines }), logType: 'Tail' } as const;
    const { requestId, logTail = '' } = await lambda.service.invoke(request);
    return { requestId, tail: Buffer.from(logTail, 'base64').toString() };
  };
  const short = await tailOf(1);
  assert.match(
    short.tail,
    new RegExp(
      `^START RequestId: ${short.requestId} Version: \\$LATEST\\n.*\\t${short.requestId}\\tINFO\\tline 0\\nEND .*\\nREPORT .*\\n$`,
      'v',
    ),
  );
  const long = await tailOf(1000);
  assert.equal(Buffer.byteLength(long.tail), 4096);
  assert.match(long.tail, /line 999\nEND .*\nREPORT .*\n$/v);
});

test('a function that floods its log is cut off, and the host stays awake', async (t) => {
  const lambda = startLambda(t);
  const code = `const chunk = Buffer.from(('x'.repeat(1023) + '\\n').repeat(1024));
    export const handler = async ({ megabytes }) => { for (let i = 0; i < megabytes; i++) process.stdout.write(chunk); return 'done'; }`;
  const name = lambda.create(code, { timeoutSeconds: 10 });
  const turns = watchTurns();
  assert.equal(await lambda.result(name, { megabytes: 100 }), 'done');
  const { longestMs } = turns.end();
  const kept = lambda.messages().length;
  assert.equal(kept, Math.floor((16 * 1024 * 1024) / 1023));
  const dropped = lambda.records.find(({ event }) => event === 'lambda.log.dropped');
  assert.equal(dropped?.fields['droppedCharacters'], (100 * 1024 - kept) * 1023);
  assert.ok(longestMs < 500, `the host computed ${longestMs} ms in one go`);
});

test('lines are cut at line feeds only, whatever the chunks', () => {
  const text = 'é€😀 one\n\ntwo\rstill two\nthree';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    splitter.end();
    assert.deepEqual(lines, text.split('\n'), `chunks of ${size}`);
  }
});

test('a line without an end is cut, so that the host does not hold it', () => {
  const lengths: number[] = [];
  const splitter = new LineSplitter((line) => lengths.push(line.length));
  for (let i = 0; i < 10; i++) splitter.push(Buffer.alloc(100_000, 'x'));
  splitter.end();
  assert.deepEqual(lengths, [262_144, 262_144, 262_144, 213_568]);
});
