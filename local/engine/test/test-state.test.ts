import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  createJsonataEvaluator,
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  serviceIntegrations,
  type InspectionData,
  type TaskCall,
  type TestedState,
  type TestState,
} from '../src/index.ts';
import { loopback } from './integrations-loopback.ts';

const evaluator = createJsonataEvaluator();
const calls: TaskCall[] = [];
const clock = new SteppedClock(Date.UTC(2026, 0, 1));
const engine = openEngine({
  store: memoryExecutionStore(),
  region: 'eu-west-1',
  accountId: '123456789012',
  clock,
  entropy: seededEntropy(7),
  evaluator: (request, key) => evaluator.evaluate(request, key),
  taskHandler: async (call) => {
    calls.push(call);
    const { FunctionName: name, Payload: output = null } = call.parameters as { FunctionName?: string; Payload?: null };
    if (name === 'never') await new Promise(() => {});
    if (name === 'broken') throw new Error('no such wire');
    return name === 'raises' ? { error: 'OutOfPaper', cause: 'Tray 2' } : { output };
  },
});
after(() => engine.close().then(() => evaluator.close()));

const ROLE_ARN = 'arn:aws:iam::123456789012:role/orders';
const INVOKE = 'arn:aws:states:::lambda:invoke';

interface Given extends Omit<TestState, 'definition'> {
  readonly definition: object;
}

function run({ definition, ...rest }: Given): Promise<TestedState> {
  return engine.testState({ definition: JSON.stringify(definition), ...rest });
}

async function check(given: Given, expected: TestedState): Promise<void> {
  assert.deepEqual(await run(given), expected);
}

async function refuses(given: Given, name: string, message: string | RegExp): Promise<void> {
  await assert.rejects(run(given), { name, message });
}

const json = JSON.stringify;
const invoke = (functionName: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: INVOKE,
  Parameters: { FunctionName: functionName, 'Payload.$': '$' },
  End: true,
  ...more,
});
const failing = { error: 'OutOfPaper', cause: 'Tray 2' };

test('DEBUG shows how data goes through a state, as the guide does', async () => {
  // Developer Guide, "Using TestState API to test a state", inspection level DEBUG.
  const definition = {
    Type: 'Pass',
    InputPath: '$.payload',
    Parameters: { data: 1 },
    ResultPath: '$.result',
    OutputPath: '$.result.data',
    Next: 'Another state',
  };
  const input = '{"payload": {"foo": "bar"}}';
  const inspectionData = {
    input,
    afterInputPath: '{"foo":"bar"}',
    afterParameters: '{"data":1}',
    afterResultSelector: '{"data":1}',
    afterResultPath: '{"payload":{"foo":"bar"},"result":{"data":1}}',
  };
  const tested = { status: 'SUCCEEDED', output: '1', nextState: 'Another state' } as const;
  await check({ definition, input, inspectionLevel: 'DEBUG' }, { ...tested, inspectionData });
  await check({ definition, input }, tested);
});

test('a task without a mock is really called', async () => {
  const given = { definition: invoke('print'), input: '{"page":1}', roleArn: ROLE_ARN };
  calls.length = 0;
  await check(given, { status: 'SUCCEEDED', output: '{"page":1}' });
  const [call] = calls;
  assert.deepEqual(call?.parameters, { FunctionName: 'print', Payload: { page: 1 } });
  assert.equal(call?.roleArn, ROLE_ARN);
  await check({ definition: invoke('raises') }, { status: 'FAILED', ...failing });
  await check(
    { definition: invoke('broken') },
    { status: 'FAILED', error: 'States.TaskFailed', cause: 'no such wire' },
  );
});

test('a call that does not return is over after the TimeoutSeconds of its state', async () => {
  const Catch = [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Late' }];
  const given = { definition: invoke('never', { TimeoutSeconds: 1, Catch }), input: '{"page":1}' };
  await check(given, { status: 'CAUGHT_ERROR', error: 'States.Timeout', output: '{"page":1}', nextState: 'Late' });
});

test('parameters that no call can be made with fail the state before it is made', async () => {
  calls.length = 0;
  const { status, error, cause } = await run({
    definition: invoke('print', { Parameters: { 'FunctionName.$': '$' } }),
  });
  assert.deepEqual([status, error, calls.length], ['FAILED', 'States.Runtime', 0]);
  assert.match(cause ?? '', /could not be used to start the Task/);
});

test('a wait of some time is waited for, one of more than five minutes is known to be too long', async () => {
  const output = '{"page":1}';
  await check(
    { definition: { Type: 'Wait', Seconds: 0, Next: 'Go' }, input: output },
    { status: 'SUCCEEDED', output, nextState: 'Go' },
  );
  await check(
    { definition: { Type: 'Wait', Seconds: 301, Next: 'Go' } },
    { status: 'FAILED', error: 'States.Timeout', cause: 'TestState can run for up to five minutes.' },
  );
});

test('a mock stands for the work of a task, in every pattern', async () => {
  calls.length = 0;
  const definition = { ...invoke('print'), ResultSelector: { 'page.$': '$.Payload.page' }, ResultPath: '$.printed' };
  const mock = { result: '{"Payload":{"page":7},"StatusCode":200}' };
  const expected = { status: 'SUCCEEDED', output: '{"id":1,"printed":{"page":7}}' } as const;
  for (const Resource of [INVOKE, `${INVOKE}.waitForTaskToken`, 'arn:aws:states:eu-west-1:123456789012:activity:print'])
    await check({ definition: { ...definition, Resource }, input: '{"id":1}', mock }, expected);
  assert.equal(calls.length, 0);
});

test('what only a mock can stand for is refused without one', async () => {
  const machine = 'arn:aws:states:eu-west-1:123456789012:stateMachine:print';
  for (const more of [
    { Resource: `${INVOKE}.waitForTaskToken` },
    { Resource: 'arn:aws:states:::states:startExecution.sync:2', Parameters: { StateMachineArn: machine } },
    { Resource: 'arn:aws:states:eu-west-1:123456789012:activity:print' },
  ])
    await refuses({ definition: invoke('print', more) }, 'InvalidDefinition', /when a mock is not specified/);
});

test('a mocked error goes to Retry, then to Catch, then to whoever tested', async () => {
  const Retry = [
    { ErrorEquals: ['Jam'], MaxAttempts: 9 },
    { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 2, JitterStrategy: 'FULL' },
  ];
  const Catch = [{ ErrorEquals: ['OutOfPaper'], ResultPath: '$.failed', Next: 'Refill' }];
  const definition = invoke('print', { Retry, Catch });
  const shared = { definition, input: '{"id":1}', mock: { errorOutput: failing }, inspectionLevel: 'DEBUG' } as const;
  const outcomeAfter = async (retrierRetryCount: number): Promise<unknown> => {
    const { inspectionData, ...outcome } = await run({ ...shared, stateConfiguration: { retrierRetryCount } });
    return [outcome, inspectionData?.errorDetails];
  };
  const retriable = { status: 'RETRIABLE', ...failing };
  assert.deepEqual(await outcomeAfter(0), [retriable, { retryIndex: 1, retryBackoffIntervalSeconds: 3 }]);
  assert.deepEqual(await outcomeAfter(1), [retriable, { retryIndex: 1, retryBackoffIntervalSeconds: 6 }]);
  const output = '{"id":1,"failed":{"Error":"OutOfPaper","Cause":"Tray 2"}}';
  const caught = { status: 'CAUGHT_ERROR', ...failing, output, nextState: 'Refill' };
  assert.deepEqual(await outcomeAfter(2), [caught, { retryIndex: 1, catchIndex: 0 }]);
  const mock = { errorOutput: { error: 'States.Timeout' } };
  await check({ definition, mock }, { status: 'FAILED', error: 'States.Timeout' });
});

test('a catcher that cannot be worked out fails the state, and is not asked about that', async () => {
  const QueryLanguage = 'JSONata';
  const Catch = [{ ErrorEquals: ['States.ALL'], Output: '{% $states.nothing.here %}', Next: 'Refill' }];
  const definition = {
    Type: 'Task',
    QueryLanguage,
    Resource: INVOKE,
    Arguments: { FunctionName: 'f' },
    Catch,
    End: true,
  };
  const { status, error, nextState } = await run({ definition, mock: { errorOutput: failing } });
  assert.deepEqual([status, error, nextState], ['FAILED', 'States.QueryEvaluationError', undefined]);
});

test('States.Runtime is neither retried nor caught', async () => {
  const handlers = {
    Retry: [{ ErrorEquals: ['States.ALL'] }],
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Refill' }],
  };
  const definition = invoke('print', { InputPath: '$.nothing', ...handlers });
  const { status, error } = await run({ definition, input: '{"id":1}' });
  assert.deepEqual([status, error], ['FAILED', 'States.Runtime']);
});

test('variables are seen by the state, and shown as it leaves them', async () => {
  const inspectionLevel = 'TRACE';
  const variables = '{"pages":3,"tray":2}';
  const definition = {
    Type: 'Pass',
    QueryLanguage: 'JSONata',
    Assign: { pages: '{% $pages + 1 %}' },
    Output: '{% $tray %}',
    End: true,
  };
  const inspectionData = { input: '{}', variables: '{"pages":4,"tray":2}' };
  await check({ definition, variables, inspectionLevel }, { status: 'SUCCEEDED', output: '2', inspectionData });
  const inPath = { Type: 'Pass', Parameters: { 'tray.$': '$tray' }, End: true };
  await check({ definition: inPath, variables }, { status: 'SUCCEEDED', output: '{"tray":2}' });
  await refuses({ definition, variables: '[]' }, 'ValidationException', 'Variables must be a valid JSON object.');
});

test('the context object tells of an execution that there is not, or is the one that the test brings', async () => {
  const definition = invoke('print', { Parameters: { FunctionName: 'print', 'Payload.$': '$$' } });
  const { output = '' } = await run({ definition, input: '{"id":1}', roleArn: ROLE_ARN });
  const { Execution, State, StateMachine } = JSON.parse(output) as Record<string, Record<string, unknown>>;
  assert.match(String(Execution?.['Id']), /^arn:aws:states:eu-west-1:123456789012:express:[^:]+:[^:]+$/);
  assert.deepEqual([Execution?.['Input'], Execution?.['RoleArn']], [{ id: 1 }, ROLE_ARN]);
  assert.deepEqual(State, { Name: 'StateName', EnteredTime: '2026-01-01T00:00:00.000Z', RetryCount: 0 });
  assert.match(String(StateMachine?.['Id']), /^arn:aws:states:eu-west-1:123456789012:stateMachine:/);

  const mock = { result: '{}', fieldValidationMode: 'NONE' } as const;
  const waiting = invoke('print', {
    Resource: `${INVOKE}.waitForTaskToken`,
    Parameters: { FunctionName: 'print', Payload: { 'token.$': '$$.Task.Token' } },
  });
  const { inspectionData } = await run({
    definition: waiting,
    context: '{"Task":{"Token":"t-1"}}',
    mock,
    inspectionLevel: 'DEBUG',
  });
  assert.equal(inspectionData?.afterParameters, '{"FunctionName":"print","Payload":{"token":"t-1"}}');
  // Nobody could answer a token of ours.
  const without = await run({ definition: waiting, mock });
  assert.deepEqual([without.status, without.error], ['FAILED', 'States.Runtime']);
});

test('a context object that cannot be is refused, and so is one without a mock', async () => {
  const definition = invoke('print');
  const mock = { result: '{}' };
  const bad = async (context: string, what: string): Promise<void> =>
    await refuses({ definition, context, mock }, 'ValidationException', `Invalid Context object provided: ${what}`);
  await bad('{"Execution":{"Id":1}}', 'Execution.Id must be a string');
  await bad('{"State":{"RetryCount":"1"}}', 'State.RetryCount must be a number');
  await bad('{"Task":"t-1"}', 'Task must be an object');
  await bad('{"Map":{}}', "'Map' field is not supported when mocking a Context object");
  await bad('[]', 'it must be a valid JSON object');
  await refuses(
    { definition, context: '{}' },
    'ValidationException',
    'TestState does not support Context when a mock is not specified.',
  );
});

const orders = {
  QueryLanguage: 'JSONata',
  StartAt: 'Each order',
  States: {
    'Each order': {
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'Both',
        States: {
          Both: {
            Type: 'Parallel',
            Branches: [
              {
                StartAt: 'Print',
                States: { Print: { Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'f' }, End: true } },
              },
              {
                StartAt: 'Note',
                States: { Note: { Type: 'Pass', Output: '{% $states.context.State.Name %}', End: true } },
              },
            ],
            End: true,
          },
        },
      },
      Catch: [{ ErrorEquals: ['States.TaskFailed'], Output: 'task', Next: 'Done' }],
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
};

test('a state of a state machine is found however deep it stands, in the language of the whole', async () => {
  await check({ definition: orders, stateName: 'Note' }, { status: 'SUCCEEDED', output: '"Note"' });
  await check({ definition: orders, stateName: 'Done', input: '7' }, { status: 'SUCCEEDED', output: '7' });
  await refuses(
    { definition: orders, stateName: 'constructor' },
    'ValidationException',
    'State not found in definition',
  );
  const broken = { ...orders, StartAt: 'Nowhere' };
  await refuses({ definition: broken, stateName: 'Done' }, 'InvalidDefinition', /MISSING_TRANSITION_TARGET/);
});

test('whether an error within a Map was that of a task is for the test to say', async () => {
  const given = { definition: orders, stateName: 'Each order', input: '[1]', mock: { errorOutput: failing } };
  const stateConfiguration = { errorCausedByState: 'Print' };
  await check(
    { ...given, stateConfiguration },
    { status: 'CAUGHT_ERROR', ...failing, output: '"task"', nextState: 'Done' },
  );
  await check({ ...given, stateConfiguration: { errorCausedByState: 'Note' } }, { status: 'FAILED', ...failing });
  await check(given, { status: 'FAILED', ...failing });
  await refuses(
    { ...given, stateConfiguration: { errorCausedByState: 'Done' } },
    'ValidationException',
    'State not found in definition',
  );
});

test('all of a Map but its iterations is worked out', async () => {
  const definition = {
    Type: 'Map',
    ItemsPath: '$.orders',
    ItemSelector: { 'id.$': '$$.Map.Item.Value', 'of.$': '$.name' },
    ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { by: 'two' } },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Note',
      States: { Note: { Type: 'Pass', End: true } },
    },
    MaxConcurrencyPath: '$.most',
    ToleratedFailurePercentage: 40,
    End: true,
  };
  const given = { definition, input: '{"orders":[1,2,3],"name":"x","most":2}', mock: { result: '["a","b"]' } };
  const { status, output, inspectionData } = await run({ ...given, inspectionLevel: 'DEBUG' });
  assert.deepEqual([status, output], ['SUCCEEDED', '["a","b"]']);
  const { afterItemsPath, afterItemSelector, afterItemBatcher, maxConcurrency } = inspectionData ?? {};
  assert.deepEqual([afterItemsPath, maxConcurrency], ['[1,2,3]', 2]);
  assert.equal(afterItemSelector, '[{"id":1,"of":"x"},{"id":2,"of":"x"},{"id":3,"of":"x"}]');
  const batch = (...ids: number[]): object => ({
    BatchInput: { by: 'two' },
    Items: ids.map((id) => ({ id, of: 'x' })),
  });
  assert.equal(afterItemBatcher, json([batch(1, 2), batch(3)]));
  assert.equal(inspectionData?.toleratedFailurePercentage, 40);

  await check({ ...given, stateConfiguration: { mapIterationFailureCount: 1 } }, { status, output: '["a","b"]' });
  const cause = 'The specified tolerated failure threshold was exceeded';
  const tooMany = { status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold', cause } as const;
  await check({ ...given, stateConfiguration: { mapIterationFailureCount: 2 } }, tooMany);
});

test('the data of an item reader is read as it stands in its source', async () => {
  const mapOver = (readerConfig: object): object => ({
    Type: 'Map',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: readerConfig,
      Parameters: { Bucket: 'b', Key: 'k' },
    },
    ItemSelector: { 'v.$': '$$.Map.Item.Value' },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Note',
      States: { Note: { Type: 'Pass', End: true } },
    },
    End: true,
  });
  const inspect = async (readerConfig: object, mapItemReaderData: string): Promise<TestedState> =>
    await run({
      definition: mapOver(readerConfig),
      stateConfiguration: { mapItemReaderData },
      mock: { result: '[]' },
      inspectionLevel: 'DEBUG',
    });
  const lines = await inspect({ InputType: 'JSONL' }, '1\n{"a":2}\n');
  assert.equal(lines.inspectionData?.afterItemSelector, '[{"v":1},{"v":{"a":2}}]');
  const rows = await inspect({ InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, 'id,name\n1,"a, b"\n2\n');
  assert.equal(rows.inspectionData?.afterItemSelector, '[{"v":{"id":"1","name":"a, b"}},{"v":{"id":"2","name":""}}]');
  const pointed = await inspect({ InputType: 'JSON', ItemsPointer: '/a~1b/0', MaxItems: 1 }, '{"a/b":[[5,6]]}');
  assert.equal(pointed.inspectionData?.afterItemsPointer, '[5]');
  assert.equal(pointed.inspectionData?.afterItemSelector, '[{"v":5}]');
  assert.equal((await inspect({ InputType: 'JSON' }, '{}')).error, 'States.ItemReaderFailed');
});

test('a Map with more iteration inputs than can be shown is tested without showing them', async () => {
  const definition = {
    Type: 'Map',
    ItemSelector: { 'all.$': '$' },
    ItemProcessor: { StartAt: 'Note', States: { Note: { Type: 'Pass', End: true } } },
    End: true,
  };
  const input = json(Array.from({ length: 60_000 }, () => 1));
  const { status, inspectionData } = await run({ definition, input, mock: { result: '[]' }, inspectionLevel: 'DEBUG' });
  assert.deepEqual([status, inspectionData?.afterItemSelector], ['SUCCEEDED', undefined]);
});

test('what a mock may not be is said in the words of the service', async () => {
  const task = invoke('print');
  const result = { result: '{}' };
  const refusals: readonly [Given, string][] = [
    [
      { definition: task, mock: { ...result, errorOutput: failing } },
      'A test mock should have only one of the following fields: [result, errorOutput].',
    ],
    [
      { definition: task, mock: {} },
      'A test mock should have only one of the following fields: [result, errorOutput].',
    ],
    [
      { definition: task, mock: result, revealSecrets: true },
      'TestState does not support RevealSecrets when a mock is specified.',
    ],
    [
      { definition: { Type: 'Succeed' }, mock: result },
      "State type 'Succeed' is not supported when a mock is specified",
    ],
    [{ definition: orders, stateName: 'Each order', mock: result }, 'Mocked result must be an array.'],
    [{ definition: orders, stateName: 'Both', mock: result }, 'Mocked result must be an array.'],
    [
      { definition: task, stateConfiguration: { retrierRetryCount: 0 } },
      'TestState does not support RetrierRetryCount when a mock is not specified.',
    ],
  ];
  for (const [given, message] of refusals) await refuses(given, 'ValidationException', message);
  await refuses(
    { definition: orders, stateName: 'Both' },
    'InvalidDefinition',
    'TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]',
  );
  await refuses({ definition: task, input: '{' }, 'InvalidExecutionInput', /^Invalid State Machine Execution Input/);
});

test('a state that this release cannot run can be tested with a mock all the same', async () => {
  const definition = { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync', Parameters: {}, End: true };
  await check(
    { definition, mock: { result: '{"JobRunState":"SUCCEEDED"}' } },
    { status: 'SUCCEEDED', output: '{"JobRunState":"SUCCEEDED"}' },
  );
});

test('TRACE shows the request of an HTTP task, and its secrets only on demand', async (t) => {
  const api = await loopback(t, () => ({
    status: 201,
    headers: { 'content-type': 'application/json', date: 'now' },
    body: '{"id":7}',
  }));
  const asking = openEngine({
    store: memoryExecutionStore(),
    region: 'eu-west-1',
    accountId: '123456789012',
    taskHandler: serviceIntegrations({
      lambda: () => Promise.reject(new Error('nobody calls a function here')),
      endpoints: () => undefined,
      region: 'eu-west-1',
      connections: () => ({ headers: { Authorization: 'Basic c2VjcmV0' }, queryParameters: { key: 's3cret' } }),
    }),
  });
  t.after(() => asking.close());
  const definition = json({
    Type: 'Task',
    Resource: 'arn:aws:states:::http:invoke',
    Parameters: {
      ApiEndpoint: `${api.url}/orders`,
      Method: 'POST',
      Authentication: { ConnectionArn: 'arn:aws:events:eu-west-1:123456789012:connection/shop/1' },
      RequestBody: { 'page.$': '$.page' },
    },
    End: true,
  });
  const inspect = async (more: Omit<TestState, 'definition'>): Promise<InspectionData | undefined> =>
    (await asking.testState({ definition, input: '{"page":1}', ...more })).inspectionData;

  const traced = await inspect({ inspectionLevel: 'TRACE' });
  const { headers = '', ...request } = traced?.request ?? {};
  assert.deepEqual(request, { protocol: 'http', method: 'POST', url: `${api.url}/orders`, body: '{"page":1}' });
  assert.match(headers, /^\[content-type: application\/json, .*range: bytes=0-262144/);
  const { headers: answered = '', ...response } = traced?.response ?? {};
  assert.deepEqual(response, { protocol: 'http', statusCode: '201', statusMessage: 'Created', body: '{"id":7}' });
  assert.match(answered, /date: now/);
  assert.doesNotMatch(json(traced), /c2VjcmV0|s3cret/);
  assert.equal(api.received[0]?.headers.authorization, 'Basic c2VjcmV0', 'it was sent all the same');

  const revealed = await inspect({ inspectionLevel: 'TRACE', revealSecrets: true });
  assert.equal(revealed?.request?.url, `${api.url}/orders?key=s3cret`);
  assert.match(revealed?.request?.headers ?? '', /authorization: Basic c2VjcmV0/);
  assert.equal((await inspect({ inspectionLevel: 'DEBUG', revealSecrets: true }))?.request, undefined);
});

test('a test that runs when the engine stops is told so', async () => {
  const stopping = openEngine({
    store: memoryExecutionStore(),
    region: 'eu-west-1',
    accountId: '123456789012',
    taskHandler: () => new Promise(() => {}),
  });
  const call = stopping.testState({ definition: json(invoke('never')) });
  const wait = stopping.testState({ definition: json({ Type: 'Wait', Seconds: 60, End: true }) });
  const told = Promise.all([call, wait].map((test) => assert.rejects(test, { name: 'ServiceUnavailable' })));
  await stopping.close();
  await told;
});
