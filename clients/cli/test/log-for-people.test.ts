import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields } from '../../../local/host/src/index.ts';
import { logForPeople } from '../src/log-for-people.ts';

type Line = [level: string, event: string, fields: LogFields];

function linesOf(level: 'info' | 'warn', event: string, fields: LogFields): Line[] {
  const lines: Line[] = [];
  const writer =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push([level, event, fields]);
  const log = logForPeople({
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  });
  log[level](event, fields);
  return lines;
}

test('an ARN is told by the name at its end', () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:Orders:apples-1';
  assert.deepEqual(linesOf('info', 'execution.started', { executionArn, eventId: 1 }), [
    ['info', 'execution.started', { execution: 'apples-1' }],
  ]);
});

test('a structured line of a function is told as its own event, at its own level', () => {
  const message = JSON.stringify({
    level: 'WARN',
    message: 'order.late',
    service: 'orders',
    cold_start: true,
    function_name: 'f',
    orderId: 'apples-1',
  });
  assert.deepEqual(linesOf('info', 'lambda.log', { functionName: 'f', requestId: 'r', message }), [
    ['warn', 'order.late', { orderId: 'apples-1' }],
  ]);
});

test('a structured line of a container says whose it is', () => {
  const message = JSON.stringify({ message: 'work.done', percent: 100 });
  assert.deepEqual(linesOf('info', 'batch.log', { jobId: 'job-1', logStream: 's', message }), [
    ['info', 'work.done', { percent: 100, jobId: 'job-1' }],
  ]);
  assert.deepEqual(linesOf('info', 'ecs.log', { task: 'task-1', container: 'c', message }), [
    ['info', 'work.done', { percent: 100, task: 'task-1' }],
  ]);
  const plain = { task: 'task-1', message: 'plain words' };
  assert.deepEqual(linesOf('info', 'ecs.log', plain), [['info', 'ecs.log', plain]]);
});

test('any other line of a function stays as it is', () => {
  for (const message of ['plain words', '{ not json', '{"no":"message"}', '[1]']) {
    assert.deepEqual(linesOf('warn', 'lambda.log', { functionName: 'f', message }), [
      ['warn', 'lambda.log', { functionName: 'f', message }],
    ]);
  }
});

test('metrics and the report of an invocation that went well are left out, one that failed is not', () => {
  assert.deepEqual(linesOf('info', 'lambda.log', { message: '{"_aws":{"Timestamp":1},"Orders":1}' }), []);
  assert.deepEqual(linesOf('info', 'lambda.report', { functionName: 'f', status: 'success' }), []);
  assert.equal(linesOf('info', 'lambda.report', { functionName: 'f', status: 'timeout' }).length, 1);
});
