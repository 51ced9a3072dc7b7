import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { EvaluationRequest, Json } from '../../asl/src/index.ts';
import { createJsonataEvaluator } from '../src/jsonata/evaluator.ts';

const evaluator = createJsonataEvaluator();
after(() => evaluator.close());

function request(text: string, input: Json = null): EvaluationRequest {
  return { expressions: [{ field: 'Output', text }], states: { input }, variables: {}, at: 0, entropy: [1, 2, 3, 4] };
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let level = 0; level < depth; level++) value = { a: value, b: [level, { c: level }] };
  return value;
}

/** What once hung or killed a process that evaluated it. */
const ATTACKS: readonly { readonly name: string; readonly text: string; readonly input?: Json }[] = [
  { name: 'recursion', text: '($f := function($n) { 1 + $f($n) }; $f(1))' },
  { name: 'tail recursion', text: '($f := function($n) { $f($n + 1) }; $f(1))' },
  { name: 'a range of ten million', text: '$sum([1..10000000])' },
  { name: 'a comparator that always says yes', text: '$sort([1..100000], function($a, $b) { true })' },
  { name: 'a hostile regular expression', text: '$match($pad("", 200000, "a"), /(a*)*b|a/)' },
  { name: 'a padding of a hundred million', text: '$pad("x", 100000000)' },
  { name: 'a text that doubles', text: '($d := function($s) { $d($s & $s) }; $d("x"))' },
  { name: 'twenty thousand parentheses', text: '('.repeat(20_000) + '1' + ')'.repeat(20_000) },
  { name: 'descendants of descendants', text: '$states.input.**.**.**.**', input: nested(400) },
  {
    name: 'a value that fills the memory',
    text: '($f := function($l) { $f([$l, $pad("", 1000, $string($count($l)))]) }; $f([]))',
  },
  { name: 'values within values', text: '$reduce([1..60], function($a, $b) { {"a": $a, "b": $a} })' },
];

for (const { name, text, input } of ATTACKS) {
  test(`${name}: the expression fails, and nothing else does`, async () => {
    // Starting a process takes its time on a busy machine, and is not what is looked at here.
    await evaluator.evaluate(request('1'), 'somebody else');
    const memoryBefore = process.memoryUsage.rss();
    const before = performance.now();
    const attack = evaluator.evaluate(request(text, input), 'the attacker');
    const others = Array.from({ length: 100 }, (_, index) =>
      evaluator.evaluate(request(`${index} + 1`), 'somebody else'),
    );
    const answer = await attack;
    const tookMs = performance.now() - before;
    // A second and a half, unless the machine has other things to do; unbounded, none of them ends.
    assert.ok(tookMs < 30_000, `it took ${Math.round(tookMs)} ms`);
    assert('failure' in answer, JSON.stringify(answer).slice(0, 200));
    assert.equal(answer.failure.error, 'States.QueryEvaluationError');
    assert.match(
      answer.failure.cause,
      /^The JSONata expression '.*' specified for the field 'Output' (threw|returned) /s,
    );
    assert.ok(answer.failure.cause.length < 32_768);
    assert.deepEqual(
      await Promise.all(others),
      others.map((_, index) => ({ values: [index + 1] })),
    );
    const grownMb = (process.memoryUsage.rss() - memoryBefore) / 2 ** 20;
    assert.ok(grownMb < 100, `this process has grown by ${Math.round(grownMb)} MiB`);
  });
}

test('a regular expression is matched in a time that is linear in the text', async () => {
  await evaluator.evaluate(request('$contains("a", /b/)'));
  // Of 2^40 steps there would be no answer but that the expression took too long.
  const answer = await evaluator.evaluate(request(`$contains("${'a'.repeat(40)}!", /(a+)+$/)`));
  assert.deepEqual(answer, { values: [false] });
});

test('of several expressions the one that was killed is to blame', async () => {
  const answer = await evaluator.evaluate({
    ...request('1'),
    expressions: [
      { field: 'Output/fine', text: '1 + 1' },
      { field: 'Output/hangs', text: '$match($pad("", 200000, "a"), /(a*)*b|a/)' },
      { field: 'Output/never', text: '1' },
    ],
  });
  assert('failure' in answer);
  assert.equal(answer.failure.location, 'Output/hangs');
  assert.match(answer.failure.cause, /D1012: Evaluation timeout after 1000 milliseconds\. Check for infinite loop$/);
});

test('an expression that needs more memory than there is ends with its process, and the next has another', async () => {
  const small = createJsonataEvaluator({ memoryMb: 32, timeoutMs: 20_000, processes: 1 });
  const hoard = '$sort([1..100000], function($a, $b) { true })';
  const answer = await small.evaluate(request(hoard));
  assert('failure' in answer);
  assert.match(
    answer.failure.cause,
    /The evaluation was ended before it gave a result: it needs more than 32 MiB of memory$/,
  );
  assert.deepEqual(await small.evaluate(request('1 + 1')), { values: [2] });
  await small.close();
});

test('values that are nested too deeply for any text are refused where they are', async () => {
  const answer = await evaluator.evaluate(request('$states.input', nested(50_000)));
  assert('failure' in answer);
  assert.match(answer.failure.cause, /nested too deeply$/);
});
