import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDefinition, parseState, type WorkflowType } from '../src/parse.ts';
import { describeProblems, type Problem } from '../src/problem.ts';

const LAMBDA = 'arn:aws:lambda:us-east-1:111111111111:function:ship';
const INVOKE = 'arn:aws:states:::lambda:invoke';

/** A state `A`, and `B` for where it may go. */
function machine(state: object, others: object = {}): object {
  return { StartAt: 'A', States: { A: state, B: { Type: 'Succeed' }, ...others } };
}

function problemsOf(definition: object, type: WorkflowType = 'STANDARD'): readonly Problem[] {
  const parsed = parseDefinition(JSON.stringify(definition), { type });
  return 'problems' in parsed ? parsed.problems : [];
}

/** `CODE: message at location` of each error, where the code is not the usual one. */
function errorsOf(definition: object, type: WorkflowType = 'STANDARD'): readonly string[] {
  return problemsOf(definition, type).map(({ code, message, location }) => {
    const prefix = code === 'SCHEMA_VALIDATION_FAILED' ? '' : `${code}: `;
    return `${prefix}${message} at ${location}`;
  });
}

/** Says of the state `A` what is wrong with it, with locations from there. */
function check(state: object, expected: readonly string[], type: WorkflowType = 'STANDARD'): void {
  const definition = machine({ Next: 'B', ...state });
  const given = errorsOf(definition, type).map((error) => error.replace(' at /States/A', ' at '));
  assert.deepEqual(given, expected, JSON.stringify(state));
}

function checkAll(base: object, cases: readonly (readonly [change: object, ...expected: string[]])[]): void {
  for (const [change, ...expected] of cases) check({ ...base, ...change }, expected);
}

const pass = { Type: 'Pass' };
const task = { Type: 'Task', Resource: LAMBDA };
const jsonataTask = { ...task, QueryLanguage: 'JSONata' };

test('an accepted definition is given back as it was written', () => {
  const definition = { Comment: 'c', ...machine({ Type: 'Pass', Result: { a: [1, null] }, Next: 'B' }) };
  const parsed = parseDefinition(JSON.stringify(definition), { type: 'STANDARD' });
  assert.deepEqual(parsed, { definition, warnings: [] });
});

test('the message of a refusal names all errors with their places', () => {
  const definition = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'C', Foo: 1 } }, Version: '2' };
  assert.equal(
    describeProblems(problemsOf(definition)),
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Foo, " +
      "SCHEMA_VALIDATION_FAILED: The field 'Version' should have one of these values: [1.0] at /Version, " +
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next'",
  );
});

test('a state machine has its fields and no others', () => {
  const valid = machine({ ...pass, Next: 'B' });
  const cases: [object, ...string[]][] = [
    [{ Comment: 'c', Version: '1.0', TimeoutSeconds: 60, QueryLanguage: 'JSONPath' }],
    [{ StartAt: undefined }, 'These fields are required: [StartAt] at /'],
    [{ StartAt: undefined, States: undefined }, 'These fields are required: [StartAt, States] at /'],
    [{ States: [] }, 'Expected value of type Object at /States'],
    [{ Comment: 1 }, 'Expected value of type String at /Comment'],
    [{ TimeoutSeconds: 0 }, 'Value must be between 1 and 99999999 at /TimeoutSeconds'],
    [{ TimeoutSeconds: 1.5 }, 'Expected value of type Integer at /TimeoutSeconds'],
    [
      { QueryLanguage: 'JMESPath' },
      "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at /QueryLanguage",
    ],
    [{ ProcessorConfig: {} }, 'Field is not supported at /ProcessorConfig'],
  ];
  for (const [change, ...expected] of cases) assert.deepEqual(errorsOf({ ...valid, ...change }), expected);
});

test('a state has a type and the fields of it', () => {
  checkAll({}, [
    [{}, 'These fields are required: [Type] at '],
    [
      { Type: 'Loop' },
      "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /Type",
    ],
    [{ Type: 'Pass', Parameter: {} }, 'Field is not supported at /Parameter'],
    [{ Type: 'Pass', Comment: null }, 'Expected value of type String at /Comment'],
    [{ Type: 'Pass', Retry: [] }, 'Field is not supported at /Retry'],
    [{ Type: 'Pass', End: true }, 'These fields are mutually exclusive: [Next, End] at '],
    [{ Type: 'Pass', Next: undefined }, 'One of these fields is required: [Next, End] at '],
    [{ Type: 'Succeed' }, 'Field is not supported at /Next'],
    [{ Type: 'Fail' }, 'Field is not supported at /Next'],
    [
      { Type: 'Fail', Next: undefined, Error: 'E', ErrorPath: '$.e' },
      'These fields are mutually exclusive: [Error, ErrorPath] at ',
    ],
    [{ Type: 'Pass', Next: undefined, End: false }, "The field 'End' should have one of these values: [true] at /End"],
  ]);
  assert.deepEqual(errorsOf(machine([])), ['Expected value of type Object at /States/A']);
});

test('a state name has at most 80 characters and stands for one state of the whole machine', () => {
  const named = (name: string): object => ({ StartAt: name, States: { [name]: { Type: 'Succeed' } } });
  assert.deepEqual(errorsOf(named('n'.repeat(80))), []);
  assert.deepEqual(errorsOf(named('🦊'.repeat(80))), []);
  assert.match(
    errorsOf(named('n'.repeat(81)))[0] ?? '',
    /^The name of a state must have between 1 and 80 characters at /,
  );
  assert.match(errorsOf(named(''))[0] ?? '', /^The name of a state must have between 1 and 80 characters at /);

  const branches = [named('B'), named('C')];
  assert.deepEqual(errorsOf(machine({ Type: 'Parallel', Branches: branches, Next: 'B' })), [
    'DUPLICATE_STATE_NAME: Duplicate State name: B at /States/A/Branches[0]/States/B',
  ]);
});

test('each way leads to a state of the same graph, and each state is led to', () => {
  check({ ...pass, Next: 'C' }, ["MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /Next"]);
  check({ ...task, Catch: [{ ErrorEquals: ['E'], Next: 'C' }] }, [
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /Catch[0]/Next",
  ]);
  const choice = { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'C' }], Default: 'D' };
  check({ ...choice, Next: undefined }, [
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /Choices[0]/Next",
    "MISSING_TRANSITION_TARGET: Missing 'Default' target: D at /Default",
  ]);
  assert.deepEqual(errorsOf({ StartAt: 'X', States: { A: { Type: 'Succeed' } } }), [
    "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: X at /StartAt",
  ]);
  assert.deepEqual(
    errorsOf(machine({ ...pass, End: true }, { C: { ...pass, Next: 'D' }, D: { ...pass, Next: 'C' } })),
    [
      'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
      'MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C',
      'MISSING_TRANSITION_TARGET: State "D" is not reachable. at /States/D',
    ],
  );
  const branch = { StartAt: 'P', States: { P: { Type: 'Pass', Next: 'B' } } };
  check({ Type: 'Parallel', Branches: [branch] }, [
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /Branches[0]/States/P/Next",
  ]);
});

test('a graph without an end is taken with a warning, and so is a path that lacks its .$', () => {
  const loop = { StartAt: 'A', States: { A: { Type: 'Pass', Parameters: { a: '$.b' }, Next: 'A' } } };
  const parsed = parseDefinition(JSON.stringify(loop), { type: 'STANDARD' });
  assert('definition' in parsed);
  assert.deepEqual(
    parsed.warnings.map(({ severity, code, location }) => ({ severity, code, location })),
    [
      { severity: 'WARNING', code: 'NO_DOLLAR', location: '/States/A/Parameters' },
      { severity: 'WARNING', code: 'MISSING_TERMINAL_STATE', location: '/States' },
    ],
  );
});

test('the resource of a task is a function, an activity or a call that there is', () => {
  const unrecognized = (resource: string): string =>
    `The resource provided ${resource} is not recognized. ` +
    'The value is not a valid resource ARN, or the resource is not available in this region. at /Resource';
  const unknown = [
    'arn:aws:states:::lambda:invoke.sync',
    'arn:aws:states:::sqs:sendMessage.sync',
    'arn:aws:states:::batch:submitJob.waitForTaskToken',
    'arn:aws:states:::dynamodb:putItem.waitForTaskToken',
    'arn:aws:states:::aws-sdk:s3:listBuckets.sync',
    'arn:aws:states:::aws-sdk:s3:ListBuckets',
    'arn:aws:states:::nosuch:thing',
    'arn:aws:states:us-east-1:111111111111:stateMachine:Orders',
    'arn:aws:s3:::bucket',
  ];
  const known = [
    LAMBDA,
    `${LAMBDA}:live`,
    'arn:aws:states:us-east-1:111111111111:activity:Review',
    'arn:aws:states:::aws-sdk:s3:listBuckets',
    'arn:aws:states:::aws-sdk:batch:submitJob.waitForTaskToken',
    'arn:aws-cn:states:::eks:runJob.sync',
    'arn:aws:states:::http:invoke',
  ];
  checkAll(task, [
    ...known.map((Resource): [object] => [{ Resource }]),
    ...unknown.map((Resource): [object, ...string[]] => [{ Resource, Parameters: {} }, unrecognized(Resource)]),
    [{ Resource: 'ship' }, 'Value is not a valid resource ARN at /Resource'],
    [{ Resource: 7 }, 'Expected value of type String at /Resource'],
    [{ Resource: undefined }, 'These fields are required: [Resource] at '],
  ]);
});

test('a call has the parameters that it cannot do without', () => {
  checkAll({ Type: 'Task', Resource: INVOKE }, [
    [{ Parameters: { FunctionName: 'ship' } }],
    [{ Parameters: { 'FunctionName.$': '$.name' } }],
    [{}, "The field 'FunctionName' is required but was missing at /Parameters"],
    [{ Parameters: { Payload: {} } }, "The field 'FunctionName' is required but was missing at /Parameters"],
    [{ QueryLanguage: 'JSONata', Arguments: '{% $states.input %}' }],
    [{ QueryLanguage: 'JSONata', Arguments: {} }, "The field 'FunctionName' is required but was missing at /Arguments"],
  ]);
});

test('an Express workflow waits for nothing outside, nor do the Express children of a distributed Map', () => {
  const callback = { Type: 'Task', Resource: `${INVOKE}.waitForTaskToken`, Parameters: { FunctionName: 'f' } };
  const token = "Express state machine does not support '.waitForTaskToken' service integration at ";
  check(callback, [`${token}/Resource`], 'EXPRESS');
  check(
    { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync:2', Parameters: { StateMachineArn: 'a' } },
    ["Express state machine does not support '.sync' service integration at /Resource"],
    'EXPRESS',
  );
  check(
    { ...task, Resource: 'arn:aws:states:us-east-1:111111111111:activity:Review' },
    ['Express state machine does not support Activity ARN at /Resource'],
    'EXPRESS',
  );
  const processor = { StartAt: 'C', States: { C: { ...callback, End: true } } };
  const distributed = (ExecutionType: string): object => ({
    Type: 'Map',
    ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType } },
  });
  check(distributed('STANDARD'), []);
  check(distributed('EXPRESS'), [`${token}/ItemProcessor/States/C/Resource`]);
  check(
    distributed('EXPRESS'),
    [
      "Express state machine does not support Map state with mode 'DISTRIBUTED' at ",
      `${token}/ItemProcessor/States/C/Resource`,
    ],
    'EXPRESS',
  );
  check({ Type: 'Map', ItemProcessor: processor }, [`${token}/ItemProcessor/States/C/Resource`], 'EXPRESS');
});

test('a task has one timeout, one heartbeat, and beats more often than it times out', () => {
  checkAll(task, [
    [{ TimeoutSeconds: 60, HeartbeatSeconds: 59 }],
    [{ TimeoutSecondsPath: '$.t', HeartbeatSecondsPath: '$h' }],
    [
      { TimeoutSeconds: 60, HeartbeatSeconds: 60 },
      "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds' at /HeartbeatSeconds",
    ],
    [
      { TimeoutSeconds: 60, TimeoutSecondsPath: '$.t' },
      'These fields are mutually exclusive: [TimeoutSeconds, TimeoutSecondsPath] at ',
    ],
    [
      { HeartbeatSeconds: 60, HeartbeatSecondsPath: '$.t' },
      'These fields are mutually exclusive: [HeartbeatSeconds, HeartbeatSecondsPath] at ',
    ],
    [{ TimeoutSeconds: '60' }, 'Expected value of type Integer or JSONata expression at /TimeoutSeconds'],
    [{ TimeoutSecondsPath: '$.t[*]' }, 'Value is not a Reference Path: $.t[*] at /TimeoutSecondsPath'],
  ]);
  check({ ...jsonataTask, TimeoutSeconds: '{% $states.input.t %}', HeartbeatSeconds: 5 }, []);
});

test('credentials name a role', () => {
  const role = 'arn:aws:iam::111111111111:role/other';
  checkAll(task, [
    [{ Credentials: { RoleArn: role } }],
    [{ Credentials: { 'RoleArn.$': 'States.Format($.a, $$.Execution.Name)' } }],
    [{ Credentials: {} }, "The field 'RoleArn' is required but was missing at /Credentials"],
    [{ Credentials: { RoleArn: 'other' } }, 'Value is not a valid role ARN at /Credentials/RoleArn'],
    [{ Credentials: { RoleArn: role, User: 'x' } }, 'Field is not supported at /Credentials/User'],
  ]);
  check({ ...jsonataTask, Credentials: { RoleArn: '{% $role %}' } }, []);
});

test('Retry and Catch name errors, and States.ALL alone and last', () => {
  const alone = "'States.ALL' must appear alone at ";
  const last = "'States.ALL' must appear in the last element only at ";
  checkAll(task, [
    [
      {
        Retry: [
          {
            ErrorEquals: ['States.Timeout', 'E'],
            IntervalSeconds: 1,
            MaxAttempts: 0,
            BackoffRate: 1,
            MaxDelaySeconds: 9,
          },
          { ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL', Comment: 'c' },
        ],
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'B', ResultPath: null, Assign: { 'e.$': '$.Error' }, Comment: 'c' },
        ],
      },
    ],
    [{ Retry: {} }, 'Expected value of type Array at /Retry'],
    [{ Retry: [{}] }, 'These fields are required: [ErrorEquals] at /Retry[0]'],
    [{ Retry: [{ ErrorEquals: [] }] }, 'Expected at least 1 element at /Retry[0]/ErrorEquals'],
    [{ Retry: [{ ErrorEquals: [4] }] }, 'Expected value of type String at /Retry[0]/ErrorEquals[0]'],
    [{ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }, 'Value must be at least 1 at /Retry[0]/BackoffRate'],
    [
      { Retry: [{ ErrorEquals: ['E'], MaxAttempts: -1 }] },
      'Value must be between 0 and 99999999 at /Retry[0]/MaxAttempts',
    ],
    [
      { Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'SOME' }] },
      "The field 'JitterStrategy' should have one of these values: [FULL, NONE] at /Retry[0]/JitterStrategy",
    ],
    [{ Retry: [{ ErrorEquals: ['E', 'States.ALL'] }] }, `${alone}/Retry[0]/ErrorEquals`],
    [{ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }, `${last}/Retry[0]/ErrorEquals`],
    [{ Catch: [{ ErrorEquals: ['E'] }] }, 'These fields are required: [Next] at /Catch[0]'],
    [
      {
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'B' },
          { ErrorEquals: ['E'], Next: 'B' },
        ],
      },
      `${last}/Catch[0]/ErrorEquals`,
    ],
    [
      { Catch: [{ ErrorEquals: ['E'], Next: 'B', Output: {} }] },
      "Field is not supported when QueryLanguage is 'JSONPath' at /Catch[0]/Output",
    ],
  ]);
});

test('a path is a JSONPath; where a result goes or one value is meant, it names one place', () => {
  const path = (value: string): string => `Value is not a valid JSONPath: ${value} at `;
  const reference = (value: string): string => `Value is not a Reference Path: ${value} at `;
  checkAll(pass, [
    [{ InputPath: null, OutputPath: null, ResultPath: null }],
    [{ InputPath: '$..a[?(@.b > 1)].c', OutputPath: "$$.Execution['Input'][0:2]", ResultPath: "$.a['b'][0]" }],
    [{ InputPath: '$order.items[*]', OutputPath: '$' }],
    [{ InputPath: 'a' }, `${path('a')}/InputPath`],
    [{ InputPath: '$.a[' }, `${path('$.a[')}/InputPath`],
    [{ InputPath: 3 }, 'Expected value of type String at /InputPath'],
    [{ InputPath: '{% $states.input %}' }, `${path('{% $states.input %}')}/InputPath`],
    [{ ResultPath: '$.a[*]' }, `${reference('$.a[*]')}/ResultPath`],
    [{ ResultPath: '$..a' }, `${reference('$..a')}/ResultPath`],
    [{ ResultPath: '$$.a' }, `${reference('$$.a')}/ResultPath`],
    [{ ResultPath: '$order' }, `${reference('$order')}/ResultPath`],
  ]);
});

test('in a payload template name.$ holds a path or the call of an intrinsic function', () => {
  const expression = (field: string): string =>
    `The value for the field '${field}' must be a valid JSONPath or a valid intrinsic function call at `;
  checkAll(pass, [
    [
      {
        Parameters: { 'a.$': '$.a', 'b.$': '$$', 'c.$': '$v.w', d: [{ 'e.$': "States.Format('{}', States.UUID())" }] },
      },
    ],
    [{ Parameters: { 'a.$': 'b' } }, `${expression('a.$')}/Parameters`],
    [{ Parameters: { 'a.$': 'States.Nothing($.a)' } }, `${expression('a.$')}/Parameters`],
    [{ Parameters: { 'a.$': "States.Format('{}', $.a" } }, `${expression('a.$')}/Parameters`],
    [{ Parameters: { 'a.$': String.raw`States.Format('\"{}')` } }, `${expression('a.$')}/Parameters`],
    [{ Parameters: { a: [{ b: { 'c.$': '' } }] } }, `${expression('c.$')}/Parameters/a[0]/b`],
    [
      { Parameters: { 'a.$': ['$.a'] } },
      "The value for the field 'a.$' must be a STRING that contains a JSONPath but was an ARRAY at /Parameters",
    ],
    [{ Parameters: { a: 1, 'a.$': '$.a' } }, "The fields 'a' and 'a.$' are mutually exclusive at /Parameters"],
    [{ Result: { 'a.$': 'no template' } }],
  ]);
  check({ ...task, ResultSelector: { 'a.$': 'b' } }, [`${expression('a.$')}/ResultSelector`]);
  check({ ...task, ResultSelector: '$.a' }, ['Expected value of type Object at /ResultSelector']);
  const fail = { Type: 'Fail', CausePath: "States.Format('{}', $.a)", ErrorPath: '$$.State.Name' };
  assert.deepEqual(errorsOf({ StartAt: 'A', States: { A: fail } }), []);
  assert.deepEqual(errorsOf({ StartAt: 'A', States: { A: { ...fail, ErrorPath: 'E' } } }), [
    'Value is not a valid JSONPath or intrinsic function call: E at /States/A/ErrorPath',
  ]);
});

test('a variable has a name of letters, digits and underscores', () => {
  checkAll(pass, [
    [{ Assign: { total: 1, 'größe_2.$': '$.size' } }],
    [{ Assign: [] }, 'Expected value of type Object at /Assign'],
    [
      { Assign: { '1st': 1 } },
      "The variable name '1st' is not valid: it must start with a letter and contain only letters, digits and underscores at /Assign",
    ],
    [
      { Assign: { ['n'.repeat(81)]: 1 } },
      `The variable name '${'n'.repeat(81)}' is not valid: it must have at most 80 characters at /Assign`,
    ],
    [{ Assign: { states: 1 } }, "The variable name 'states' is not valid: 'states' is reserved at /Assign"],
    [
      { Assign: { 'a.$': 'b' } },
      "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /Assign",
    ],
  ]);
  check({ Type: 'Succeed', Next: undefined, Assign: {} }, ['Field is not supported at /Assign']);
});

test('a Wait state waits for one thing', () => {
  checkAll({ Type: 'Wait' }, [
    [{ Seconds: 0 }],
    [{ SecondsPath: '$.s' }],
    [{ Timestamp: '2016-03-05T21:29:29.243167252Z' }],
    [{ TimestampPath: '$$.Execution.Input.at' }],
    [{}, 'One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at '],
    [{ Seconds: 1, TimestampPath: '$.t' }, 'These fields are mutually exclusive: [Seconds, TimestampPath] at '],
    [{ Seconds: 100_000_000 }, 'Value must be between 0 and 99999999 at /Seconds'],
    [{ Timestamp: '2016-03-05' }, 'String does not match RFC3339 timestamp at /Timestamp'],
    [{ QueryLanguage: 'JSONata' }, 'One of these fields is required: [Seconds, Timestamp] at '],
    [{ QueryLanguage: 'JSONata', Timestamp: '{% $now() %}' }],
    [{ QueryLanguage: 'JSONata', Seconds: '5' }, 'Expected value of type Integer or JSONata expression at /Seconds'],
  ]);
});

test('a choice rule has one operator with the operand of its type', () => {
  const operators: [string, unknown, unknown][] = [
    ...['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].flatMap(
      (order): [string, unknown, unknown][] => [
        [`String${order}`, 'a', 1],
        [`Numeric${order}`, 1, '1'],
        [`Timestamp${order}`, '2012-10-09T19:00:55Z', 5],
        [`String${order}Path`, '$.b', 1],
        [`Numeric${order}Path`, '$b', 1],
        [`Timestamp${order}Path`, '$$.State.EnteredTime', 1],
      ],
    ),
    ['BooleanEquals', true, 'true'],
    ['BooleanEqualsPath', '$.b', true],
    ['StringMatches', 'a*', 1],
    ...['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp'].map(
      (name): [string, unknown, unknown] => [name, true, 'yes'],
    ),
  ];
  assert.equal(operators.length, 39);
  for (const [name, right, wrong] of operators) {
    checkRule({ Variable: '$.a', [name]: right }, []);
    const [error = ''] = ruleErrors({ Variable: '$.a', [name]: wrong });
    assert.match(error, new RegExp(`^Expected value of type (String|Number|Boolean) at /${name}$`));
  }
});

test('choice rules combine, and only the outermost says where to go', () => {
  const isNull = { Variable: '$.a', IsNull: true };
  checkRule({ And: [isNull, { Or: [isNull, { Not: isNull }] }], Comment: 'c', Assign: { a: 1 } }, []);
  checkRule({}, ['A choice rule must have a comparison operator at ']);
  checkRule({ Variable: '$.a' }, ['A choice rule must have a comparison operator at ']);
  checkRule({ IsNull: true }, ['These fields are required: [Variable] at ']);
  checkRule({ ...isNull, IsString: true }, ['These fields are mutually exclusive: [IsNull, IsString] at ']);
  checkRule({ And: [] }, ['Expected at least 1 element at /And']);
  checkRule({ And: [isNull], Variable: '$.a' }, ['Field is not supported at /Variable']);
  checkRule({ Not: { ...isNull, Next: 'B' } }, ['Field is not supported at /Not/Next']);
  checkRule({ Or: [{ ...isNull, Assign: {} }] }, ['Field is not supported at /Or[0]/Assign']);
  checkRule({ ...isNull, StringMatchesPath: '$.b' }, ['Field is not supported at /StringMatchesPath']);
  checkRule({ Variable: '$.a[*]', IsNull: true }, ['Value is not a Reference Path: $.a[*] at /Variable']);
  checkRule({ Variable: '$.a', TimestampEquals: 'now' }, [
    'String does not match RFC3339 timestamp at /TimestampEquals',
  ]);
  checkRule({ Condition: '{% true %}' }, [
    'Field is not supported at /Condition',
    'A choice rule must have a comparison operator at ',
  ]);
  check({ Type: 'Choice', Next: undefined, Choices: [] }, ['Expected at least 1 element at /Choices']);
  check({ Type: 'Choice', Next: undefined }, ['These fields are required: [Choices] at ']);
  check({ Type: 'Choice', Choices: [{ ...isNull, Next: 'B' }] }, ['Field is not supported at /Next']);

  const conditions = [
    { Condition: true, Next: 'B', Output: '{% 1 %}', Assign: { a: '{% 1 %}' } },
    { Condition: '{% $a %}', Next: 'B' },
  ];
  const choice = { Type: 'Choice', QueryLanguage: 'JSONata', Next: undefined };
  check({ ...choice, Choices: conditions }, []);
  check({ ...choice, Choices: [{ Condition: 'yes', Next: 'B' }] }, [
    'Expected value of type Boolean or JSONata expression at /Choices[0]/Condition',
  ]);
  check({ ...choice, Choices: [{ ...isNull, Next: 'B' }] }, [
    'These fields are required: [Condition] at /Choices[0]',
    'Field is not supported at /Choices[0]/Variable',
    'Field is not supported at /Choices[0]/IsNull',
  ]);
});

function ruleErrors(rule: object): readonly string[] {
  const state = { Type: 'Choice', Choices: [{ Next: 'B', ...rule }] };
  return errorsOf(machine(state)).map((error) => error.replace(' at /States/A/Choices[0]', ' at '));
}

function checkRule(rule: object, expected: readonly string[]): void {
  assert.deepEqual(ruleErrors(rule), expected, JSON.stringify(rule));
}

test('a field belongs to its query language, and JSONata is not left again', () => {
  const inJsonata = (field: string): string => `Field is not supported when QueryLanguage is 'JSONata' at /${field}`;
  const inJsonPath = (field: string): string => `Field is not supported when QueryLanguage is 'JSONPath' at /${field}`;
  checkAll(jsonataTask, [
    [
      {
        Arguments: { a: '{% $states.input %}', b: [1] },
        Output: '{% $states.result %}',
        Assign: { a: '{% $states.result %}' },
      },
    ],
    [{ InputPath: '$' }, inJsonata('InputPath')],
    [{ Parameters: {} }, inJsonata('Parameters')],
    [{ ResultSelector: {} }, inJsonata('ResultSelector')],
    [{ ResultPath: '$' }, inJsonata('ResultPath')],
    [{ TimeoutSecondsPath: '$.t' }, inJsonata('TimeoutSecondsPath')],
    [{ Arguments: 'text' }, 'Expected value of type Object or JSONata expression at /Arguments'],
    [{ Arguments: [] }, 'Expected value of type Object at /Arguments'],
  ]);
  checkAll(task, [
    [{ Arguments: {} }, inJsonPath('Arguments')],
    [{ Output: {} }, inJsonPath('Output')],
  ]);
  const jsonata = (state: object): object => ({ ...machine(state), QueryLanguage: 'JSONata' });
  assert.deepEqual(errorsOf(jsonata({ Type: 'Pass', Output: '{% 1 %}', Next: 'B' })), []);
  assert.deepEqual(errorsOf(jsonata({ Type: 'Pass', QueryLanguage: 'JSONPath', Next: 'B' })), [
    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
  ]);
});

test('a JSONata expression is whole, uses what the service knows, and reads what is there', () => {
  const invalid = (expression: string, reason: string): string =>
    `The JSONata expression '${expression}' is not valid: ${reason} at /Output`;
  const unbraced = "A JSONata expression must start with '{%' and end with '%}', with no spaces outside at /Output";
  const cases: [string, ...string[]][] = [
    ['{% ($a := /[a-z]\\/"/i; "}" & \'%}\' & `b)`.c[0] /* ) */ / 2 ? $string(1) : {"a": [1..3].(* / 2)}) %}'],
    ['{% $contains($states.input.a, /^a ~> b\\/$/) ? "$states.result" : $ %}'],
    ['plain text'],
    ['{% 1', unbraced],
    [' {% 1 %}', unbraced],
    ['{%}', unbraced],
    ['{%  %}', invalid('{%  %}', 'it is empty')],
    ['{% (1 %}', invalid('{% (1 %}', "expected ')' before the end")],
    ['{% [1) %}', invalid('{% [1) %}', "expected ']' before ')'")],
    ['{% 1) %}', invalid('{% 1) %}', "unexpected ')'")],
    ['{% "a %}', invalid('{% "a %}', 'expected " before the end')],
    ['{% /a( %}', invalid('{% /a( %}', "expected '/' at the end of the regular expression")],
    ['{% 1 /* 2 %}', invalid('{% 1 /* 2 %}', "expected '*/' before the end")],
    ['{% $a ?? 1 %}', invalid('{% $a ?? 1 %}', "'??' is not supported")],
    ['{% $a ?: 1 %}', invalid('{% $a ?: 1 %}', "'?:' is not supported")],
    ['{% $eval("1") %}', invalid('{% $eval("1") %}', "'$eval' is not supported")],
    ['{% $states . errorOutput %}', "'$states.errorOutput' is not accessible in this field at /Output"],
  ];
  for (const [Output, ...expected] of cases) check({ ...jsonataTask, Output }, expected);

  const result = "'$states.result' is not accessible in this field at ";
  check({ ...jsonataTask, Arguments: { a: ['{% $states.result %}'] } }, [`${result}/Arguments/a[0]`]);
  check({ Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $states.result %}' }, [`${result}/Output`]);
  const catcher = {
    ErrorEquals: ['E'],
    Next: 'B',
    Output: '{% $states.errorOutput %}',
    Assign: { a: '{% $states.result %}' },
  };
  check({ ...jsonataTask, Catch: [catcher] }, [`${result}/Catch[0]/Assign/a`]);
  check({ ...pass, Parameters: { a: '{% (' } }, []);
});

test('a Parallel state has branches, each a graph of its own', () => {
  const branch = { StartAt: 'C', States: { C: { Type: 'Succeed' } }, Comment: 'c' };
  checkAll({ Type: 'Parallel' }, [
    [{ Branches: [branch] }],
    [{}, 'These fields are required: [Branches] at '],
    [{ Branches: [] }, 'Expected at least 1 element at /Branches'],
    [{ Branches: [7] }, 'Expected value of type Object at /Branches[0]'],
    [{ Branches: [{ ...branch, TimeoutSeconds: 5 }] }, 'Field is not supported at /Branches[0]/TimeoutSeconds'],
    [{ Branches: [{ StartAt: 'C' }] }, 'These fields are required: [States] at /Branches[0]'],
    [
      { Branches: [{ StartAt: 'C', States: { C: { Type: 'Pass' } } }] },
      'One of these fields is required: [Next, End] at /Branches[0]/States/C',
    ],
  ]);
});

const processor = { StartAt: 'C', States: { C: { Type: 'Succeed' } } };
const distributed = { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };

test('a Map state has one processor, inline or distributed', () => {
  const onlyDistributed = (field: string): string => `Field is supported only when Mode is 'DISTRIBUTED' at /${field}`;
  checkAll({ Type: 'Map' }, [
    [{ ItemProcessor: processor, ItemsPath: '$.a', ItemSelector: { 'a.$': '$$.Map.Item.Value' }, MaxConcurrency: 0 }],
    [{ Iterator: processor, Parameters: { a: 1 }, MaxConcurrencyPath: '$.m' }],
    [{ Iterator: distributed, Label: 'orders' }],
    [{ ItemProcessor: processor, QueryLanguage: 'JSONata', Items: [1, '{% 2 %}'], MaxConcurrency: '{% 1 %}' }],
    [{}, 'One of these fields is required: [ItemProcessor, Iterator] at '],
    [
      { ItemProcessor: processor, Iterator: 1 },
      'These fields are mutually exclusive: [ItemProcessor, Iterator] at ',
      'Expected value of type Object at /Iterator',
    ],
    [
      { ItemProcessor: processor, ItemSelector: {}, Parameters: {} },
      'These fields are mutually exclusive: [ItemSelector, Parameters] at ',
    ],
    [
      { ItemProcessor: processor, MaxConcurrency: -1 },
      'Value must be between 0 and 9007199254740991 at /MaxConcurrency',
    ],
    [{ ItemProcessor: processor, ItemsPath: '$.a[*]' }, 'Value is not a Reference Path: $.a[*] at /ItemsPath'],
    [{ ItemProcessor: processor, Label: 'orders' }, onlyDistributed('Label')],
    [
      { ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'BOTH' } } },
      "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED] at /ItemProcessor/ProcessorConfig/Mode",
    ],
    [
      { ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED' } } },
      'These fields are required: [ExecutionType] at /ItemProcessor/ProcessorConfig',
    ],
    [
      { ItemProcessor: { ...processor, ProcessorConfig: { ExecutionType: 'EXPRESS' } } },
      onlyDistributed('ItemProcessor/ProcessorConfig/ExecutionType'),
    ],
  ]);
});

test('a distributed Map reads, batches, writes and tolerates within the limits of the service', () => {
  const get = {
    Resource: 'arn:aws:states:::s3:getObject',
    Parameters: { Bucket: 'b', 'Key.$': '$.k' },
    ReaderConfig: { InputType: 'CSV' },
  };
  checkAll({ Type: 'Map', ItemProcessor: distributed }, [
    [
      {
        ItemReader: {
          ...get,
          ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], MaxItems: 0 },
        },
        ItemBatcher: { MaxItemsPerBatch: 10, BatchInput: { 'a.$': '$.a' } },
        ResultWriter: {
          Resource: 'arn:aws:states:::s3:putObject',
          Parameters: { Bucket: 'b' },
          WriterConfig: { OutputType: 'JSONL' },
        },
        ToleratedFailurePercentage: 0.5,
        ToleratedFailureCountPath: '$.c',
      },
    ],
    [{ ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { Bucket: 'b' } } }],
    [{ ItemReader: {} }, 'These fields are required: [Resource] at /ItemReader'],
    [
      { ItemReader: { ...get, Parameters: { Bucket: 'b' } } },
      "The field 'Key' is required but was missing at /ItemReader/Parameters",
    ],
    [
      { ItemReader: { ...get, Resource: LAMBDA } },
      `The resource provided ${LAMBDA} is not supported here: [s3:getObject, s3:listObjectsV2] at /ItemReader/Resource`,
    ],
    [
      { ItemReader: { ...get, ReaderConfig: {} } },
      'These fields are required: [InputType] at /ItemReader/ReaderConfig',
    ],
    [
      { ItemReader: { ...get, ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'GIVEN' } } },
      'These fields are required: [CSVHeaders] at /ItemReader/ReaderConfig',
    ],
    [
      { ItemBatcher: { MaxInputBytesPerBatch: 262_145 } },
      'Value must be between 1 and 262144 at /ItemBatcher/MaxInputBytesPerBatch',
    ],
    [
      { ItemBatcher: {} },
      'One of these fields is required: [MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath] at /ItemBatcher',
    ],
    [{ ResultWriter: {} }, 'One of these fields is required: [Resource, WriterConfig] at /ResultWriter'],
    [{ ResultWriter: { WriterConfig: { OutputType: 'JSON', Transformation: 'COMPACT' } } }],
    [{ ToleratedFailurePercentage: 101 }, 'Value must be between 0 and 100 at /ToleratedFailurePercentage'],
    [
      { ToleratedFailureCount: 1, ToleratedFailureCountPath: '$.c' },
      'These fields are mutually exclusive: [ToleratedFailureCount, ToleratedFailureCountPath] at ',
    ],
    [{ Label: '' }, 'Label cannot be empty at /Label'],
    [{ Label: 'l'.repeat(40) }],
    [{ Label: 'l'.repeat(41) }, 'Label cannot exceed 40 characters at /Label'],
    [{ Label: 'a b' }, String.raw`Label contains invalid character: '\u0020' at /Label`],
    [{ Label: 'a\u0085' }, String.raw`Label contains invalid character: '\u0085' at /Label`],
    [{ Label: 'a|b' }, "Label contains invalid character: '|' at /Label"],
  ]);
});

test('a state by itself may name states that are not there, but all in it is checked', () => {
  const parse = (state: object): readonly string[] => {
    const parsed = parseState(JSON.stringify(state), { type: 'STANDARD' });
    return 'problems' in parsed ? parsed.problems.map(({ message, location }) => `${message} at ${location}`) : [];
  };
  assert.deepEqual(parse({ Type: 'Pass', Next: 'Elsewhere', QueryLanguage: 'JSONata', Output: '{% 1 %}' }), []);
  assert.deepEqual(parse({ Type: 'Pass' }), ['One of these fields is required: [Next, End] at /']);
  assert.deepEqual(parse({ Type: 'Map', End: true, ItemProcessor: { StartAt: 'X', States: {} } }), [
    "Missing 'StartAt' target: X at /ItemProcessor/StartAt",
  ]);
});
