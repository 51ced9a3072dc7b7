// The Step Functions API as a client sees it: the AWS SDK, and `countersign engine` as a process of its own.
import * as sdk from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const roleArn = 'arn:aws:iam::000000000000:role/orders';
const folder = mkdtempSync(join(tmpdir(), 'countersign-every-action-'));
const main = join(import.meta.dirname, '../clients/cli/src/main.ts');
const server = spawn(process.execPath, [main, 'engine', '--port', '0', '--data', folder, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const aws = new sdk.SFN({
  endpoint: await readyUrl(),
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  disableHostPrefix: true,
  maxAttempts: 1,
});

/** The commands that the service has answered with success. */
const walked = new Set<string>();
aws.middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      const answer = await next(args);
      if (commandName !== undefined) walked.add(commandName);
      return answer;
    },
  { step: 'initialize' },
);

after(async () => {
  aws.destroy();
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true });
});

test('a definition is validated, and what it then became a state machine with is kept and shown', async () => {
  const wrong = machineOf({ Only: { Type: 'Wait', Seconds: -1, Next: 'Nowhere' } });
  const { result, diagnostics = [], truncated } = await aws.validateStateMachineDefinition({ definition: wrong });
  assert.deepEqual([result, truncated], ['FAIL', false]);
  assert.deepEqual(
    diagnostics.map(({ severity, code, location }) => [severity, code, location]),
    [
      ['ERROR', 'SCHEMA_VALIDATION_FAILED', '/States/Only/Seconds'],
      ['ERROR', 'MISSING_TRANSITION_TARGET', '/States/Only/Next'],
    ],
  );
  const one = await aws.validateStateMachineDefinition({ definition: wrong, maxResults: 1 });
  assert.deepEqual([one.truncated, one.diagnostics?.length], [true, 1]);
  const right = await aws.validateStateMachineDefinition({ definition: passing('a'), severity: 'WARNING' });
  assert.deepEqual([right.result, right.diagnostics], ['OK', []]);

  const settings = {
    loggingConfiguration: {
      level: 'ERROR' as const,
      includeExecutionData: true,
      destinations: [
        { cloudWatchLogsLogGroup: { logGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:orders:*' } },
      ],
    },
    tracingConfiguration: { enabled: true },
    encryptionConfiguration: {
      type: 'CUSTOMER_MANAGED_KMS_KEY' as const,
      kmsKeyId: 'alias/orders',
      kmsDataKeyReusePeriodSeconds: 120,
    },
  };
  const { stateMachineArn } = await aws.createStateMachine({
    name: 'kept',
    definition: passing('a'),
    roleArn,
    ...settings,
    tags: [{ key: 'team', value: 'orders' }],
  });
  assert.partialDeepStrictEqual(await aws.describeStateMachine({ stateMachineArn }), {
    status: 'ACTIVE',
    type: 'STANDARD',
    definition: passing('a'),
    roleArn,
    ...settings,
  });
  const { stateMachines = [] } = await aws.listStateMachines({});
  assert.deepEqual(
    stateMachines.map(({ name }) => name),
    ['kept'],
  );

  await aws.tagResource({ resourceArn: stateMachineArn, tags: [{ key: 'stage', value: 'test' }] });
  await aws.untagResource({ resourceArn: stateMachineArn, tagKeys: ['team'] });
  const { tags } = await aws.listTagsForResource({ resourceArn: stateMachineArn });
  assert.deepEqual(tags, [{ key: 'stage', value: 'test' }]);

  const { executionArn } = await aws.startExecution({ stateMachineArn });
  await ended(executionArn);
  await aws.updateStateMachine({ stateMachineArn, definition: passing('b') });
  assert.equal((await aws.describeStateMachine({ stateMachineArn })).definition, passing('b'));
  const then = await aws.describeStateMachineForExecution({ executionArn });
  assert.partialDeepStrictEqual(then, { definition: passing('a'), name: 'kept', ...settings });
});

test('an alias sends executions to versions by their weights', async () => {
  const first = await aws.createStateMachine({
    name: 'routed',
    definition: passing('one'),
    roleArn,
    publish: true,
    versionDescription: 'the first',
  });
  const { stateMachineArn, stateMachineVersionArn: one } = first;
  await aws.updateStateMachine({ stateMachineArn, definition: passing('two') });
  const { stateMachineVersionArn: two } = await aws.publishStateMachineVersion({ stateMachineArn });
  assert.deepEqual([one, two], [`${stateMachineArn}:1`, `${stateMachineArn}:2`]);
  const versions = await aws.listStateMachineVersions({ stateMachineArn });
  assert.deepEqual(
    versions.stateMachineVersions?.map(({ stateMachineVersionArn }) => stateMachineVersionArn),
    [two, one],
  );

  const route = (weightOfOne: number) => [
    { stateMachineVersionArn: one, weight: weightOfOne },
    { stateMachineVersionArn: two, weight: 100 - weightOfOne },
  ];
  const { stateMachineAliasArn } = await aws.createStateMachineAlias({
    name: 'live',
    description: 'what customers use',
    routingConfiguration: route(100),
  });
  const outputs = async (): Promise<Set<string | undefined>> => {
    const seen = new Set<string | undefined>();
    for (let count = 0; count < 30; count++) {
      const { executionArn } = await aws.startExecution({ stateMachineArn: stateMachineAliasArn });
      const { output, stateMachineVersionArn, ...rest } = await ended(executionArn);
      assert.equal(rest.stateMachineAliasArn, stateMachineAliasArn);
      assert.equal(stateMachineVersionArn, output === '"one"' ? one : two);
      seen.add(output);
    }
    return seen;
  };
  assert.deepEqual(await outputs(), new Set(['"one"']));
  await aws.updateStateMachineAlias({ stateMachineAliasArn, routingConfiguration: route(50) });
  // The chance that thirty throws of a coin are alike is one in five hundred million.
  assert.deepEqual(await outputs(), new Set(['"one"', '"two"']));
  const described = await aws.describeStateMachineAlias({ stateMachineAliasArn });
  assert.partialDeepStrictEqual(described, {
    name: 'live',
    description: 'what customers use',
    routingConfiguration: route(50),
  });
  const byAlias = await aws.listExecutions({ stateMachineArn: stateMachineAliasArn });
  assert.equal(byAlias.executions?.length, 60);

  const { stateMachineAliases = [] } = await aws.listStateMachineAliases({ stateMachineArn });
  assert.deepEqual(
    stateMachineAliases.map((alias) => alias.stateMachineAliasArn),
    [stateMachineAliasArn],
  );
  await assert.rejects(aws.deleteStateMachineVersion({ stateMachineVersionArn: one }), sdk.ConflictException);
  await aws.deleteStateMachineAlias({ stateMachineAliasArn });
  await aws.deleteStateMachineVersion({ stateMachineVersionArn: one });
  await assert.rejects(aws.describeStateMachine({ stateMachineArn: one }), sdk.StateMachineDoesNotExist);
});

test('executions are listed and their histories read page by page, from either end', async () => {
  const waiting = machineOf({ Hold: { Type: 'Wait', Seconds: 3600, End: true } });
  const { stateMachineArn } = await aws.createStateMachine({ name: 'paged', definition: waiting, roleArn });
  const started = [];
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    started.push(await aws.startExecution({ stateMachineArn, name, input: '{}' }));
  const again = await aws.startExecution({ stateMachineArn, name: 'a', input: '{}' });
  assert.deepEqual([again.executionArn, again.startDate], [started[0]?.executionArn, started[0]?.startDate]);
  await assert.rejects(
    aws.startExecution({ stateMachineArn, name: 'a', input: '{"other":1}' }),
    sdk.ExecutionAlreadyExists,
  );
  const executionArn = started[4]?.executionArn;
  await aws.stopExecution({ executionArn, error: 'Changed', cause: 'not wanted any more' });
  assert.partialDeepStrictEqual(await aws.describeExecution({ executionArn }), {
    status: 'ABORTED',
    error: 'Changed',
    cause: 'not wanted any more',
  });

  const pages = [];
  const query = { stateMachineArn, statusFilter: 'RUNNING' as const };
  for await (const { executions = [] } of sdk.paginateListExecutions({ client: aws, pageSize: 3 }, query))
    pages.push(executions.map(({ name }) => name));
  assert.deepEqual(pages, [['d', 'c', 'b'], ['a']]);

  const idsOf = async (reverseOrder: boolean): Promise<(number | undefined)[]> => {
    const ids = [];
    const history = sdk.paginateGetExecutionHistory({ client: aws, pageSize: 2 }, { executionArn, reverseOrder });
    for await (const { events = [] } of history) ids.push(...events.map(({ id }) => id));
    return ids;
  };
  assert.deepEqual(await idsOf(false), [1, 2, 3]);
  assert.deepEqual(await idsOf(true), [3, 2, 1]);
  await assert.rejects(aws.getExecutionHistory({ executionArn, nextToken: 'made-up' }), sdk.InvalidToken);
});

test('a worker does the tasks of an activity, and what failed is redriven', async () => {
  const { activityArn } = await aws.createActivity({ name: 'pack', tags: [{ key: 'team', value: 'stock' }] });
  assert.equal((await aws.describeActivity({ activityArn })).name, 'pack');
  assert.deepEqual(
    (await aws.listActivities({})).activities?.map((activity) => activity.activityArn),
    [activityArn],
  );
  const definition = machineOf({ Pack: { ...taskOf(activityArn), HeartbeatSeconds: 600 } });
  const { stateMachineArn } = await aws.createStateMachine({ name: 'packing', definition, roleArn });
  const { executionArn } = await aws.startExecution({ stateMachineArn, input: '{"order":7}' });

  const { taskToken: first, input } = await aws.getActivityTask({ activityArn, workerName: 'ann' });
  assert.equal(input, '{"order":7}');
  await aws.sendTaskHeartbeat({ taskToken: first });
  await aws.sendTaskFailure({ taskToken: first, error: 'Broken', cause: 'the box' });
  assert.partialDeepStrictEqual(await ended(executionArn), {
    status: 'FAILED',
    error: 'Broken',
    redriveStatus: 'REDRIVABLE',
  });
  await assert.rejects(aws.sendTaskSuccess({ taskToken: first, output: '{}' }), sdk.TaskTimedOut);

  await aws.redriveExecution({ executionArn });
  const { taskToken: second } = await aws.getActivityTask({ activityArn, workerName: 'ben' });
  await aws.sendTaskSuccess({ taskToken: second, output: '{"packed":true}' });
  assert.partialDeepStrictEqual(await ended(executionArn), {
    status: 'SUCCEEDED',
    output: '{"packed":true}',
    redriveCount: 1,
  });
  await aws.deleteActivity({ activityArn });
  await assert.rejects(aws.describeActivity({ activityArn }), sdk.ActivityDoesNotExist);
});

test('a Map Run is found, changed while it runs, and shows what became of its items', async () => {
  const { activityArn } = await aws.createActivity({ name: 'count' });
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Count',
    States: { Count: taskOf(activityArn) },
  };
  const definition = machineOf({ Each: { Type: 'Map', MaxConcurrency: 1, ItemProcessor, End: true } });
  const { stateMachineArn } = await aws.createStateMachine({ name: 'counting', definition, roleArn });
  const { executionArn } = await aws.startExecution({ stateMachineArn, input: '[1,2]' });
  const first = await aws.getActivityTask({ activityArn });

  const { mapRuns = [] } = await aws.listMapRuns({ executionArn });
  const mapRunArn = mapRuns[0]?.mapRunArn;
  await aws.updateMapRun({ mapRunArn, maxConcurrency: 2, toleratedFailureCount: 1 });
  const second = await aws.getActivityTask({ activityArn });
  assert.partialDeepStrictEqual(await aws.describeMapRun({ mapRunArn }), {
    status: 'RUNNING',
    maxConcurrency: 2,
    toleratedFailureCount: 1,
    itemCounts: { running: 2, total: 2 },
  });
  await aws.sendTaskFailure({ taskToken: first.taskToken, error: 'Lost' });
  await aws.sendTaskSuccess({ taskToken: second.taskToken, output: '20' });
  assert.partialDeepStrictEqual(await ended(executionArn), { status: 'SUCCEEDED', output: '[20]' });
  const { executions = [] } = await aws.listExecutions({ mapRunArn, statusFilter: 'FAILED' });
  assert.deepEqual(
    executions.map((child) => [child.mapRunArn, child.itemCount]),
    [[mapRunArn, 1]],
  );
});

test('a state is tested by itself: with a mock, at each level of inspection, as a retry, as one failure of many', async () => {
  const Ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: 'ask', 'Payload.$': '$.order' },
    ResultSelector: { 'answer.$': '$.Payload' },
    ResultPath: '$.asked',
    Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 2 }],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.why', Next: 'Sorry' }],
    Next: 'Ship',
  };
  const asked = { definition: JSON.stringify(Ask), input: '{"order":7}' };
  const answered = { result: '{"Payload":"yes","StatusCode":200}' };
  const debug = await aws.testState({ ...asked, inspectionLevel: 'DEBUG', mock: answered });
  assert.partialDeepStrictEqual(debug, {
    status: 'SUCCEEDED',
    nextState: 'Ship',
    output: '{"order":7,"asked":{"answer":"yes"}}',
    inspectionData: {
      afterParameters: '{"FunctionName":"ask","Payload":7}',
      afterResultSelector: '{"answer":"yes"}',
    },
  });
  const busy = { errorOutput: { error: 'Busy', cause: 'lunch' } };
  const retried = await aws.testState({
    ...asked,
    inspectionLevel: 'TRACE',
    mock: busy,
    stateConfiguration: { retrierRetryCount: 1 },
  });
  assert.partialDeepStrictEqual(retried, {
    status: 'RETRIABLE',
    error: 'Busy',
    inspectionData: { errorDetails: { retryIndex: 0, retryBackoffIntervalSeconds: 6 } },
  });
  const caught = await aws.testState({ ...asked, mock: busy, stateConfiguration: { retrierRetryCount: 2 } });
  assert.partialDeepStrictEqual(caught, {
    status: 'CAUGHT_ERROR',
    nextState: 'Sorry',
    output: '{"order":7,"why":{"Error":"Busy","Cause":"lunch"}}',
  });

  const ItemProcessor = { StartAt: 'Each', States: { Each: { ...Ask, Next: 'Sorry' }, Sorry: { Type: 'Succeed' } } };
  const each = machineOf({
    All: { Type: 'Map', ItemProcessor, ToleratedFailureCount: 1, ItemsPath: '$.orders', End: true },
  });
  const failed = await aws.testState({
    definition: each,
    stateName: 'All',
    input: '{"orders":[1,2,3]}',
    mock: { result: '[1,2,3]' },
    stateConfiguration: { mapIterationFailureCount: 2 },
    inspectionLevel: 'DEBUG',
  });
  assert.partialDeepStrictEqual(failed, {
    status: 'FAILED',
    error: 'States.ExceedToleratedFailureThreshold',
    inspectionData: { toleratedFailureCount: 1, afterItemsPath: '[1,2,3]' },
  });
  const inside = await aws.testState({
    definition: each,
    stateName: 'Each',
    input: '{"order":7}',
    mock: busy,
    stateConfiguration: { retrierRetryCount: 2 },
    inspectionLevel: 'DEBUG',
  });
  assert.partialDeepStrictEqual(inside, {
    status: 'CAUGHT_ERROR',
    inspectionData: { errorDetails: { catchIndex: 0 } },
  });
});

test('an Express workflow answers with its end, and with nothing but metadata where that is wished', async () => {
  const { stateMachineArn } = await aws.createStateMachine({
    name: 'quick',
    type: 'EXPRESS',
    definition: passing('done'),
    roleArn,
  });
  const whole = await aws.startSyncExecution({ stateMachineArn, name: 'now', input: '{"order":7}' });
  assert.partialDeepStrictEqual(whole, { status: 'SUCCEEDED', input: '{"order":7}', output: '"done"', name: 'now' });
  const brief = await aws.startSyncExecution({ stateMachineArn, includedData: 'METADATA_ONLY' });
  assert.deepEqual([brief.status, brief.output, brief.outputDetails], ['SUCCEEDED', undefined, { included: false }]);
  await aws.startExecution({ stateMachineArn });
});

test('a state machine that is deleted is gone', async () => {
  const { stateMachineArn } = await aws.createStateMachine({ name: 'brief', definition: passing('a'), roleArn });
  await aws.deleteStateMachine({ stateMachineArn });
  await assert.rejects(aws.startExecution({ stateMachineArn }), sdk.StateMachineDoesNotExist);
  await assert.rejects(aws.describeStateMachine({ stateMachineArn }), sdk.StateMachineDoesNotExist);
});

test('no action that the SDK knows was left out above', () => {
  const known = Object.keys(sdk).filter((name) => /^[A-Z]\w*Command$/.test(name));
  assert.ok(known.length >= 37);
  assert.deepEqual(
    known.filter((name) => !walked.has(name)),
    [],
  );
});

function machineOf(States: Record<string, object>): string {
  return JSON.stringify({ StartAt: Object.keys(States)[0], States });
}

function passing(result: string): string {
  return machineOf({ Say: { Type: 'Pass', Result: result, End: true } });
}

function taskOf(activityArn: string | undefined) {
  return { Type: 'Task', Resource: activityArn, End: true };
}

async function ended(executionArn: string | undefined): Promise<sdk.DescribeExecutionCommandOutput> {
  for (let tries = 0; tries < 1000; tries++) {
    const execution = await aws.describeExecution({ executionArn });
    if (execution.status !== 'RUNNING') return execution;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${executionArn} did not end within ten seconds`);
}

async function readyUrl(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const { event, url } = JSON.parse(line) as { event: string; url: string };
    if (event === 'ready') return url;
  }
  throw new Error('the engine ended before it was ready');
}
