import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  InvalidArn,
  InvalidDefinition,
  InvalidExecutionInput,
  InvalidLoggingConfiguration,
  InvalidName,
  InvalidOutput,
  InvalidToken,
  ListExecutionsCommand,
  MissingRequiredParameter,
  paginateListExecutions,
  paginateListStateMachines,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
  TaskTimedOut,
  UpdateStateMachineCommand,
  ValidationException,
} from '@aws-sdk/client-sfn';
import { eventually, openApi, PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION, type OpenApi } from './open-api.ts';

describe('the AWS SDK finds Step Functions behind the socket', () => {
  let api: OpenApi;
  let sfn: SFNClient;
  before(async () => {
    api = await openApi();
    sfn = new SFNClient({
      endpoint: api.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  });
  after(async () => {
    sfn.destroy();
    await api[Symbol.asyncDispose]();
  });

  const create = async (name: string, definition = PASSING_DEFINITION) =>
    (await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn: ROLE_ARN }))).stateMachineArn;

  /** Starts an execution that waits, and gives its ARN and the token that was handed out. */
  async function startWaiting(name: string) {
    const stateMachineArn = await create(name, WAITING_DEFINITION);
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const call = await eventually(() => api.calls.find((made) => made.executionArn === executionArn));
    const taskToken = (call.parameters as { Payload: { token: string } }).Payload.token;
    await eventually(async () => {
      const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
      return events?.find((event) => event.type === 'TaskSubmitted');
    });
    return { stateMachineArn, executionArn, taskToken };
  }

  const describeExecution = (executionArn: string | undefined) =>
    sfn.send(new DescribeExecutionCommand({ executionArn }));

  test('an execution waits for its token and ends with the answer', async () => {
    const { stateMachineArn, executionArn, taskToken } = await startWaiting('confirmed');
    const waiting = await describeExecution(executionArn);
    assert.equal(waiting.status, 'RUNNING');
    assert.equal(waiting.redriveStatusReason, 'Execution is RUNNING and cannot be redriven');

    await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"confirmed":true}' }));

    const { $metadata, startDate, stopDate, ...ended } = await describeExecution(executionArn);
    assert.match($metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
    assert.ok(startDate instanceof Date && Math.abs(Date.now() - startDate.getTime()) < 60_000);
    assert.ok(stopDate instanceof Date && stopDate >= startDate);
    assert.deepEqual(ended, {
      executionArn,
      stateMachineArn,
      name: executionArn?.split(':').at(-1),
      status: 'SUCCEEDED',
      input: '{}',
      inputDetails: { included: true },
      output: '{"confirmed":true}',
      outputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
  });

  test('a history has its events with their dates, in either direction and page by page', async () => {
    const stateMachineArn = await create('history');
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"a":[1,2]}' }));
    const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    assert.deepEqual(
      history.events?.map((event) => event.type),
      ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    );
    assert.ok(history.events?.[0]?.timestamp instanceof Date);
    assert.equal(history.events?.[0]?.executionStartedEventDetails?.input, '{"a":[1,2]}');

    const first = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 3, reverseOrder: true }));
    const second = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 3, reverseOrder: true, nextToken: first.nextToken }),
    );
    assert.deepEqual(
      [first, second].map((page) => page.events?.map((event) => event.id)),
      [[4, 3, 2], [1]],
    );
    assert.equal(second.nextToken, undefined);
  });

  test('includeExecutionData: false leaves the data out of a history', async () => {
    const stateMachineArn = await create('without-data');
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"secret":1}' }));
    const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
    assert.equal(events?.length, 4);
    assert.doesNotMatch(JSON.stringify(events), /secret/);
  });

  test('an execution that is failed or stopped shows who said what', async () => {
    const failed = await startWaiting('failed');
    const { taskToken } = failed;
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: 'Rejected', cause: 'Too dear' }));
    const afterFailure = await describeExecution(failed.executionArn);
    assert.deepEqual(
      [afterFailure.status, afterFailure.error, afterFailure.cause, afterFailure.redriveStatus],
      ['FAILED', 'Rejected', 'Too dear', 'REDRIVABLE'],
    );
    assert.ok(!('output' in afterFailure) && !('outputDetails' in afterFailure));

    const stopped = await startWaiting('stopped');
    const { stopDate } = await sfn.send(new StopExecutionCommand({ executionArn: stopped.executionArn }));
    const afterStop = await describeExecution(stopped.executionArn);
    assert.deepEqual([afterStop.status, afterStop.stopDate], ['ABORTED', stopDate]);
    assert.ok(!('error' in afterStop) && !('cause' in afterStop));
  });

  test('a second answer to a task is TaskTimedOut, a token nobody issued is InvalidToken', async () => {
    const { taskToken } = await startWaiting('answered-twice');
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
    for (const answer of [
      () => sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' })),
      () => sfn.send(new SendTaskFailureCommand({ taskToken })),
      () => sfn.send(new SendTaskHeartbeatCommand({ taskToken })),
    ]) {
      await assert.rejects(answer, TaskTimedOut);
    }
    for (const strange of ['x', `${taskToken}x`, taskToken.slice(1), 'x'.repeat(2048)]) {
      await assert.rejects(sfn.send(new SendTaskHeartbeatCommand({ taskToken: strange })), InvalidToken);
    }
  });

  test('what is refused arrives as the exception the SDK has for it', async () => {
    const stateMachineArn = await create('refusing', WAITING_DEFINITION);
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'once' }));
    const create_ = (changes: object) =>
      new CreateStateMachineCommand({ name: 'n', definition: PASSING_DEFINITION, roleArn: ROLE_ARN, ...changes });
    await Promise.all([
      assert.rejects(sfn.send(create_({ definition: '{}' })), InvalidDefinition),
      assert.rejects(sfn.send(create_({ name: 'a b' })), InvalidName),
      assert.rejects(sfn.send(create_({ name: '' })), ValidationException),
      assert.rejects(sfn.send(create_({ roleArn: 'orders' })), InvalidArn),
      assert.rejects(sfn.send(create_({ versionDescription: 'unpublished' })), ValidationException),
      assert.rejects(sfn.send(create_({ loggingConfiguration: { level: 'ALL' } })), InvalidLoggingConfiguration),
      assert.rejects(sfn.send(new UpdateStateMachineCommand({ stateMachineArn })), MissingRequiredParameter),
      assert.rejects(
        sfn.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}2` })),
        StateMachineDoesNotExist,
      ),
      assert.rejects(sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{' })), InvalidExecutionInput),
      assert.rejects(
        sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'once', input: '[]' })),
        ExecutionAlreadyExists,
      ),
      assert.rejects(describeExecution(`${executionArn}2`), ExecutionDoesNotExist),
      assert.rejects(describeExecution(stateMachineArn), InvalidArn),
      assert.rejects(sfn.send(new ListExecutionsCommand({ stateMachineArn, nextToken: 'made-up' })), InvalidToken),
    ]);
    const { taskToken } = await startWaiting('refusing-output');
    await assert.rejects(sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{' })), InvalidOutput);
  });

  test('the same start again is the same execution', async () => {
    const stateMachineArn = await create('idempotent', WAITING_DEFINITION);
    const start = new StartExecutionCommand({ stateMachineArn, name: 'order-1', input: '{"n":1}' });
    const [one, other] = [await sfn.send(start), await sfn.send(start)];
    assert.deepEqual([one.executionArn, one.startDate], [other.executionArn, other.startDate]);
  });

  test('settings are shown as they were given, and completed where they were not', async () => {
    const logGroupArn = 'arn:aws:logs:eu-west-1:123456789012:log-group:orders:*';
    const destinations = [{ cloudWatchLogsLogGroup: { logGroupArn } }];
    const stateMachineArn = await create('settings');
    const plain = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    assert.deepEqual(plain.loggingConfiguration, { level: 'OFF', includeExecutionData: false });
    assert.deepEqual(plain.tracingConfiguration, { enabled: false });
    assert.deepEqual(plain.encryptionConfiguration, { type: 'AWS_OWNED_KEY' });
    assert.ok(!('revisionId' in plain), 'a machine has no revision id before its first update');

    const { revisionId, updateDate } = await sfn.send(
      new UpdateStateMachineCommand({
        stateMachineArn,
        loggingConfiguration: { destinations, level: 'ALL' },
        tracingConfiguration: { enabled: true },
      }),
    );
    assert.ok(updateDate instanceof Date);
    const updated = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    assert.deepEqual(updated.loggingConfiguration, { level: 'ALL', includeExecutionData: false, destinations });
    assert.deepEqual(updated.tracingConfiguration, { enabled: true });
    assert.equal(updated.definition, PASSING_DEFINITION);
    assert.equal(updated.revisionId, revisionId);
  });

  test('METADATA_ONLY leaves out what might be secret', async () => {
    const stateMachineArn = await create('metadata');
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"secret":1}' }));
    const includedData = 'METADATA_ONLY';
    const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn, includedData }));
    assert.equal(machine.definition, '{}');
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn, includedData }));
    assert.deepEqual([execution.input, execution.inputDetails], [undefined, { included: false }]);
    assert.deepEqual([execution.output, execution.outputDetails], [undefined, { included: false }]);
  });

  test('an execution knows the definition that it was started with', async () => {
    const { stateMachineArn, executionArn } = await startWaiting('before-the-change');
    await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: PASSING_DEFINITION }));
    const { definition } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    assert.equal(definition, WAITING_DEFINITION);
  });

  test('lists can be turned page by page', async () => {
    const stateMachineArn = await create('paged');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await sfn.send(new StartExecutionCommand({ stateMachineArn, name }));
    const pages = [];
    for await (const page of paginateListExecutions({ client: sfn, pageSize: 2 }, { stateMachineArn })) {
      pages.push(page.executions?.map(({ name }) => name));
    }
    assert.deepEqual(pages, [['e', 'd'], ['c', 'b'], ['a']]);

    const running = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
    assert.deepEqual(running.executions, []);
    const withZero = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 0 }));
    assert.equal(withZero.executions?.length, 5);

    const machines = [];
    for await (const page of paginateListStateMachines({ client: sfn, pageSize: 3 }, {})) {
      machines.push(...(page.stateMachines ?? []));
    }
    assert.ok(machines.some((machine) => machine.stateMachineArn === stateMachineArn && machine.type === 'STANDARD'));
    assert.equal(new Set(machines.map((machine) => machine.stateMachineArn)).size, machines.length);
  });

  test('deleting is no error, whether there is something to delete or not', async () => {
    const stateMachineArn = await create('deleted');
    await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await assert.rejects(sfn.send(new DescribeStateMachineCommand({ stateMachineArn })), StateMachineDoesNotExist);
  });
});
