import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { after, test } from 'node:test';
import fc from 'fast-check';
import {
  chanceFrom,
  queryRulesOf,
  type ContextObject,
  type EvaluationAnswer,
  type EvaluationRequest,
  type Json,
  type JsonObject,
  type PassState,
} from '../../asl/src/index.ts';
import { createJsonataEvaluator, EvaluatorBusy, type JsonataEvaluator } from '../src/jsonata/evaluator.ts';
import { FairQueue } from '../src/jsonata/fair-queue.ts';

const evaluator = createJsonataEvaluator();
after(() => evaluator.close());

function request(text: string, input: Json = null, variables: JsonObject = {}): EvaluationRequest {
  return {
    expressions: [{ field: 'Output', text }],
    states: { input },
    variables,
    at: Date.parse('2026-11-23T08:00:00Z'),
    entropy: [1, 2, 3, 4],
  };
}

async function valueOf(text: string, input?: Json, variables?: JsonObject): Promise<Json | undefined> {
  const answer = await evaluator.evaluate(request(text, input, variables));
  assert('values' in answer, JSON.stringify(answer).slice(0, 500));
  return answer.values[0];
}

/** What is said after the expression and its field. */
async function complaintOf(text: string, input?: Json, of = evaluator): Promise<string> {
  return complaint(await of.evaluate(request(text, input)));
}

function complaint(answer: EvaluationAnswer): string {
  assert('failure' in answer, JSON.stringify(answer).slice(0, 500));
  assert.equal(answer.failure.error, 'States.QueryEvaluationError');
  return answer.failure.cause.replace(/^The JSONata expression '.*' specified for the field '[^']*' /s, '');
}

test('expressions see $states, the variables and nothing else', async () => {
  assert.equal(await valueOf('$states.input.price * $rate', { price: 20 }, { rate: 1.5 }), 30);
  assert.deepEqual(await valueOf('$states', [1]), { input: [1] });
  for (const text of ['$', '$$', 'price', '$states.result', '$unknown']) {
    assert.equal(await complaintOf(text, { price: 20 }), 'returned nothing (undefined).', text);
  }
});

test('a single value in a path stays single, and an array that was there stays an array', async () => {
  const input = {
    items: [0],
    orders: [
      { id: 1, tags: ['a'] },
      { id: 2, tags: [] },
    ],
  };
  assert.deepEqual(await valueOf('$states.input.items', input), [0]);
  assert.equal(await valueOf('$states.input.orders[id = 1].id', input), 1);
  assert.deepEqual(await valueOf('[$states.input.orders[id = 1].id]', input), [1]);
  assert.equal(await valueOf('$states.input.orders.tags', input), 'a');
  assert.deepEqual(await valueOf('$states.input.orders[1].tags', input), []);
});

test('what is looked up without asking is what JSONata gives', async () => {
  const { document } = fc.letrec<{ document: Json }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<Json>(null, false, 0, '', 'text', 1.5),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('document'), { noNullPrototype: true }),
      fc.array(tie('document'), { maxLength: 2 }),
    ),
  }));
  let lookedUp = 0;
  await fc.assert(
    fc.asyncProperty(document, fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }), async (input, names) => {
      const expression = ['$states.input', ...names].join('.');
      const value = lookUp(`{% ${expression} %}`, input);
      if (value === undefined) return;
      lookedUp += 1;
      assert.deepEqual(await evaluator.evaluate(request(expression, input)), { values: [value] });
    }),
    { numRuns: 500 },
  );
  assert.ok(lookedUp > 50, `only ${lookedUp} values were looked up`);
});

/** `undefined` where an expression has to be asked for. */
function lookUp(template: string, input: Json): Json | undefined {
  class Asked extends Error {}
  const state: PassState = { Type: 'Pass', QueryLanguage: 'JSONata', Output: template, End: true };
  const evaluate = (): never => {
    throw new Asked();
  };
  const scope = { context: {} as ContextObject, variables: {}, chance: chanceFrom([1, 2, 3, 4]), at: 0, evaluate };
  try {
    return queryRulesOf({ StartAt: 'S', States: { S: state } }, state).pass(state, input, scope).output;
  } catch (thrown) {
    if (thrown instanceof Asked) return undefined;
    throw thrown;
  }
}

test('Step Functions adds functions to JSONata', async () => {
  assert.deepEqual(await valueOf('$partition([1..5], 2)'), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(await valueOf('$partition([0], 4)'), [[0]]);
  assert.deepEqual(await valueOf('$range(0, 10, 3)'), [0, 3, 6, 9]);
  assert.deepEqual(await valueOf('$range(5, -5, -5)'), [5, 0, -5]);
  assert.equal(await valueOf('$range(1, 9, 9)'), 1);
  assert.equal(await valueOf('$hash("abc", "SHA-1")'), 'a9993e364706816aba3e25717850c26c9cd0d89d');
  assert.equal(await valueOf('$hash("é", "MD5")'), '66ddcd97cfdeabb2f6fb8a999b4bc76f');
  assert.deepEqual(await valueOf('$parse(\'{"a":[1,null]}\').a'), [1, null]);
  const uuid = '/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/';
  assert.equal(await valueOf(`$contains($uuid(), ${uuid})`), true);
  assert.equal(await valueOf('"a,b" ~> $split(",") ~> $count'), 2);
});

test('a seed gives the number that it gives in Java', async () => {
  assert.equal(await valueOf('$random(0)'), 0.730967787376657);
  assert.equal(await valueOf('$random(1)'), 0.7308781907032909);
  assert.equal(await valueOf('$random(42)'), 0.7275636800328681);
  assert.equal(await valueOf('$random(-1)'), await valueOf('$random(-1)'));
});

test('the added functions say what is wrong with an argument', async () => {
  const check = async (text: string, expected: RegExp): Promise<void> =>
    assert.match(await complaintOf(text), expected);
  await check(
    '$partition([1], 0)',
    /^threw an error during evaluation\. The second argument of the partition function/,
  );
  await check('$partition([1], "2")', /T0410: Argument 2 of function "partition" does not match function signature$/);
  await check('$range(1, 2, 0)', /third argument of the range function must not be 0$/);
  await check('$range(1, 1e9, 1)', /D2015: The maximum sequence length/);
  await check('$hash("a", "CRC32")', /must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512$/);
  await check('$random(1.5)', /must be an integer$/);
  await check('$parse("{")', /argument of the parse function must be JSON$/);
  await check('$uuid(1)', /T0410: Argument 1 of function "uuid"/);
  await check('$range(3, 1, 1)', /^returned nothing \(undefined\)\.$/);
  await check('$partition($states.input.none, 2)', /^returned nothing \(undefined\)\.$/);
});

test('a failure is told in the words of Step Functions', async () => {
  const { expressions, ...rest } = request('1');
  const answer = await evaluator.evaluate({
    ...rest,
    expressions: [
      ...expressions,
      { field: 'Output/result', text: '$doesNotExist' },
      { field: 'Output/z', text: '$f()' },
    ],
  });
  assert.deepEqual(answer, {
    failure: {
      error: 'States.QueryEvaluationError',
      cause:
        "The JSONata expression '$doesNotExist' specified for the field 'Output/result' returned nothing (undefined).",
      location: 'Output/result',
    },
  });
  const check = async (text: string, expected: string): Promise<void> =>
    assert.equal(await complaintOf(text), `threw an error during evaluation. ${expected}`);
  await check('$randomSeeded(1)', 'T1006: Attempted to invoke a non-function');
  await check('"a" + 1', 'T2001: The left side of the "+" operator must evaluate to a number');
  await check('$number("x")', 'D3030: Unable to cast value to a number: "x"');
  await check('$error("no stock")', 'D3137: no stock');
  await check('(1', 'S0203: Expected ")" before end of expression');
  await check('1/0', 'D1001: Number out of range: Infinity');
});

test('what JSONata 2.0.6 lacks is refused, unless it is only a text', async () => {
  assert.match(await complaintOf('$a ?? 1'), /S0211: The symbol "\?" cannot be used as a unary operator$/);
  assert.match(await complaintOf('$a ?: 1'), /S0211: The symbol ":" cannot be used as a unary operator$/);
  assert.match(await complaintOf('$eval("1 + 1")'), /T1006: Attempted to invoke a non-function$/);
  assert.match(await complaintOf('($e := $eval; $e("1 + 1"))'), /T1006: Attempted to invoke a non-function$/);
  assert.equal(await valueOf('"a ?? b" & (true ? ":" : "")'), 'a ?? b:');
  assert.equal(await valueOf('$eval + 1', null, { eval: 2 }), 3);
});

test('a function is no result, wherever it stands', async () => {
  for (const text of ['$sum', 'function($x) { $x }', '{"a": [$sum]}', '/a/', '$match("aa", /a/)[0].next']) {
    const complaint = await complaintOf(text);
    assert.match(complaint, /^returned (an unexpected result type\. Expected JSON, but was 'function'|nothing)/, text);
  }
});

test('a result is a payload at most', async () => {
  assert.equal(await valueOf('$pad("", 262142, "x")'), 'x'.repeat(262_142));
  for (const text of [
    '$pad("", 262143, "x")',
    '$pad("", 110000, "é€")',
    '[1..200000]',
    '($a := $pad("", 100000, "x"); [$a, $a, $a])',
    '$reduce([1..60], function($a, $b) { {"a": $a, "b": $a} })',
  ]) {
    assert.equal(await complaintOf(text), 'returned a value that is larger than 262144 bytes', text);
  }
  const deep = '($f := function($v, $n) { $n = 0 ? $v : $f({"a": $v}, $n - 1) }; $f(1, 1001))';
  assert.equal(await complaintOf(deep), 'returned a value that is nested more than 1000 deep');
});

test('the same request has the same answer in each process: time and chance come with it', async () => {
  const text = `{
    "now": $now(), "millis": $millis(), "noon": $toMillis("12:30", "[H01]:[m01]"), "epoch": $fromMillis(0),
    "uuid": $uuid(), "random": $random(), "shuffled": $shuffle([1..20])
  }`;
  const other = createJsonataEvaluator({ processes: 1 });
  const [answer, ...same] = await Promise.all([other, evaluator, evaluator].map((one) => one.evaluate(request(text))));
  await other.close();
  assert(answer !== undefined && 'values' in answer);
  assert.deepEqual(same, [answer, answer]);
  const { now, millis, noon, epoch } = answer.values[0] as JsonObject;
  assert.deepEqual([now, millis], ['2026-11-23T08:00:00.000Z', Date.parse('2026-11-23T08:00:00Z')]);
  assert.equal(noon, Date.parse('2026-11-23T12:30:00Z'));
  assert.equal(epoch, '1970-01-01T00:00:00.000Z');
  const otherChance = await evaluator.evaluate({ ...request('$uuid()'), entropy: [5, 6, 7, 8] });
  assert.notDeepEqual(otherChance, await evaluator.evaluate(request('$uuid()')));
});

test('what one request binds is gone in the next', async () => {
  assert.equal(await valueOf('($leak := 1; $leak)'), 1);
  assert.equal(await valueOf('$leak := 2'), 2);
  assert.equal(await complaintOf('$leak'), 'returned nothing (undefined).');
});

test('regular expressions find, split and replace as those of JSONata do', async () => {
  assert.equal(await valueOf(String.raw`$contains("hello$world", /^hello\ /)`), false);
  assert.deepEqual(await valueOf('$match("ab12cd3", /[a-z]+([0-9]+)(x)?/)'), [
    { match: 'ab12', index: 0, groups: ['12', null] },
    { match: 'cd3', index: 4, groups: ['3', null] },
  ]);
  assert.equal(await valueOf('$replace("John Smith", /(\\w+)\\s(\\w+)/, "$2, $1")'), 'Smith, John');
  assert.deepEqual(await valueOf('$split("a, b;c", /[,;] */)'), ['a', 'b', 'c']);
  assert.equal(await valueOf('$contains("HELLO", /hello/i)'), true);
  assert.deepEqual(await valueOf('$match("a\\na", /^a$/m).index'), [0, 2]);
  assert.match(await complaintOf('$match("aa", /x*/)'), /D1004: Regular expression matches zero length string$/);
  assert.match(await complaintOf('$match("aa", /a(?=a)/)'), /error parsing regexp/);
});

test('many requests at once get each its own answer', async () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  const answers = await Promise.all(
    numbers.map((number) => evaluator.evaluate(request('$states.input * 2', number), `machine ${number % 7}`)),
  );
  assert.deepEqual(
    answers,
    numbers.map((number) => ({ values: [number * 2] })),
  );
});

test('slow expressions of one state machine keep nobody else waiting', async () => {
  const busy = createJsonataEvaluator({ timeoutMs: 300 });
  const slow = request('($f := function($n) { $f($n + 1) }; $f(0))');
  // From here on it is known to be slow.
  await busy.evaluate(slow, 'slow');
  const slowOnes = Promise.all(Array.from({ length: 6 }, () => busy.evaluate(slow, 'slow')));
  let isOver = false;
  void slowOnes.then(() => (isOver = true));
  const quick = await Promise.all(Array.from({ length: 50 }, () => busy.evaluate(request('1 + 1'), 'quick')));
  assert.ok(!isOver);
  assert.ok(quick.every((answer) => 'values' in answer));
  for (const answer of await slowOnes)
    assert.match(complaint(answer), /D1012: Evaluation timeout after 300 milliseconds/);
  await busy.close();
});

test('the keys of a queue are served in turn, and each has its bound', () => {
  const queue = new FairQueue<string>(2);
  assert.deepEqual(
    ['a1', 'a2', 'a3', 'b1', 'c1'].map((item) => queue.add(item.charAt(0), item)),
    [true, true, false, true, true],
  );
  const takeAll = (mayServe: (key: string) => boolean): (string | undefined)[] => [
    queue.take(mayServe),
    queue.take(mayServe),
  ];
  assert.deepEqual(
    takeAll((key) => key !== 'b'),
    ['a1', 'c1'],
  );
  assert.deepEqual(
    takeAll(() => true),
    ['b1', 'a2'],
  );
  assert.deepEqual(
    takeAll(() => true),
    [undefined, undefined],
  );
});

test('however many expressions are asked for, none pays for the memory of those before it', async () => {
  const one = createJsonataEvaluator({ processes: 1, timeoutMs: 10_000 });
  for (let first = 0; first < 10_000; first += 1_000) {
    const expressions = Array.from({ length: 1_000 }, (_, index) => ({ field: 'Output', text: `${first} + ${index}` }));
    const answer = await one.evaluate({ ...request(''), expressions });
    assert('values' in answer, JSON.stringify(answer).slice(0, 500));
    assert.deepEqual(answer.values.slice(-1), [first + 999]);
  }
  await one.close();
});

test('of conditions the first that is not false is the last that is evaluated', async () => {
  const ask = (...texts: string[]): Promise<EvaluationAnswer> => {
    const expressions = texts.map((text, place) => ({ field: `Choices[${place}]/Condition`, text }));
    return evaluator.evaluate({ ...request(''), expressions, areConditions: true });
  };
  assert.deepEqual(await ask('1 = 2', '1 = 1', "$error('never')"), { values: [false, true] });
  assert.deepEqual(await ask('1 = 2', '7', "$error('never')"), { values: [false, 7] });
  assert.deepEqual(await ask('false', 'false'), { values: [false, false] });
  assert.match(complaint(await ask('1 = 2', "$error('at last')", 'true')), /at last/);
});

test('who asks too much at once is told so, and nothing is evaluated', async () => {
  const small = createJsonataEvaluator({ processes: 1, queueLength: 2 });
  const asked = Array.from({ length: 5 }, () => small.evaluate(request('1'), 'one machine'));
  const other = small.evaluate(request('2'), 'another');
  const outcomes = await Promise.allSettled(asked);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') assert(outcome.reason instanceof EvaluatorBusy);
  assert.deepEqual(await other, { values: [2] });
  await small.close();
});

test('an evaluator that is closed while it works answers nobody, and never again', async () => {
  const closing: JsonataEvaluator = createJsonataEvaluator({ processes: 1 });
  await closing.evaluate(request('1'));
  const open = [request('($f := function($n) { $f($n + 1) }; $f(0))'), request('1')].map((one) =>
    closing.evaluate(one),
  );
  const outcomes = Promise.allSettled(open);
  await closing.close();
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await assert.rejects(closing.evaluate(request('1')), EvaluatorBusy);
});

test('a process that nobody asks for ends, and the next request has another', async () => {
  const started: ChildProcess[] = [];
  const note = (message: unknown): unknown => started.push((message as { process: ChildProcess }).process);
  subscribe('child_process', note);
  const idle = createJsonataEvaluator({ processes: 1, idleMs: 1 });
  for (const number of [1, 2]) {
    assert.deepEqual(await idle.evaluate(request(String(number))), { values: [number] });
    assert.equal(started.length, number);
    const [process] = started.slice(-1);
    if (process !== undefined && process.signalCode === null) await once(process, 'exit');
  }
  unsubscribe('child_process', note);
  await idle.close();
});
