import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DeleteStateMachineCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionNotRedrivable,
  GetExecutionHistoryCommand,
  InvalidArn,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachineVersionsCommand,
  paginateListMapRuns,
  PublishStateMachineVersionCommand,
  RedriveExecutionCommand,
  ResourceNotFound,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  UpdateMapRunCommand,
  UpdateStateMachineCommand,
  ValidationException,
} from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, ROLE_ARN, type OpenApi } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

const Confirm = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
  End: true,
};
const ItemProcessor = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
  StartAt: 'Confirm',
  States: { Confirm },
};
const definition = JSON.stringify({
  StartAt: 'Each',
  States: { Each: { Type: 'Map', Label: 'Fan', ItemProcessor, MaxConcurrency: 1, End: true } },
});

/** The token of the call of this place, once that waits for it. */
async function tokenOf(api: OpenApi, place: number): Promise<string> {
  const call = await eventually(() => api.calls[place]);
  await eventually(() => {
    const { eventsText } = api.engine.getExecutionHistory({ executionArn: call.executionArn, reverseOrder: true });
    const [last] = JSON.parse(eventsText) as { type: string }[];
    return last?.type === 'TaskSubmitted' ? true : undefined;
  });
  return (call.parameters as { Payload: { token: string } }).Payload.token;
}

test('the SDK follows a Map Run, changes it, and redrives what did not succeed', async () => {
  await using sdk = await openSdk();
  const { api, sfn } = sdk;
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name: 'fan', definition, roleArn: ROLE_ARN }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '[1,2]' }));
  const describe = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
  const first = await tokenOf(api, 0);

  const { mapRuns = [], nextToken } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns[0]?.mapRunArn;
  assert.equal(nextToken, undefined);
  assert.deepEqual(
    mapRuns.map(({ startDate, ...run }) => ({ ...run, isDated: startDate instanceof Date })),
    [{ executionArn, mapRunArn, stateMachineArn, isDated: true }],
  );
  await sfn.send(
    new UpdateMapRunCommand({
      mapRunArn,
      maxConcurrency: 2,
      toleratedFailureCount: 0,
      toleratedFailurePercentage: 1.5,
    }),
  );
  const second = await tokenOf(api, 1);
  const { $metadata: _metadata, startDate, ...running } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
  assert.ok(startDate instanceof Date);
  const none = { failed: 0, timedOut: 0, aborted: 0, resultsWritten: 0, failuresNotRedrivable: 0, pendingRedrive: 0 };
  const counts = { ...none, pending: 0, running: 2, succeeded: 0, total: 2 };
  assert.deepEqual(running, {
    mapRunArn,
    executionArn,
    status: 'RUNNING',
    maxConcurrency: 2,
    toleratedFailureCount: 0,
    toleratedFailurePercentage: 1.5,
    itemCounts: counts,
    executionCounts: counts,
    redriveCount: 0,
  });
  await assert.rejects(sfn.send(new RedriveExecutionCommand({ executionArn })), ExecutionNotRedrivable);

  await sfn.send(new SendTaskSuccessCommand({ taskToken: first, output: '"first"' }));
  await sfn.send(new SendTaskFailureCommand({ taskToken: second, error: 'No', cause: 'no' }));
  await eventually(async () => ((await describe()).status === 'FAILED' ? true : undefined));
  const { executions: failed = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED' }));
  assert.deepEqual(
    failed.map((child) => [child.mapRunArn, child.itemCount, child.redriveCount]),
    [[mapRunArn, 1, 0]],
  );
  const child = await sfn.send(new DescribeExecutionCommand({ executionArn: failed[0]?.executionArn }));
  assert.deepEqual([child.mapRunArn, child.redriveStatus], [mapRunArn, 'REDRIVABLE_BY_MAP_RUN']);

  const redrive = new RedriveExecutionCommand({ executionArn, clientToken: 'once' });
  const { redriveDate } = await sfn.send(redrive);
  assert.deepEqual((await sfn.send(redrive)).redriveDate, redriveDate);
  const taskToken = await tokenOf(api, 2);
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '"second"' }));
  await eventually(async () => ((await describe()).status === 'SUCCEEDED' ? true : undefined));
  const succeeded = await describe();
  assert.deepEqual(
    [succeeded.output, succeeded.redriveCount, succeeded.redriveDate, succeeded.redriveStatus],
    ['["first","second"]', 1, redriveDate, 'NOT_REDRIVABLE'],
  );
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  const detailsOf = (type: string) => events.find((event) => event.type === type);
  assert.deepEqual(detailsOf('ExecutionRedriven')?.executionRedrivenEventDetails, { redriveCount: 1 });
  assert.deepEqual(detailsOf('MapRunRedriven')?.mapRunRedrivenEventDetails, { mapRunArn, redriveCount: 1 });
  const ended = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
  assert.deepEqual(
    [ended.status, ended.redriveCount, ended.redriveDate instanceof Date, ended.executionCounts?.succeeded],
    ['SUCCEEDED', 1, true, 2],
  );
});

test('what a Map Run’s children belong to can be described, and nothing else be done with it', async () => {
  await using sdk = await openSdk();
  const { api, sfn } = sdk;
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name: 'fan', definition, roleArn: ROLE_ARN }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '[1]' }));
  const taskToken = await tokenOf(api, 0);
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns[0]?.mapRunArn;
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
  const child = executions[0];
  const labeled = `${stateMachineArn}/Fan`;
  assert.equal(child?.stateMachineArn, labeled);

  const ofChild = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn: child.executionArn }));
  assert.deepEqual([ofChild.mapRunArn, ofChild.label], [mapRunArn, 'Fan']);
  const ofParent = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  assert.deepEqual([ofParent.mapRunArn, ofParent.label], [undefined, undefined]);

  const described = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: labeled }));
  assert.deepEqual([described.stateMachineArn, described.label, described.name], [labeled, 'Fan', 'fan']);
  const whole = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  assert.deepEqual([whole.stateMachineArn, whole.label], [stateMachineArn, undefined]);
  const noLabel = sfn.send(new DescribeStateMachineCommand({ stateMachineArn: `${stateMachineArn}/Each` }));
  await assert.rejects(noLabel, StateMachineDoesNotExist);
  const refused = { name: 'ValidationException', reason: 'API_DOES_NOT_SUPPORT_LABELED_ARNS' };
  await assert.rejects(sfn.send(new StartExecutionCommand({ stateMachineArn: labeled })), refused);
  await assert.rejects(
    sfn.send(new UpdateStateMachineCommand({ stateMachineArn: labeled, roleArn: ROLE_ARN })),
    refused,
  );
  await assert.rejects(sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: labeled })), refused);
  await assert.rejects(sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn: labeled })), refused);
  await assert.rejects(sfn.send(new DeleteStateMachineCommand({ stateMachineArn: labeled })), refused);

  await sfn.send(new UpdateMapRunCommand({ mapRunArn, toleratedFailureCount: 3_000_000_000 }));
  assert.equal((await sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toleratedFailureCount, 3_000_000_000);
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
  await eventually(async () => {
    const { status } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
    return status === 'SUCCEEDED' ? true : undefined;
  });
  await assert.rejects(sfn.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 1 })), {
    name: 'ValidationException',
    reason: 'CANNOT_UPDATE_COMPLETED_MAP_RUN',
  });
});

test('the Map Runs of an execution can be turned page by page', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const each = (pass: string, next: object) => ({
    Type: 'Map',
    ItemProcessor: { ...ItemProcessor, StartAt: pass, States: { [pass]: { Type: 'Pass', End: true } } },
    ...next,
  });
  const twice = JSON.stringify({
    StartAt: 'A',
    States: { A: each('InA', { Next: 'B' }), B: each('InB', { End: true }) },
  });
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name: 'twice', definition: twice, roleArn: ROLE_ARN }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '[1]' }));
  await eventually(async () => {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'SUCCEEDED' ? true : undefined;
  });
  const pages = [];
  for await (const page of paginateListMapRuns({ client: sfn, pageSize: 1 }, { executionArn })) {
    pages.push(page.mapRuns?.map(({ mapRunArn }) => mapRunArn?.replace(/.*mapRun:|:[^:]*$/g, '')));
  }
  assert.deepEqual(pages, [['twice/B'], ['twice/A']]);
});

test('what is refused of Map Runs arrives as the exception the SDK has for it', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const mapRunArn = `arn:aws:states:eu-west-1:123456789012:mapRun:m/Fan:${crypto.randomUUID()}`;
  await assert.rejects(sfn.send(new DescribeMapRunCommand({ mapRunArn })), ResourceNotFound);
  await assert.rejects(sfn.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 1 })), ResourceNotFound);
  await assert.rejects(sfn.send(new ListExecutionsCommand({ mapRunArn })), ResourceNotFound);
  await assert.rejects(sfn.send(new DescribeMapRunCommand({ mapRunArn: ROLE_ARN })), InvalidArn);
  for (const wrong of [{ maxConcurrency: -1 }, { toleratedFailurePercentage: 101 }, { toleratedFailureCount: -1 }]) {
    await assert.rejects(sfn.send(new UpdateMapRunCommand({ mapRunArn, ...wrong })), ValidationException);
  }
});
