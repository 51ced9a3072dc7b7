// A process with an engine on a store of its own, which runs one order and kills itself with SIGKILL at the point that it is told:
// before or after the nth commit, before or after the nth call of a task.
//   node kill-nine-engine.ts FOLDER [POINT]
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngine, openExecutionStore, type ExecutionStore, type TaskHandler } from '../local/engine/src/index.ts';
import { aroundTransactions } from '../local/engine/test/around-transactions.ts';

const [folder = '.', point = 'nowhere'] = process.argv.slice(2);
const diary = join(folder, 'diary.txt');
/** What the outside knows: written before the process goes on, so that it is known after a kill. */
const note = (line: string): void => appendFileSync(diary, `${line}\n`);

const passed = new Map<string, number>();
function dieHere(place: string): void {
  const count = (passed.get(place) ?? 0) + 1;
  passed.set(place, count);
  if (point !== `${place} ${count}`) return;
  note(`killed ${point}`);
  process.kill(process.pid, 'SIGKILL');
}

function mortal(store: ExecutionStore): ExecutionStore {
  return aroundTransactions(store, {
    before: () => dieHere('before commit'),
    within: () => queueMicrotask(() => dieHere('in commit')),
    after: () => dieHere('after commit'),
  });
}

const taskHandler: TaskHandler = ({ stateName, parameters }) => {
  dieHere('before call');
  const { Payload } = parameters as { Payload?: { token?: string } };
  if (Payload?.token !== undefined) note(`token ${Payload.token}`);
  note(`called ${stateName}`);
  dieHere('after call');
  return Promise.resolve({ output: parameters });
};

const retry = [{ ErrorEquals: ['Lambda.SdkClientException'], IntervalSeconds: 1, MaxAttempts: 6, BackoffRate: 1 }];
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:work';
const definition = {
  StartAt: 'Process',
  States: {
    Process: { Type: 'Task', Resource: lambda, Retry: retry, Next: 'Ask' },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 3600,
      Retry: retry,
      ResultPath: '$.answer',
      Next: 'Pause',
    },
    Pause: { Type: 'Wait', Seconds: 1, Next: 'Complete' },
    Complete: { Type: 'Task', Resource: lambda, Retry: retry, End: true },
  },
};

const engine = openEngine({
  store: mortal(openExecutionStore(join(folder, 'engine.sqlite'))),
  taskHandler,
  region: 'us-east-1',
  accountId: '000000000000',
});
const { stateMachineArn } = await engine.createStateMachine({
  name: 'orders',
  definition: JSON.stringify(definition),
  roleArn: 'arn:aws:iam::000000000000:role/r',
});
const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:one`;
await engine
  .startExecution({ stateMachineArn, name: 'one', input: '{"order":1}' })
  .catch(ifNot('ExecutionAlreadyExists'));
note('acknowledged start');

for (;;) {
  const { status } = engine.describeExecution(executionArn);
  if (status !== 'RUNNING') break;
  const tokens = existsSync(diary)
    ? Array.from(readFileSync(diary, 'utf8').matchAll(/^token (.*)$/gm), ([, token = '']) => token)
    : [];
  const token = tokens.at(-1);
  const said = readFileSync(diary, 'utf8');
  const types = engine.getExecutionHistory({ executionArn, maxResults: 1000 }).eventsText;
  if (token !== undefined && types.includes('"TaskSubmitted"') && !types.includes('"TaskSucceeded"')) {
    await engine.sendTaskSuccess(token, '"yes"').then(() => note('acknowledged answer'), ifNot('TaskTimedOut'));
  } else if (said.includes('acknowledged answer') && !types.includes('"TaskSucceeded"')) {
    note('LOST an answer that was acknowledged');
  }
  await sleep(20);
}
note(`history ${engine.getExecutionHistory({ executionArn, maxResults: 1000 }).eventsText}`);
note(`ended ${engine.describeExecution(executionArn).output ?? ''}`);
await engine.close();

function ifNot(expected: string): (error: Error) => void {
  return (error) => {
    if (error.name !== expected) throw error;
  };
}
