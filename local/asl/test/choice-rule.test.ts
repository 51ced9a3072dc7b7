import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { effortOf } from '../../../tests/effort.ts';
import { firstThatMatches } from '../src/choice-rule.ts';
import type { ContextObject } from '../src/context-object.ts';
import type { ChoiceRule } from '../src/definition.ts';
import { isArray, isObject, type Json, type JsonObject } from '../src/json.ts';
import { noRecordings, recordedExecutions } from './recorded-cases.ts';
import { context, failureOf } from './world.ts';

function matches(rule: ChoiceRule, from: Json, context: ContextObject, variables: JsonObject): boolean {
  return firstThatMatches([rule], from, context, variables) === rule;
}

function check(rows: readonly (readonly [rule: ChoiceRule, doesMatch: boolean])[], input: Json): void {
  for (const [rule, doesMatch] of rows) {
    assert.equal(matches(rule, input, context, { wanted: 'a' }), doesMatch, JSON.stringify(rule));
  }
}

const input = {
  text: 'a',
  number: 1,
  yes: true,
  none: null,
  at: '2026-11-23T08:00:00Z',
  list: [1],
  other: 'b',
  two: 2,
};

test('values of one type are compared, and values of different types never match', () => {
  const operands = { String: '$.text', Numeric: '$.number', Timestamp: '$.at' };
  for (const [type, own] of Object.entries(operands)) {
    for (const Variable of ['$.text', '$.number', '$.yes', '$.none', '$.at', '$.list', '$']) {
      const isSame = Variable === own || (type === 'String' && Variable === '$.at');
      const orders = ['LessThan', 'LessThanEquals', 'Equals', 'GreaterThanEquals', 'GreaterThan'];
      const found = orders.map((order) => matches({ Variable, [`${type}${order}Path`]: own }, input, context, {}));
      if (Variable === own) assert.deepEqual(found, [false, true, true, true, false], Variable);
      else if (!isSame) assert.deepEqual(new Set(found), new Set([false]), `${type} ${Variable}`);
    }
  }
  check(
    [
      [{ Variable: '$.text', StringLessThan: 'b' }, true],
      [{ Variable: '$.text', StringLessThan: 'B' }, false],
      [{ Variable: '$.text', StringEqualsPath: '$wanted' }, true],
      [{ Variable: '$$.Execution.Name', StringEquals: 'first' }, true],
      [{ Variable: '$.number', NumericLessThan: 1.5 }, true],
      [{ Variable: '$.two', NumericGreaterThanPath: '$.number' }, true],
      [{ Variable: '$.yes', BooleanEquals: true }, true],
      [{ Variable: '$.yes', BooleanEquals: false }, false],
      [{ Variable: '$.none', BooleanEquals: false }, false],
      [{ Variable: '$.yes', BooleanEqualsPath: '$.yes' }, true],
      [{ Variable: '$.at', TimestampEquals: '2026-11-23T09:00:00.000+01:00' }, true],
      [{ Variable: '$.at', TimestampLessThan: '2026-11-23T08:00:00.000000001Z' }, true],
      [{ Variable: '$.at', TimestampGreaterThan: 'not a timestamp' }, false],
    ],
    input,
  );
});

test('the kind of a value can be asked for, and whether it is there', () => {
  const kinds: [variable: string, kinds: string[]][] = [
    ['$.text', ['IsString']],
    ['$.at', ['IsString', 'IsTimestamp']],
    ['$.number', ['IsNumeric']],
    ['$.yes', ['IsBoolean']],
    ['$.none', ['IsNull']],
    ['$.list', []],
  ];
  for (const [Variable, own] of kinds) {
    for (const operator of ['IsString', 'IsTimestamp', 'IsNumeric', 'IsBoolean', 'IsNull']) {
      const isOwn = own.includes(operator);
      check(
        [
          [{ Variable, [operator]: true }, isOwn],
          [{ Variable, [operator]: false }, !isOwn],
        ],
        input,
      );
    }
    check(
      [
        [{ Variable, IsPresent: true }, true],
        [{ Variable, IsPresent: false }, false],
      ],
      input,
    );
  }
  for (const Variable of [
    '$.nothing',
    '$.nothing.at.all',
    '$.text.x',
    '$.list[1]',
    '$noSuchVariable',
    '$.constructor',
  ]) {
    check(
      [
        [{ Variable, IsPresent: true }, false],
        [{ Variable, IsPresent: false }, true],
      ],
      input,
    );
  }
});

test('a path that finds nothing fails the state', () => {
  const rules: [rule: ChoiceRule, path: string][] = [
    [{ Variable: '$.nothing', StringEquals: 'a' }, '$.nothing'],
    [{ Variable: '$.nothing', IsNull: true }, '$.nothing'],
    [{ Not: { Variable: '$.text.x', NumericEquals: 1 } }, '$.text.x'],
    [{ Variable: '$.text', StringEqualsPath: '$.nothing' }, '$.nothing'],
  ];
  for (const [rule, path] of rules) {
    assert.deepEqual(
      failureOf(() => matches(rule, input, context, {})),
      {
        error: 'States.Runtime',
        cause: `Invalid path '${path}': The choice state's condition path references an invalid value.`,
      },
    );
  }
});

test('And, Or and Not join rules, and stop at the first that decides', () => {
  const yes: ChoiceRule = { Variable: '$.text', StringEquals: 'a' };
  const no: ChoiceRule = { Not: yes };
  const fails: ChoiceRule = { Variable: '$.nothing', StringEquals: 'a' };
  check(
    [
      [{ And: [yes, yes] }, true],
      [{ And: [yes, no] }, false],
      [{ And: [no, fails] }, false],
      [{ Or: [no, yes, fails] }, true],
      [{ Or: [no, no] }, false],
      [{ Not: { And: [yes, { Or: [no, yes] }] } }, false],
      [{ And: [{ Variable: '$.nothing', IsPresent: true }, fails] }, false],
    ],
    input,
  );
});

test('* stands for any characters in StringMatches, and a backslash escapes it', () => {
  const rows: [pattern: string, matching: string[], others: string[]][] = [
    ['log-*.txt', ['log-.txt', 'log-a*b.txt', 'log-.txt.txt'], ['log.txt', 'log-a.tx', 'a log-a.txt']],
    ['*', ['', 'any\nthing'], []],
    ['*a*b*', ['ab', 'xaxbx', 'aabb'], ['ba', 'a']],
    ['a\\*b', ['a*b'], ['ab', 'axb', 'a\\*b']],
    ['a\\\\*', ['a\\', 'a\\b'], ['a', 'ab']],
    ['', [''], ['a']],
    ['a.c+', ['a.c+'], ['abc', 'abcc']],
  ];
  for (const [StringMatches, matching, others] of rows) {
    for (const text of matching) check([[{ Variable: '$', StringMatches }, true]], text);
    for (const text of others) check([[{ Variable: '$', StringMatches }, false]], text);
  }
  check([[{ Variable: '$', StringMatches: '*' }, false]], 7);
  assert.equal(
    failureOf(() => matches({ Variable: '$', StringMatches: 'a\\b' }, 'ab', context, {})).error,
    'States.Runtime',
  );
});

test('a StringMatches takes a time that grows with the text and the pattern, not with their product', async () => {
  const text = 'a'.repeat(200_000);
  const patterns = [
    `${'*a'.repeat(50_000)}b`,
    `*b${'a'.repeat(100_000)}*`,
    `*${'a'.repeat(100_000)}b*`,
    `*${'ab'.repeat(100)}*`,
  ];
  const effortMs = await effortOf(() => {
    check(
      patterns.map((StringMatches) => [{ Variable: '$', StringMatches }, false]),
      text,
    );
    check([[{ Variable: '$', StringMatches: `a*${'a'.repeat(150_000)}*a` }, true]], text);
  });
  assert(effortMs < 500, `it took ${effortMs} ms`);
});

test('whatever stands between the stars is found in its order, however long and repetitive it is', () => {
  const literal = fc
    .tuple(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }), fc.nat(200))
    .map(([unit, times]) => unit.repeat(times));
  fc.assert(
    fc.property(fc.array(literal, { minLength: 1, maxLength: 4 }), literal, (literals, text) => {
      const asRegex = new RegExp(`^${literals.join('.*')}$`);
      for (const given of [text, literals.join(text), `${literals.join('')}b`]) {
        const doesMatch = asRegex.test(given);
        check([[{ Variable: '$', StringMatches: literals.join('*') }, doesMatch]], given);
      }
    }),
    { numRuns: 300 },
  );
});

test('the rules of a state may look at so much in all', () => {
  const rules: ChoiceRule[] = Array.from({ length: 20_000 }, () => ({ Variable: '$', StringMatches: '*b*' }));
  const text = 'a'.repeat(250_000);
  const tooMuch = { error: 'States.Runtime', cause: 'The rules of the Choice state look at too many values in all.' };
  assert.deepEqual(
    failureOf(() => firstThatMatches(rules, text, context, {})),
    tooMuch,
  );
  assert.deepEqual(
    failureOf(() => matches({ Or: rules }, text, context, {})),
    tooMuch,
  );
  assert.equal(firstThatMatches(rules, 'a', context, {}), undefined);
});

test('the recorded comparison tables come out as they did on AWS', { skip: noRecordings }, (t) => {
  let compared = 0;
  for (const { id, definition, input, expect } of recordedExecutions('choice')) {
    const result = isObject(expect['output']) ? expect['output']['TestResult.$'] : undefined;
    const state = Object.values(isObject(definition['States']) ? definition['States'] : {}).find(isChoice);
    if (result === undefined || state === undefined) continue;
    const rule = firstThatMatches(state.Choices.filter(isRule), input, context, {});
    assert.equal(rule?.Next ?? state.Default, result, id);
    compared += 1;
  }
  t.diagnostic(`${compared} recorded rows compared`);
  assert(compared >= 250, `only ${compared} recorded rows were looked at`);
});

function isRule(value: Json): value is JsonObject & ChoiceRule {
  return isObject(value) && 'Variable' in value;
}

function isChoice(state: Json): state is JsonObject & { readonly Choices: readonly Json[]; readonly Default: Json } {
  return isObject(state) && isArray(state['Choices']);
}
