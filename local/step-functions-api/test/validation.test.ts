import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openApi, PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION, type OpenApi } from './open-api.ts';

const STATE_MACHINE_ARN = 'arn:aws:states:eu-west-1:123456789012:stateMachine:orders';
const EXECUTION_ARN = 'arn:aws:states:eu-west-1:123456789012:execution:orders:1';

describe('requests are checked as the service checks them', () => {
  let api: OpenApi;
  before(async () => {
    api = await openApi();
    await api.call('CreateStateMachine', { name: 'orders', definition: WAITING_DEFINITION, roleArn: ROLE_ARN });
  });
  after(() => api[Symbol.asyncDispose]());

  async function check(action: string, body: unknown, name: string, message?: string): Promise<void> {
    const answer = await api.call(action, body);
    const error = JSON.parse(answer.text) as { __type?: string; message?: string };
    assert.deepEqual([answer.status, error.__type?.split('#')[1]], [400, name], answer.text);
    if (message !== undefined) assert.equal(error.message, message);
  }

  const machine = (changes: object): object => ({
    name: 'other',
    definition: PASSING_DEFINITION,
    roleArn: ROLE_ARN,
    ...changes,
  });
  const oneError = (fault: string): string => `1 validation error detected: ${fault}`;

  test('numbers and lengths have bounds', async () => {
    const atMaxResults = "at 'maxResults' failed to satisfy constraint: Member must have value";
    for (const action of ['ListStateMachines', 'ListExecutions', 'GetExecutionHistory']) {
      const arns = { stateMachineArn: STATE_MACHINE_ARN, executionArn: EXECUTION_ARN };
      const tooMany = oneError(`Value '1001' ${atMaxResults} less than or equal to 1000`);
      await check(action, { ...arns, maxResults: 1001 }, 'ValidationException', tooMany);
      const tooFew = oneError(`Value '-1' ${atMaxResults} greater than or equal to 0`);
      await check(action, { ...arns, maxResults: -1 }, 'ValidationException', tooFew);
    }
    for (const [action, max] of [
      ['ListStateMachines', 1024],
      ['ListExecutions', 3096],
    ] as const) {
      const nextToken = 'x'.repeat(max + 1);
      const constraint = `Member must have length less than or equal to ${max}`;
      const message = oneError(`Value '${nextToken}' at 'nextToken' failed to satisfy constraint: ${constraint}`);
      await check(action, { stateMachineArn: STATE_MACHINE_ARN, nextToken }, 'ValidationException', message);
    }
    const noLength = 'Member must have length greater than or equal to 1';
    const emptyName = oneError(`Value '' at 'name' failed to satisfy constraint: ${noLength}`);
    await check('CreateStateMachine', machine({ name: '' }), 'ValidationException', emptyName);
  });

  test('every fault is named at once', async () => {
    const constraint = 'failed to satisfy constraint: Member must';
    const message =
      `3 validation errors detected: Value null at 'name' ${constraint} not be null; ` +
      `Value null at 'definition' ${constraint} not be null; ` +
      `Value 'FAST' at 'type' ${constraint} satisfy enum value set: [STANDARD, EXPRESS]`;
    await check('CreateStateMachine', { roleArn: ROLE_ARN, type: 'FAST' }, 'ValidationException', message);
  });

  test('faults inside structures and lists are named by their path', async () => {
    const loggingConfiguration = {
      level: 'SOME',
      destinations: [null, { cloudWatchLogsLogGroup: { logGroupArn: '' } }],
    };
    const failed = 'failed to satisfy constraint: Member must';
    const at = 'loggingConfiguration';
    const message =
      `3 validation errors detected: Value 'SOME' at '${at}.level' ${failed} satisfy enum value set: [ALL, ERROR, FATAL, OFF]; ` +
      `Value null at '${at}.destinations.1.member' ${failed} not be null; ` +
      `Value '' at '${at}.destinations.2.member.cloudWatchLogsLogGroup.logGroupArn' ${failed} have length greater than or equal to 1`;
    await check('CreateStateMachine', machine({ loggingConfiguration }), 'ValidationException', message);
  });

  test('a member of the wrong JSON type is SerializationException', async () => {
    const cases: [unknown, string][] = [
      [1, 'NUMBER_VALUE cannot be converted to String'],
      [true, 'TRUE_VALUE cannot be converted to String'],
      [false, 'FALSE_VALUE cannot be converted to String'],
      [[], 'Start of list found where not expected'],
      [{}, 'Start of structure or map found where not expected'],
    ];
    for (const [name, message] of cases) {
      await check('CreateStateMachine', machine({ name }), 'SerializationException', message);
    }
    for (const maxResults of ['5', 1.5, 2 ** 31, true]) {
      await check('ListStateMachines', { maxResults }, 'SerializationException');
    }
    for (const changes of [{ publish: 'true' }, { tags: {} }, { tags: [1] }, { loggingConfiguration: [] }]) {
      await check('CreateStateMachine', machine(changes), 'SerializationException');
    }
  });

  test('secrets are not repeated', async () => {
    const taskToken = 'secret-'.repeat(400);
    const tooLong = 'failed to satisfy constraint: Member must have length less than or equal to';
    const message = oneError(`Value at 'taskToken' ${tooLong} 2048`);
    await check('SendTaskSuccess', { taskToken, output: '{}' }, 'ValidationException', message);
    await check('SendTaskFailure', { taskToken }, 'ValidationException', message);
    await check('SendTaskHeartbeat', { taskToken }, 'ValidationException', message);
    for (const [member, max] of [
      ['error', 256],
      ['cause', 32_768],
    ] as const) {
      const faulty = { taskToken: 'x', executionArn: EXECUTION_ARN, [member]: 'x'.repeat(max + 1) };
      for (const action of ['SendTaskFailure', 'StopExecution']) {
        await check(action, faulty, 'ValidationException', oneError(`Value at '${member}' ${tooLong} ${max}`));
      }
    }
  });

  test('a name has 1 to 80 characters, none of them forbidden', async () => {
    const forbidden = ' \t\n<>{}[]?*"#%\\^|~`$&,;:/\u0000\u001f\u007f\u0085\u009f\u00a0\u2028\ufffe\uffff'.split('');
    forbidden.push('\ud800', '\udfff', String.fromCodePoint(0x10ffff));
    for (const character of forbidden) {
      const name = `a${character}b`;
      await check('CreateStateMachine', machine({ name }), 'InvalidName', `Invalid Name: '${name}'`);
      await check('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, name }, 'InvalidName');
    }
    for (const name of ['x'.repeat(80), "-_.+=!@()'", 'Ä日😀']) {
      const answer = await api.call('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, name });
      assert.equal(answer.status, 200, answer.text);
    }
    await check('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, name: 'x'.repeat(81) }, 'ValidationException');
  });

  test('an ARN has to name what the action is about', async () => {
    const prefix = (arn: string): string => `Invalid Arn: 'Invalid ARN prefix: ${arn}'`;
    await check(
      'DescribeStateMachine',
      { stateMachineArn: 'not_a_valid_arn' },
      'InvalidArn',
      prefix('not_a_valid_arn'),
    );
    await check('ListExecutions', { stateMachineArn: 'x' }, 'InvalidArn', prefix('x'));
    const wrongType = (type: string): string => `Invalid Arn: 'Resource type not valid in this context: ${type}'`;
    await check('DescribeStateMachine', { stateMachineArn: EXECUTION_ARN }, 'InvalidArn', wrongType('execution'));
    for (const action of ['DescribeExecution', 'StopExecution', 'GetExecutionHistory']) {
      await check(action, { executionArn: STATE_MACHINE_ARN }, 'InvalidArn', wrongType('stateMachine'));
    }
    const roleArn = 'arn:aws:iam::1:role/x';
    await check('CreateStateMachine', machine({ roleArn }), 'InvalidArn', `Invalid Role Arn: '${roleArn}'`);
    await check('UpdateStateMachine', { stateMachineArn: STATE_MACHINE_ARN, roleArn }, 'InvalidArn');
  });

  test('inputs and outputs are JSON of at most 262,144 bytes and 128 levels', async () => {
    const start = (input: string): object => ({ stateMachineArn: STATE_MACHINE_ARN, input });
    const bytes = (count: number): string => JSON.stringify('x'.repeat(count - 2));
    assert.equal((await api.call('StartExecution', start(bytes(262_144)))).status, 200);
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    assert.equal((await api.call('StartExecution', start(nested(128)))).status, 200);
    // 131,073 characters of two bytes each: few enough to count, too many to store.
    const refused = [bytes(262_145), JSON.stringify('é'.repeat(131_072)), nested(129), nested(100_000)];
    refused.push('', '{', 'undefined', '{"a":1}x', '\ufeff{}');
    for (const text of refused) {
      await check('StartExecution', start(text), 'InvalidExecutionInput');
    }
    const taskToken = await waitingToken();
    for (const output of refused) await check('SendTaskSuccess', { taskToken, output }, 'InvalidOutput');
    assert.equal((await api.call('SendTaskSuccess', { taskToken, output: bytes(262_144) })).status, 200);
  });

  test('input that is no JSON is refused in the words of the service’s parser', async () => {
    const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    const cases: [string, string][] = [
      [
        'not some json',
        `core.JsonParseException: Unrecognized token 'not': was expecting ${values}\n at [Source: (String)"not some json"; line: 1, column: 4]`,
      ],
      [
        "{'a': 1}",
        `core.JsonParseException: Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at [Source: (String)"{'a': 1}"; line: 1, column: 3]`,
      ],
      [
        '[1,2',
        'core.io.JsonEOFException: Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"[1,2"; line: 1, column: 1])\n at [Source: (String)"[1,2"; line: 1, column: 5]',
      ],
      [
        '',
        'databind.exc.MismatchedInputException: No content to map due to end-of-input\n at [Source: (String)""; line: 1, column: 1]',
      ],
    ];
    for (const [input, detail] of cases) {
      const message = `Invalid State Machine Execution Input: 'com.fasterxml.jackson.${detail}'`;
      await check('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, input }, 'InvalidExecutionInput', message);
    }
    const twice = { stateMachineArn: STATE_MACHINE_ARN, name: 'twice', input: '{"a":1,"a":2}' };
    assert.equal((await api.call('StartExecution', twice)).status, 200);
  });

  test('text that has no UTF-8 is refused rather than changed', async () => {
    const input = '"\ud800"';
    await check('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, input }, 'SerializationException');
    const cause = '\udc00';
    await check('StopExecution', { executionArn: EXECUTION_ARN, cause }, 'SerializationException');
  });

  test('a trace header is ASCII', async () => {
    const traceHeader = 'Root=é';
    const constraint = 'Member must satisfy regular expression pattern: \\p{ASCII}*';
    const message = oneError(`Value '${traceHeader}' at 'traceHeader' failed to satisfy constraint: ${constraint}`);
    await check('StartExecution', { stateMachineArn: STATE_MACHINE_ARN, traceHeader }, 'ValidationException', message);
  });

  test('a definition may not nest without end', async () => {
    const definition = '{"a":'.repeat(50_000);
    await check('CreateStateMachine', machine({ definition }), 'InvalidDefinition');
  });

  test('ListExecutions takes a state machine or a Map Run, and not both', async () => {
    const mapRunArn = 'arn:aws:states:eu-west-1:123456789012:mapRun:orders/x:1';
    await check('ListExecutions', {}, 'ValidationException');
    await check('ListExecutions', { stateMachineArn: STATE_MACHINE_ARN, mapRunArn }, 'ValidationException');
    await check('ListExecutions', { mapRunArn }, 'ResourceNotFound', `Resource not found: '${mapRunArn}'`);
    const statusFilter = 'PENDING_REDRIVE';
    await check('ListExecutions', { stateMachineArn: STATE_MACHINE_ARN, statusFilter }, 'ValidationException');
  });

  test('logging above OFF needs exactly one destination, a key of one’s own has to be named', async () => {
    const destination = {
      cloudWatchLogsLogGroup: { logGroupArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:a:*' },
    };
    const message = 'Invalid Logging Configuration: Must specify exactly one Log Destination.';
    for (const loggingConfiguration of [
      { level: 'ERROR' },
      { level: 'ALL', destinations: [] },
      { level: 'ALL', destinations: [destination, destination] },
      { destinations: [destination, destination] },
    ]) {
      await check('CreateStateMachine', machine({ loggingConfiguration }), 'InvalidLoggingConfiguration', message);
      const update = { stateMachineArn: STATE_MACHINE_ARN, loggingConfiguration };
      await check('UpdateStateMachine', update, 'InvalidLoggingConfiguration', message);
    }
    for (const encryptionConfiguration of [
      { type: 'CUSTOMER_MANAGED_KMS_KEY' },
      { type: 'AWS_OWNED_KEY', kmsKeyId: 'k' },
    ]) {
      await check('CreateStateMachine', machine({ encryptionConfiguration }), 'InvalidEncryptionConfiguration');
    }
  });

  test('a version that is not published can have no description', async () => {
    const message = 'Version description can only be set when publish is true';
    const described = { versionDescription: 'first' };
    await check('CreateStateMachine', machine(described), 'ValidationException', message);
    const update = { stateMachineArn: STATE_MACHINE_ARN, definition: PASSING_DEFINITION };
    await check('UpdateStateMachine', { ...update, ...described, publish: false }, 'ValidationException', message);
  });

  async function waitingToken(): Promise<string> {
    const { executionArn } = await api.engine.startExecution({ stateMachineArn: STATE_MACHINE_ARN });
    const scheduled = /"parameters":"(?:[^"\\]|\\.)*token\\":\\"([^\\]+)/;
    const { eventsText } = api.engine.getExecutionHistory({ executionArn });
    return scheduled.exec(eventsText)?.[1] ?? '';
  }
});
