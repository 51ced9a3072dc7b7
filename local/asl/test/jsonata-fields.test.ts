import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitState } from '../src/definition.ts';
import { QueryEvaluationError, type EvaluationAnswer } from '../src/evaluation.ts';
import { jsonataInteger, jsonataItems, jsonataNumber, jsonataString, jsonataWaitUntil } from '../src/jsonata-fields.ts';
import type { JsonataScope } from '../src/jsonata-template.ts';
import type { Json } from '../src/json.ts';
import { chance, context } from './world.ts';

/** Every expression is a path here, so nobody is asked. */
function scopeWith(value: Json, input: Json = {}): JsonataScope {
  const evaluate = (): never => assert.fail('nobody is to be asked');
  return { states: { input, context }, variables: { value }, chance, at: 0, evaluate };
}

function refusal(fill: () => unknown): { cause: string | undefined; location: string | undefined } {
  try {
    fill();
  } catch (thrown) {
    assert(thrown instanceof QueryEvaluationError, String(thrown));
    assert.equal(thrown.statesError.error, 'States.QueryEvaluationError');
    return { cause: thrown.statesError.cause, location: thrown.location };
  }
  return assert.fail('nothing was thrown');
}

test('Items that are no list are refused as Step Functions refuses them', () => {
  const check = (value: Json, but: string): void =>
    assert.deepEqual(
      refusal(() => jsonataItems('{% $value %}', scopeWith(value))),
      {
        cause: `The JSONata expression '$value' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was ${but}`,
        location: 'Items',
      },
    );
  check(null, "'null' for value: null");
  check('string', '\'string\' for value: "string"');
  check(true, "'boolean' for value: true");
  check(1.5, "'number' for value: 1.5");
});

test('Items may be an array, an object or expressions among constants', () => {
  assert.deepEqual(jsonataItems('{% $value %}', scopeWith([])), []);
  assert.deepEqual(jsonataItems('{% $value %}', scopeWith({ a: 1 })), { a: 1 });
  assert.deepEqual(jsonataItems([1, '{% $value %}'], scopeWith('two')), [1, 'two']);
});

test('a Map without Items takes its input, which has to be an array', () => {
  assert.deepEqual(jsonataItems(undefined, scopeWith(null, [1])), [1]);
  const check = (input: Json, given: string): void =>
    assert.deepEqual(
      refusal(() => jsonataItems(undefined, scopeWith(null, input))),
      { cause: `Map state input must be an array but was: ${given}`, location: undefined },
    );
  check(true, 'true');
  check(null, 'null');
  check(1, '1');
  check({ foo: 'bar' }, '{"foo":"bar"}');
});

test('a Wait ends at its timestamp, or so many seconds after it was entered', () => {
  const wait = (fields: Partial<WaitState>, value: Json): number =>
    jsonataWaitUntil({ Type: 'Wait', End: true, ...fields }, scopeWith(value), 5000);
  assert.equal(wait({ Seconds: 2 }, null), 7000);
  assert.equal(wait({ Seconds: '{% $value %}' }, 3), 8000);
  assert.equal(wait({ Timestamp: '{% $value %}' }, '1970-01-01T00:00:01Z'), 1000);
  assert.equal(wait({ Timestamp: '1970-01-01T00:00:02Z' }, null), 2000);
  for (const text of ['2016-12-05T25:29:29Z', '2016-12-05 21:29:29Z', '2016-12-05T21:29:29']) {
    assert.deepEqual(
      refusal(() => wait({ Timestamp: '{% $value %}' }, text)),
      {
        cause: `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
        location: 'Timestamp',
      },
    );
  }
  assert.equal(refusal(() => wait({ Seconds: '{% $value %}' }, '3')).location, 'Seconds');
});

test('a number has to be within the range of its field', () => {
  const range = { minimum: 1, maximum: 10 };
  const check = (value: Json, but: string): void =>
    assert.deepEqual(
      refusal(() => jsonataInteger('{% $value %}', 'TimeoutSeconds', range, scopeWith(value))),
      {
        cause: `The JSONata expression '$value' specified for the field 'TimeoutSeconds' returned ${but}`,
        location: 'TimeoutSeconds',
      },
    );
  check('5', "an unexpected result type. Expected 'number', but was 'string' for value: \"5\"");
  check(0, 'a value that is out of range. Expected between 1 and 10, but was: 0');
  check(11, 'a value that is out of range. Expected between 1 and 10, but was: 11');
  check(1.5, 'a value that is out of range. Expected an integer between 1 and 10, but was: 1.5');
  assert.equal(jsonataInteger('{% $value %}', 'TimeoutSeconds', range, scopeWith(10)), 10);
  assert.equal(jsonataInteger(4, 'TimeoutSeconds', range, scopeWith(null)), 4);
  assert.equal(jsonataNumber('{% $value %}', 'ToleratedFailurePercentage', { minimum: 0 }, scopeWith(33.3)), 33.3);
});

test('a Cause is a text', () => {
  assert.equal(jsonataString('{% $value %}', 'Cause', scopeWith('late')), 'late');
  assert.match(
    refusal(() => jsonataString('{% $value %}', 'Cause', scopeWith({ a: [] }))).cause ?? '',
    /Expected 'string', but was 'object' for value: \{"a":\[\]\}$/,
  );
});

test('a cause fits into its event, however long the value', () => {
  const { cause = '' } = refusal(() => jsonataString('{% $value %}', 'Cause', scopeWith(['x'.repeat(100_000)])));
  assert.ok(cause.length > 30_000 && cause.length < 32_768);
});

test('a long expression leaves room for what is wrong with it', () => {
  const evaluate = (): EvaluationAnswer => ({ values: [1] });
  const long = `{% ${'('.repeat(50_000)} %}`;
  const { cause = '' } = refusal(() => jsonataString(long, 'Cause', { ...scopeWith(null), evaluate }));
  assert.match(cause, /^The JSONata expression '\(+\.\.\.' .* Expected 'string', but was 'number' for value: 1$/);
});
