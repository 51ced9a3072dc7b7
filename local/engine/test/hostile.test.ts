import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attack, type Attack } from './under-attack.ts';

/** Many times what it takes (230 and 270 ms at most), and a fraction of what it took unbounded. */
const LAG_MS_MAX = 1_200;
const NEIGHBOUR_MS_MAX = 3_000;
const GROWN_MIB_MAX = 1_200;

interface Expected {
  readonly status?: string;
  readonly error?: string;
  readonly cause?: RegExp;
}

/** Of the hostile execution the end that is expected, and of all others that they hardly noticed. */
async function check(hostile: Attack, { status = 'FAILED', error, cause }: Expected): Promise<void> {
  const { end, lagMs, neighbourMs, grownMiB } = await attack(hostile);
  assert.deepEqual([end.status, end.error], [status, error]);
  if (cause !== undefined) assert.match(end.cause ?? '', cause);
  assert.ok(lagMs < LAG_MS_MAX, `the thread computed ${lagMs} ms in one go`);
  assert.ok(neighbourMs < NEIGHBOUR_MS_MAX, `somebody else's execution waited for ${neighbourMs} ms of computing`);
  assert.ok(grownMiB < GROWN_MIB_MAX, `the process has grown by ${grownMiB} MiB`);
}

const succeeds = { status: 'SUCCEEDED' };
const fullHistory = {
  error: 'States.Runtime',
  cause: /^The execution reached the maximum number of history events \(25000\)\.$/,
};
const tooMuchWork = { error: 'States.Runtime', cause: /look at too many values in all/ };
const large = 'x'.repeat(250_000);

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A machine of this state and others. */
function machine(state: object, others: object = {}): object {
  return { StartAt: 'First', States: { First: state, ...others } };
}

function branches(count: number, state: object): object[] {
  return numbers(count).map((index) => ({ StartAt: `B${index}`, States: { [`B${index}`]: state } }));
}

/** One call of each name. */
function calls(count: number, call: string): object {
  return Object.fromEntries(numbers(count).map((index) => [`call${index}.$`, call]));
}

/** As deep as it says, with a second branch on each level. */
function nested(levels: number): object {
  return numbers(levels).reduce<object>(
    (inner, level) => ({
      StartAt: `P${level}`,
      States: {
        [`P${level}`]: {
          Type: 'Parallel',
          End: true,
          Branches: [inner, { StartAt: `Q${level}`, States: { [`Q${level}`]: { Type: 'Pass', End: true } } }],
        },
      },
    }),
    { StartAt: 'Leaf', States: { Leaf: { Type: 'Pass', End: true } } },
  );
}

/** Two branches in each branch: twice as many on each level. */
function doubled(levels: number): object {
  let count = 0;
  const graph = (level: number): object => {
    const name = `S${count++}`;
    const state =
      level === 0
        ? { Type: 'Pass', End: true }
        : { Type: 'Parallel', End: true, Branches: [graph(level - 1), graph(level - 1)] };
    return { StartAt: name, States: { [name]: state } };
  };
  return graph(levels);
}

test('Parallel states may nest forty levels deep, and a thousand branches at the lowest', async () => {
  await check({ definition: nested(40) }, succeeds);
  await check({ definition: nested(120) }, succeeds);
  await check({ definition: doubled(10) }, succeeds);
});

test('values may nest a thousand levels deep, and what is deeper is refused', async () => {
  const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  const definition = machine(
    { Type: 'Pass', ResultPath: '$.b', Result: 1, Next: 'Second' },
    {
      Second: { Type: 'Pass', Parameters: { 'copy.$': '$' }, End: true },
    },
  );
  await check({ definition, input: deep(900) }, succeeds);
  for (const levels of [5_000, 100_000])
    await assert.rejects(attack({ definition, input: deep(levels) }), { name: 'InvalidExecutionInput' });
});

test('a definition of tens of thousands of states runs until its history is full', async () => {
  const count = 13_000;
  const states = numbers(count).map((index) => [
    `S${index}`,
    index + 1 < count ? { Type: 'Pass', Next: `S${index + 1}` } : { Type: 'Succeed' },
  ]);
  await check({ definition: { StartAt: 'S0', States: Object.fromEntries(states) } }, fullHistory);
});

test('loops without end fill their history, alone and within the iterations of a Map', async () => {
  const choice = { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'First' }], Default: 'First' };
  await check({ definition: machine(choice) }, fullHistory);
  const around = {
    StartAt: 'Round',
    States: { Round: { Type: 'Pass', Next: 'And round' }, 'And round': { Type: 'Pass', Next: 'Round' } },
  };
  const map = machine({ Type: 'Map', ItemProcessor: around, End: true });
  await check({ definition: map, input: JSON.stringify(numbers(1_000)) }, fullHistory);
});

test('a Map over a hundred thousand items shares the thread', async () => {
  const ItemProcessor = { StartAt: 'Each', States: { Each: { Type: 'Pass', End: true } } };
  const input = JSON.stringify(numbers(100_000).map(() => 1));
  await check({ definition: machine({ Type: 'Map', ItemProcessor, End: true }), input }, fullHistory);
});

test('Parallel states of thousands of branches share the thread, whatever the branches do', async () => {
  const parallel = (count: number, state: object, more: object = {}): object =>
    machine({ Type: 'Parallel', Branches: branches(count, state), End: true, ...more });
  await check({ definition: parallel(12_000, { Type: 'Pass', End: true }) }, succeeds);
  await check({ definition: parallel(2_000, { Type: 'Wait', Seconds: 1, End: true }) }, succeeds);
  const Resource = 'arn:aws:lambda:us-east-1:000000000000:function:work';
  await check({ definition: parallel(1_000, { Type: 'Task', Resource, End: true }) }, succeeds);
});

test('branches hold one input together, however large it is and however many they are', async () => {
  const waiting = (Seconds: number): object =>
    machine({
      Type: 'Parallel',
      Branches: branches(700, { Type: 'Wait', Seconds, End: true }),
      ResultPath: null,
      End: true,
    });
  const input = JSON.stringify({ large });
  await check({ definition: waiting(1), input }, succeeds);
  await check({ definition: waiting(3_600), input, stopAfterMs: 1_500 }, { status: 'ABORTED' });
});

test('states that hold more at the same time than can be kept fail', async () => {
  const inner = {
    Type: 'Map',
    ItemsPath: '$.all.items',
    ItemSelector: { 'own.$': 'States.UUID()', 'all.$': '$.all' },
    ItemProcessor: { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 60, End: true } } },
    End: true,
  };
  const definition = machine({
    Type: 'Map',
    ItemsPath: '$.items',
    ItemSelector: { 'all.$': '$' },
    ItemProcessor: { StartAt: 'Inner', States: { Inner: inner } },
    End: true,
  });
  const input = JSON.stringify({ items: numbers(100), large: large.slice(0, 200_000) });
  await check({ definition, input }, { error: 'States.DataLimitExceeded', cause: /open at the same time/ });
});

test('large data in many states shares the thread', async () => {
  const choice = { Type: 'Choice', Choices: [{ Variable: '$.b', IsPresent: true, Next: 'First' }], Default: 'First' };
  const definition = machine({ Type: 'Pass', Next: 'Again' }, { Again: choice });
  await check({ definition, input: JSON.stringify({ large }), stopAfterMs: 1_000 }, { status: 'ABORTED' });
});

test('variables grow to their limit, and no further', async () => {
  const many = 50;
  const states = numbers(many).map((index) => [
    `S${index}`,
    {
      Type: 'Pass',
      Assign: { [`large${index}.$`]: '$.large' },
      ...(index + 1 < many ? { Next: `S${index + 1}` } : { End: true }),
    },
  ]);
  await check(
    { definition: { StartAt: 'S0', States: Object.fromEntries(states) }, input: JSON.stringify({ large }) },
    { error: 'States.DataLimitExceeded', cause: /variables of the execution exceed/ },
  );
});

test('expressions of JSONata that have no end, or eat memory, fail their state', async () => {
  const evil = [
    '($f := function($n) { $f($n + 1) }; $f(1))',
    '$join([1..10000000].("xxxxxxxxxxxxxxxx" & $string($)))',
    `$match("${'a'.repeat(60)}!", /(a+)+$/).never`,
  ];
  for (const expression of evil) {
    const definition = machine({ Type: 'Pass', QueryLanguage: 'JSONata', Output: `{% ${expression} %}`, End: true });
    await check({ definition }, { error: 'States.QueryEvaluationError' });
  }
});

test('a regular expression takes linear time', async () => {
  const definition = machine({ Type: 'Pass', Parameters: { 'a.$': '$.texts[?(@.text =~ /(a+)+b/)]' }, End: true });
  const texts = numbers(20).map(() => ({ text: 'a'.repeat(12_000) }));
  await check({ definition, input: JSON.stringify({ texts }) }, succeeds);
});

test('functions and paths that look at too much fail their state', async () => {
  const items = numbers(100_000).map(() => 1);
  const texts = ','.repeat(250_000);
  const evil: [calls: object, input: unknown][] = [
    [calls(2_000, 'States.ArrayUnique(States.ArrayRange(0, 999, 1))'), {}],
    [calls(1_000, "States.ArrayLength(States.StringSplit($.texts, ','))"), { texts }],
    [calls(1_000, 'States.ArrayContains($.items, 2)'), { items }],
    [calls(2_000, '$..none'), { items }],
    [calls(2_000, '$.items[?(@ == 2)]'), { items }],
  ];
  for (const [Parameters, input] of evil) {
    const definition = machine({ Type: 'Pass', Parameters, End: true });
    await check({ definition, input: JSON.stringify(input) }, tooMuchWork);
  }
  const format = numbers(9).reduce((inner) => `States.Format('{}{}', ${inner}, ${inner})`, '$.large');
  const Parameters = { 'a.$': format };
  await check(
    { definition: machine({ Type: 'Pass', Parameters, End: true }), input: JSON.stringify({ large }) },
    { error: 'States.IntrinsicFailure', cause: /too large/ },
  );
});

test('a Choice of very many rules holds up nobody, in either language', async () => {
  const rules = (count: number, rule: (index: number) => object): object[] =>
    numbers(count).map((index) => ({ ...rule(index), Next: 'Last' }));
  const last = { Last: { Type: 'Succeed' } };
  const Choices = rules(15_000, (index) => ({ Condition: `{% $x=${index} %}` }));
  const before = { Type: 'Pass', Assign: { x: large }, Next: 'Choose' };
  const states = { First: before, Choose: { Type: 'Choice', Choices, Default: 'Last' }, ...last };
  await check({ definition: { QueryLanguage: 'JSONata', StartAt: 'First', States: states } }, succeeds);
  const matching = { Choices: rules(15_000, () => ({ Variable: '$', StringMatches: '*b*' })), Default: 'Last' };
  await check(
    { definition: machine({ Type: 'Choice', ...matching }, last), input: JSON.stringify(large) },
    { error: 'States.Runtime', cause: /rules of the Choice state look at too many values in all/ },
  );
});
