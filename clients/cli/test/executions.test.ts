import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from './run-cli.ts';
import { stepFunctionsDouble } from './step-functions-double.ts';

const ORDERS = 'arn:aws:states:us-east-1:000000000000:stateMachine:Orders';
const REFUNDS = 'arn:aws:states:us-east-1:000000000000:stateMachine:Refunds';
const FAST = 'arn:aws:states:us-east-1:000000000000:stateMachine:Fast';
const APPLES = 'arn:aws:states:us-east-1:000000000000:execution:Orders:apples-1';
const TOKEN = 'AQCEAAAAKgAAAAMAAAAA-the-token-of-a-task';
const STARTED_AT_S = 1_767_225_600;

function machine(stateMachineArn: string, type = 'STANDARD') {
  return { stateMachineArn, name: stateMachineArn.split(':').at(-1), type, creationDate: STARTED_AT_S };
}

function execution(stateMachineArn: string, name: string, startDate: number, status = 'RUNNING') {
  const executionArn = `${stateMachineArn.replace('stateMachine', 'execution')}:${name}`;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    ...(status !== 'RUNNING' && { stopDate: startDate + 90 }),
  };
}

const history = [
  {
    id: 1,
    previousEventId: 0,
    timestamp: STARTED_AT_S,
    type: 'ExecutionStarted',
    executionStartedEventDetails: { input: '{"orderId":"apples-1"}', inputDetails: { truncated: false } },
  },
  {
    id: 2,
    previousEventId: 0,
    timestamp: STARTED_AT_S + 0.25,
    type: 'TaskStateEntered',
    stateEnteredEventDetails: { name: 'Wait for confirmation', input: '{"orderId":"apples-1"}' },
  },
  {
    id: 3,
    previousEventId: 2,
    timestamp: STARTED_AT_S + 0.5,
    type: 'TaskScheduled',
    taskScheduledEventDetails: {
      resourceType: 'lambda',
      resource: 'invoke.waitForTaskToken',
      region: 'us-east-1',
      parameters: JSON.stringify({ Payload: { reply: TOKEN, order: { orderId: 'apples-1' } } }),
    },
  },
  {
    id: 4,
    previousEventId: 3,
    timestamp: STARTED_AT_S + 1,
    type: 'TaskFailed',
    taskFailedEventDetails: {
      resourceType: 'lambda',
      resource: 'invoke.waitForTaskToken',
      error: 'Refused',
      cause: `no answer for ${TOKEN}`,
    },
  },
];

const describeExecution = ({ executionArn }: Record<string, unknown>) =>
  executionArn === APPLES
    ? { ...execution(ORDERS, 'apples-1', STARTED_AT_S) }
    : { __type: 'ExecutionDoesNotExist', message: `Execution Does Not Exist: '${String(executionArn)}'` };

const service = {
  ListStateMachines: () => ({ stateMachines: [machine(ORDERS), machine(FAST, 'EXPRESS')] }),
  ListExecutions: () => ({
    executions: [execution(ORDERS, 'apples-1', STARTED_AT_S, 'SUCCEEDED')],
    nextToken: 'page-2',
  }),
  DescribeExecution: describeExecution,
  DescribeStateMachineForExecution: () => ({
    stateMachineArn: ORDERS,
    name: 'Orders',
    roleArn: 'arn:aws:iam::000000000000:role/x',
    updateDate: STARTED_AT_S,
    definition: JSON.stringify({
      States: { 'Wait for confirmation': { Parameters: { Payload: { 'reply.$': '$$.Task.Token' } } } },
    }),
  }),
  GetExecutionHistory: () => ({ events: history }),
};

test('list shows the executions of the one state machine there is, page by page', async () => {
  await using aws = await stepFunctionsDouble(service);
  const { code, stdout, stderr } = await runCli([
    'executions',
    'list',
    '--endpoint',
    aws.url,
    '--limit',
    '1',
    '--status',
    'SUCCEEDED',
    '--cursor',
    'page-1',
  ]);
  assert.equal(code, 0, stderr);
  const [headings = '', row = '', ...rest] = stdout.trimEnd().split('\n');
  assert.match(headings, /^EXECUTION +STATUS +STARTED +TOOK +STATE MACHINE$/);
  assert.match(row, /^apples-1 +SUCCEEDED +\d+ d( \d+ h)? ago +1 min +Orders$/);
  assert.deepEqual(rest, []);
  assert.match(stderr, /--cursor page-2/);
  assert.deepEqual(aws.requests.at(-1)?.body, {
    stateMachineArn: ORDERS,
    maxResults: 1,
    statusFilter: 'SUCCEEDED',
    nextToken: 'page-1',
  });
});

test('list over several state machines gives the newest of all', async () => {
  await using aws = await stepFunctionsDouble({
    ListStateMachines: ({ nextToken }) =>
      nextToken === undefined
        ? { stateMachines: [machine(ORDERS)], nextToken: 'more' }
        : { stateMachines: [machine(REFUNDS)] },
    ListExecutions: ({ stateMachineArn }) => ({
      executions:
        stateMachineArn === ORDERS
          ? [execution(ORDERS, 'third', 300), execution(ORDERS, 'first', 100)]
          : [execution(REFUNDS, 'second', 200)],
    }),
  });
  const { stdout } = await runCli(['executions', 'list', '--endpoint', aws.url, '--limit', '2', '--json']);
  const page: { executions: { name: string; startDate: string }[] } = JSON.parse(stdout);
  assert.deepEqual(
    page.executions.map(({ name, startDate }) => [name, startDate]),
    [
      ['third', '1970-01-01T00:05:00.000Z'],
      ['second', '1970-01-01T00:03:20.000Z'],
    ],
  );
  const { code, stderr } = await runCli(['executions', 'list', '--endpoint', aws.url, '--cursor', 'page-2']);
  assert.equal(code, 2);
  assert.match(stderr, /--state-machine NAME/);
});

test('a state machine is found by its name, and a wrong name is told the right ones', async () => {
  await using aws = await stepFunctionsDouble(service);
  const found = await runCli(['executions', 'list', '--state-machine', 'Orders', '--json', '--endpoint', aws.url]);
  assert.equal(found.code, 0);
  assert.equal(aws.requests.at(-1)?.body['stateMachineArn'], ORDERS);
  const { code, stderr } = await runCli(['executions', 'list', '--state-machine', 'Oders', '--endpoint', aws.url]);
  assert.equal(code, 3);
  assert.equal(stderr, 'error: There is no state machine named "Oders".\n→ There are: Orders.\n');
});

test('history tells each event in a line, by the execution’s name', async () => {
  await using aws = await stepFunctionsDouble(service);
  const { code, stdout, stderr } = await runCli(['executions', 'history', 'apples-1', '--endpoint', aws.url]);
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    [
      '#  AT        EVENT             ABOUT',
      '1  +0.000 s  ExecutionStarted',
      '2  +0.250 s  TaskStateEntered  Wait for confirmation',
      '3  +0.500 s  TaskScheduled     lambda invoke.waitForTaskToken',
      '4  +1.000 s  TaskFailed        Refused: no answer for (task token, hidden)',
      '',
    ].join('\n'),
  );
});

test('history --full shows what an event holds', async () => {
  await using aws = await stepFunctionsDouble(service);
  const { stdout } = await runCli(['executions', 'history', APPLES, '--full', '--endpoint', aws.url]);
  assert.match(stdout, /^#1 ExecutionStarted 2026-01-01T00:00:00\.000Z\n {2}input {2}\{"orderId":"apples-1"\}\n\n#2 /);
  assert.match(
    stdout,
    / {2}parameters +\{"Payload":\{"reply":"\(task token, hidden\)","order":\{"orderId":"apples-1"\}\}\}\n/,
  );
});

test('history never shows a task token, whatever it is asked for', async () => {
  await using aws = await stepFunctionsDouble(service);
  for (const flags of [[], ['--full'], ['--json'], ['--full', '--json'], ['--reverse']]) {
    const { code, stdout, stderr } = await runCli(['executions', 'history', APPLES, ...flags, '--endpoint', aws.url]);
    assert.equal(code, 0);
    assert.ok(!`${stdout}${stderr}`.includes(TOKEN), flags.join(' '));
  }
});

test('history --json is the service’s own events with their instants in ISO 8601, on one line', async () => {
  await using aws = await stepFunctionsDouble({
    ...service,
    GetExecutionHistory: () => ({ events: history.slice(0, 2), nextToken: 'page-2' }),
  });
  const args = ['executions', 'history', APPLES, '--json', '--reverse', '--limit', '2', '--cursor', 'page-1'];
  const { stdout } = await runCli([...args, '--endpoint', aws.url]);
  assert.equal(stdout.indexOf('\n'), stdout.length - 1);
  assert.deepEqual(JSON.parse(stdout), {
    executionArn: APPLES,
    events: [
      { ...history[0], timestamp: '2026-01-01T00:00:00.000Z' },
      { ...history[1], timestamp: '2026-01-01T00:00:00.250Z' },
    ],
    nextCursor: 'page-2',
  });
  const asked = aws.requests.find(({ action }) => action === 'GetExecutionHistory')?.body;
  assert.deepEqual(asked, {
    executionArn: APPLES,
    maxResults: 2,
    reverseOrder: true,
    nextToken: 'page-1',
    includeExecutionData: true,
  });
});

test('an execution that is not there ends the command with 3, by name and by ARN', async () => {
  await using aws = await stepFunctionsDouble({
    ...service,
    GetExecutionHistory: () => ({ __type: 'ExecutionDoesNotExist', message: "Execution Does Not Exist: 'gone'" }),
  });
  for (const given of ['pears-1', APPLES.replace('apples', 'pears')]) {
    const { code, stdout, stderr } = await runCli(['executions', 'history', given, '--endpoint', aws.url]);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /^error: .+\n→ `countersign executions list` .+\n$/);
  }
});

test('a name that two state machines use asks for the ARN', async () => {
  await using aws = await stepFunctionsDouble({
    ListStateMachines: () => ({ stateMachines: [machine(ORDERS), machine(REFUNDS)] }),
    DescribeExecution: () => execution(ORDERS, 'apples-1', STARTED_AT_S),
  });
  const { code, stderr } = await runCli(['executions', 'history', 'apples-1', '--endpoint', aws.url]);
  assert.equal(code, 2);
  assert.match(stderr, /execution:Orders:apples-1\n.*execution:Refunds:apples-1\n/);
});

test('the endpoint comes from the AWS variables, the service’s own before the general one', async () => {
  await using aws = await stepFunctionsDouble(service);
  const elsewhere = 'http://127.0.0.1:1';
  const general = await runCli(['executions', 'list'], { env: { AWS_ENDPOINT_URL: aws.url } });
  const own = await runCli(['executions', 'list'], {
    env: { AWS_ENDPOINT_URL: elsewhere, AWS_ENDPOINT_URL_SFN: aws.url },
  });
  const option = await runCli(['executions', 'list', '--endpoint', aws.url], {
    env: { AWS_ENDPOINT_URL_SFN: elsewhere },
  });
  assert.deepEqual([general.code, own.code, option.code], [0, 0, 0]);
});

test('the endpoint of this machine never sees AWS credentials', async () => {
  await using aws = await stepFunctionsDouble(service);
  await runCli(['executions', 'list', '--endpoint', aws.url], {
    env: { AWS_ACCESS_KEY_ID: 'AKIDREAL', AWS_SECRET_ACCESS_KEY: 'real' },
  });
  for (const { authorization } of aws.requests) assert.match(authorization, /Credential=local\//);
});

test('a profile of the AWS configuration brings its endpoint, its region and its credentials', async () => {
  await using aws = await stepFunctionsDouble(service);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-aws-'));
  const config = join(folder, 'config');
  const own = ['aws_access_key_id = AKIDPROFILE', 'aws_secret_access_key = x', `endpoint_url = ${aws.url}`];
  writeFileSync(config, ['[profile production]', 'region = eu-central-1', ...own, ''].join('\n'));
  const env = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') };
  const listed = await runCli(['machines', 'list', '--profile', 'production'], { env });
  assert.equal(listed.code, 0, listed.stderr);
  await runCli(['machines', 'list', '--profile', 'production', '--region', 'eu-west-1'], { env });
  const [first, second] = aws.requests.map(({ authorization }) => authorization);
  assert.match(first ?? '', /Credential=AKIDPROFILE\/\d+\/eu-central-1\/states\//);
  assert.match(second ?? '', /Credential=AKIDPROFILE\/\d+\/eu-west-1\/states\//);
  rmSync(folder, { recursive: true });
});

test('a key of a profile that is named with an endpoint of this machine signs there', async () => {
  await using aws = await stepFunctionsDouble(service);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  const keys = join(folder, 'keys');
  writeFileSync(keys, ['[operator]', 'aws_access_key_id = OPERATOR1', 'aws_secret_access_key = x', ''].join('\n'));
  const env = { AWS_CONFIG_FILE: join(folder, 'none'), AWS_SHARED_CREDENTIALS_FILE: keys };
  const listed = await runCli(['machines', 'list', '--endpoint', aws.url, '--profile', 'operator'], { env });
  assert.equal(listed.code, 0, listed.stderr);
  for (const { authorization } of aws.requests) assert.match(authorization, /Credential=OPERATOR1\//);
  rmSync(folder, { recursive: true });
});

test('an endpoint of the environment that is no URL is named, by the commands and by doctor', async () => {
  const env = { AWS_ENDPOINT_URL: 'foo' };
  const listed = await runCli(['machines', 'list'], { env });
  assert.equal(listed.code, 2);
  assert.match(listed.stderr, /^error: AWS_ENDPOINT_URL is "foo", which is no URL\.\n→ /);
  const examined = await runCli(['doctor', '--json'], { env });
  assert.match(examined.stdout, /"name":"Step Functions","status":"fail","found":"AWS_ENDPOINT_URL is /);
});

test('the log of an account tells this command from other programs', async () => {
  await using aws = await stepFunctionsDouble(service);
  await runCli(['executions', 'list', '--endpoint', aws.url]);
  assert.ok(aws.requests.length > 0);
  for (const { userAgent } of aws.requests) assert.match(userAgent, /countersign\/\d+\.\d+\.\d+/);
});

test('where no Step Functions answers, a command says how to start', async () => {
  const { code, stdout, stderr } = await runCli(['executions', 'list', '--endpoint', 'http://127.0.0.1:1']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^error: No Step Functions answers at http:\/\/127\.0\.0\.1:1\.\n→ `countersign start` .+\n$/);
});
