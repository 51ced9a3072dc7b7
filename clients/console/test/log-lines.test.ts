import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, shortName, shownLine, type HostLine } from '../src/page/log-lines.ts';

const FUNCTION = 'CountersignOrders-ProcessOrderFunction63D45CF0';

function line(sequence: number, event: string, fields: Record<string, unknown> = {}, level = 'info'): HostLine {
  return { sequence, at: '2030-01-01T00:00:00.000Z', level: level as HostLine['level'], event, fields };
}

test('a line of a function is shown in its own words, and a metric not at all', () => {
  const written = { level: 'ERROR', message: 'order.lost', orderId: 'apples-1', timestamp: 'T', function_name: 'f' };
  const shown = shownLine(line(1, 'lambda.log', { functionName: FUNCTION, message: JSON.stringify(written) }));
  assert.equal(shown?.said, 'order.lost');
  assert.equal(shown.level, 'error');
  assert.equal(shown.from, FUNCTION);
  assert.deepEqual(shown.facts, { orderId: 'apples-1' });
  const plain = shownLine(line(2, 'lambda.log', { functionName: FUNCTION, message: '{not JSON' }));
  assert.deepEqual([plain?.said, plain?.facts], ['{not JSON', {}]);
  assert.equal(shownLine(line(3, 'lambda.log', { message: '{"_aws":{}}' })), undefined);
  const host = shownLine(line(4, 'execution.started', { executionArn: 'arn:x:apples-1' }));
  assert.deepEqual(
    [host?.from, host?.said, host?.facts],
    ['', 'execution.started', { executionArn: 'arn:x:apples-1' }],
  );
});

test('the filter finds by order, level and function, the newest first', () => {
  const lines = [
    line(1, 'lambda.log', { functionName: FUNCTION, message: '{"message":"seen","orderId":"apples-1"}' }),
    line(2, 'execution.failed', { executionArn: 'arn:x:apples-1' }, 'warn'),
    line(3, 'execution.started', { executionArn: 'arn:x:chairs-1' }),
  ]
    .map(shownLine)
    .filter((shown) => shown !== undefined);
  const all = { page: 'log', query: '', level: 'info', from: '' } as const;
  const found = (place: object, most = 10) =>
    matching(lines, { ...all, ...place }, most).map(({ sequence }) => sequence);
  assert.deepEqual(found({}), [3, 2, 1]);
  assert.deepEqual(found({}, 2), [3, 2]);
  assert.deepEqual(found({ query: 'Apples-1' }), [2, 1]);
  assert.deepEqual(found({ query: 'apples-1 started' }), []);
  assert.deepEqual(found({ level: 'warn' }), [2]);
  assert.deepEqual(found({ from: FUNCTION }), [1]);
});

test('a function is called by the name that the app gave it', () => {
  assert.equal(shortName(FUNCTION), 'ProcessOrder');
  assert.equal(shortName('CountersignOrders-ConfirmationsStoreTaskToken63D45CF0'), 'ConfirmationsStoreTaskToken');
  assert.equal(shortName('myFunction'), 'myFunction');
});
