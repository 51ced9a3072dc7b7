import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../src/direct/exchange.ts';

// As in a Lambda function, which X-Ray's SDK looks for when it is loaded.
Object.assign(process.env, {
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  LAMBDA_TASK_ROOT: import.meta.dirname,
  _X_AMZN_TRACE_ID: 'Root=1-6a0b1c2d-000000000000000000000001;Parent=0000000000000001;Sampled=0',
});
const { observed } = await import('../src/observe.ts');
const { traced } = await import('../src/direct/trace-call.ts');

const CONTEXT = {
  functionName: 'f',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f',
  memoryLimitInMB: '128',
  awsRequestId: 'r',
} as Parameters<ReturnType<typeof observed>>[1];

/** What a call within an invocation sends on of the invocation's trace. */
async function handedOn(trace: string): Promise<string | undefined> {
  process.env['_X_AMZN_TRACE_ID'] = trace;
  let header: string | undefined;
  const handler = observed(async () => {
    await traced({ service: 'S3', operation: 'GetObject', region: 'eu-west-1' }, (given) => {
      header = given;
      return Promise.resolve<Answer>({ status: 200, headers: {}, body: '' });
    });
  });
  await handler({}, CONTEXT);
  return header;
}

test('a call hands on the trace of its invocation, and whether that is sampled', async () => {
  const sampled = 'Root=1-6a0b1c2d-000000000000000000000002;Parent=0000000000000002;Sampled=1';
  const isSampled = /^Root=1-6a0b1c2d-0{23}2;Parent=[0-9a-f]{16};Sampled=1$/v;
  assert.match((await handedOn(sampled)) ?? '', isSampled);
  const notSampled = 'Root=1-6a0b1c2d-000000000000000000000003;Parent=0000000000000003;Sampled=0';
  assert.match((await handedOn(notSampled)) ?? '', /^Root=1-6a0b1c2d-0{23}3;Parent=[0-9a-f]{16};Sampled=0$/v);
  assert.match((await handedOn(sampled)) ?? '', isSampled);
});
