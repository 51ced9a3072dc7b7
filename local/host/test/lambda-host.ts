/** A host for `lambda-orphans.test.ts`: three functions, of which one is idle, one awaits and one computes. */
import { silentLog } from '../src/log.ts';
import { createLambdaService } from '../src/services/lambda.ts';

const log = { ...silentLog, info: (_event: string, fields: { message?: unknown } = {}) => said(fields.message) };
const service = createLambdaService({ log, region: 'eu-west-1', accountId: '123456789012' });

for (const task of ['nothing', 'await', 'compute']) {
  service.createFunction({
    functionName: task,
    arn: `arn:aws:lambda:eu-west-1:123456789012:function:${task}`,
    codeDir: process.argv[2] ?? '',
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    timeoutSeconds: 60,
    memoryMb: 128,
    environment: {},
  });
  void service.invoke({ functionName: task, payload: JSON.stringify({ task }) });
}

function said(message: unknown): void {
  if (message !== undefined) console.log(message);
}
