import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvaluationAnswer, EvaluationRequest } from '../src/evaluation.ts';
import { firstThatHolds } from '../src/jsonata-conditions.ts';
import type { Json } from '../src/json.ts';
import { chanceFrom } from '../src/chance.ts';
import { context, failureOf } from './world.ts';

/** What the condition of this text gives, or the complaint with which it fails. */
type Meaning = (text: string) => { readonly value: Json } | { readonly complaint: string };

/** As the evaluator has it: the first that is not false, or fails, is the last. */
function answerTo({ expressions, areConditions }: EvaluationRequest, meaning: Meaning): EvaluationAnswer {
  assert.equal(areConditions, true);
  const values: Json[] = [];
  for (const { field, text } of expressions) {
    const meant = meaning(text);
    if ('complaint' in meant) return { failure: { error: 'E', cause: meant.complaint, location: field } };
    values.push(meant.value);
    if (meant.value !== false) break;
  }
  return { values };
}

function choose(conditions: readonly (string | boolean)[], meaning: Meaning, variables = {}) {
  const requests: EvaluationRequest[] = [];
  const evaluate = (request: EvaluationRequest): EvaluationAnswer => {
    requests.push(request);
    return answerTo(request, meaning);
  };
  const scope = { states: { input: null, context }, variables, chance: chanceFrom([1, 2, 3, 4]), at: 0, evaluate };
  const rules = conditions.map((Condition) => ({ Condition }));
  return { place: () => firstThatHolds(rules, scope), requests };
}

const only =
  (...holding: string[]): Meaning =>
  (text) => ({ value: holding.includes(text) });

const numbered = (count: number): string[] => Array.from({ length: count }, (_, place) => `{% c(${place}) %}`);

test('of several conditions that hold the first counts, and one request tells which', () => {
  const { place, requests } = choose(numbered(400), only('c(7)', 'c(300)'));
  assert.equal(place(), 7);
  assert.equal(requests.length, 1);
});

test('where no condition holds, thousands of them are few requests', () => {
  const { place, requests } = choose(numbered(12_345), only());
  assert.equal(place(), -1);
  assert.equal(requests.length, 25);
  const asked = requests.flatMap(({ expressions }) => expressions.map(({ field }) => field));
  assert.deepEqual(
    asked,
    numbered(12_345).map((_, index) => `Choices[${index}]/Condition`),
  );
});

test('a condition that is written out, or only follows names, needs nobody to work it out', () => {
  const named = choose([false, '{% $no %}', '{% $yes %}', '{% c(3) %}'], only(), { yes: true, no: false });
  assert.equal(named.place(), 2);
  assert.deepEqual(named.requests, []);
  const mixed = choose(['{% c(0) %}', true, '{% c(2) %}'], only('c(2)'));
  assert.equal(mixed.place(), 1);
  assert.equal(mixed.requests.length, 1);
});

test('a condition that fails does so only if none before it holds', () => {
  const failing: Meaning = (text) => (text === 'c(5)' ? { complaint: 'it broke' } : { value: text === 'c(3)' });
  assert.equal(choose(numbered(10), failing).place(), 3);
  const { place } = choose(numbered(10).slice(4), failing);
  assert.deepEqual(failureOf(place), { error: 'E', cause: 'it broke' });
});

test('one that fails behind others is asked for again by itself, and may then be answered', () => {
  let asked = 0;
  const slow: Meaning = (text) => (text === 'c(5)' && asked++ === 0 ? { complaint: 'late' } : { value: false });
  const { place, requests } = choose(numbered(10), slow);
  assert.equal(place(), -1);
  assert.deepEqual(
    requests.map(({ expressions }) => [expressions[0]?.text, expressions.length]),
    [
      ['c(0)', 10],
      ['c(5)', 5],
    ],
  );
});

test('a condition is true or false', () => {
  assert.match(
    failureOf(
      choose(['{% c(0) %}', '{% c(1) %}', '{% c(2) %}'], (text) => ({ value: text === 'c(1)' ? 1 : false })).place,
    ).cause ?? '',
    /field 'Choices\[1\]\/Condition' .* Expected 'boolean', but was 'number' for value: 1$/,
  );
});
