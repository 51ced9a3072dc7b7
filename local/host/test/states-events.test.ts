import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ExecutionDescription } from '../../engine/src/index.ts';
import { silentLog } from '../src/log.ts';
import type { ServiceEvent } from '../src/services/events.ts';
import { createMessageWrites, openMessageDatabase } from '../src/services/message-store.ts';
import { createStatesEvents } from '../src/services/states-events.ts';
import { writeAssembly } from './assembly-files.ts';
import { callsOf, ECHO, echo } from './messaging-fixture.ts';
import { startTestHost } from './test-host.ts';

const machine = (state: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    RoleArn: 'arn:aws:iam::000000000000:role/r',
    DefinitionString: JSON.stringify({ StartAt: 'Only', States: { Only: state } }),
  },
});

test('EventBridge is told when an execution begins and how it ends', async () => {
  const assemblyDir = writeAssembly(
    {
      Good: machine({ Type: 'Pass', End: true }),
      Bad: machine({ Type: 'Fail', Error: 'Broken', Cause: 'as it was to be' }),
      Events: echo('events'),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED', 'FAILED'] } },
          Targets: [{ Id: 'function', Arn: { 'Fn::GetAtt': ['Events', 'Arn'] } }],
        },
      },
    },
    ECHO,
  );
  const host = await startTestHost({ assemblyDir });
  for (const name of ['Good', 'Bad']) {
    const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:App-${name}`;
    await host.sfn.send(new StartExecutionCommand({ stateMachineArn, name: `one-${name}`, input: '{"a":1}' }));
  }
  const told = (await callsOf(host, 'events', 2)) as {
    'detail-type': string;
    resources: string[];
    detail: Record<string, unknown>;
  }[];
  const detailOf = (name: string) => told.find(({ resources }) => resources[0]?.endsWith(`:one-${name}`))?.detail ?? {};
  assert.equal(told[0]?.['detail-type'], 'Step Functions Execution Status Change');
  const good = detailOf('Good');
  assert.deepEqual([good['status'], good['input'], good['output']], ['SUCCEEDED', '{"a":1}', '{"a":1}']);
  const bad = detailOf('Bad');
  assert.deepEqual([bad['status'], bad['error'], bad['cause']], ['FAILED', 'Broken', 'as it was to be']);
  await host.close();
});

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:Orders:one';
const EXECUTION: ExecutionDescription = {
  executionArn: ARN,
  stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:Orders',
  name: 'one',
  status: 'SUCCEEDED',
  startDateMs: 1,
  stopDateMs: 2,
  redriveCount: 0,
  input: '{}',
  output: '{}',
  redriveStatus: 'NOT_REDRIVABLE',
};

test('an end that a host did not come to tell of is told by the next, once', async (t) => {
  const database = openMessageDatabase(':memory:');
  t.after(() => database.close());
  const writes = createMessageWrites(database);
  const told: ServiceEvent[] = [];
  const open = (isWanted = true) =>
    createStatesEvents({
      database,
      writes,
      events: { emit: (event) => void told.push(event), wants: () => isWanted },
      describe: () => EXECUTION,
      log: silentLog,
    });
  const rest = () => writes.write(() => {});

  open(false).listening(silentLog).info('execution.started', { executionArn: ARN });
  await rest();
  assert.deepEqual(told, [], 'where nobody wants to know, nothing is told');

  const first = open();
  const log = first.listening(silentLog);
  log.info('execution.started', { executionArn: ARN });
  log.info('execution.started', { executionArn: ARN.replace(':execution:', ':express:') });
  log.info('task.waiting', { executionArn: ARN });
  await rest();
  const statuses = () => told.map(({ detail }) => detail['status']);
  assert.deepEqual(statuses(), ['RUNNING']);

  await open().start();
  assert.deepEqual(statuses(), ['RUNNING', 'SUCCEEDED']);
  await open().start();
  assert.deepEqual(statuses(), ['RUNNING', 'SUCCEEDED']);
});
