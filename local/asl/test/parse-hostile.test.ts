import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effortOf } from '../../../tests/effort.ts';
import { DEFINITION_LENGTH_MAX, parseDefinition, PROBLEM_COUNT_MAX } from '../src/parse.ts';
import { describeProblems, type Problem } from '../src/problem.ts';

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseDefinition(text, { type: 'STANDARD' });
  return 'problems' in parsed ? parsed.problems : [];
}

function passWith(fields: string): string {
  return `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,${fields}}}}`;
}

function parallels(depth: number): string {
  let graph = '{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}';
  for (let level = 1; level < depth; level += 1) {
    graph = `{"StartAt":"P${level}","States":{"P${level}":{"Type":"Parallel","Branches":[${graph}],"End":true}}}`;
  }
  return graph;
}

test('a definition has at most 1,048,576 characters', () => {
  const valid = passWith('"Comment":""');
  assert.deepEqual(problemsOf(valid + ' '.repeat(DEFINITION_LENGTH_MAX - valid.length)), []);
  assert.equal(
    describeProblems(problemsOf(valid + ' '.repeat(DEFINITION_LENGTH_MAX - valid.length + 1))),
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must have length less than or equal to 1048576'",
  );
});

test('a definition is a JSON object', () => {
  for (const text of ['', ' \n', '[]', '"A"', '7', 'null']) {
    assert.deepEqual(problemsOf(text), [
      { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message: 'Definition must be a valid JSON object' },
    ]);
  }
  assert.equal(problemsOf('{')[0]?.code, 'INVALID_JSON_DESCRIPTION');
});

test('graphs, templates and rules may nest as deep as JSON may', () => {
  assert.deepEqual(problemsOf(parallels(40)), []);
  assert.deepEqual(problemsOf(parallels(125)), []);
  assert.deepEqual(problemsOf(passWith(`"Parameters":${'['.repeat(497)}${']'.repeat(497)}`)), []);
  const nots = `${'{"Not":'.repeat(494)}{"Variable":"$.a","IsNull":true}${'}'.repeat(494)}`;
  const choice = `{"Type":"Choice","Choices":[{"Next":"B","Not":${nots}}]}`;
  assert.deepEqual(problemsOf(`{"StartAt":"A","States":{"A":${choice},"B":{"Type":"Succeed"}}}`), []);
  assert.equal(problemsOf(parallels(126))[0]?.code, 'INVALID_JSON_DESCRIPTION');
});

test('names that objects inherit are names like any other', () => {
  const states = `"__proto__":{"Type":"Pass","Parameters":{"__proto__":{"polluted":1}},"Next":"constructor"},
    "constructor":{"Type":"Pass","Next":"toString"},"toString":{"Type":"Succeed"}`;
  const parsed = parseDefinition(`{"StartAt":"__proto__","States":{${states}}}`, { type: 'STANDARD' });
  assert('definition' in parsed);
  assert.deepEqual(Object.keys(parsed.definition.States), ['__proto__', 'constructor', 'toString']);
  assert.equal('polluted' in {}, false);

  const messages = (text: string): readonly string[] => problemsOf(text).map(({ message }) => message);
  assert.deepEqual(messages('{"StartAt":"toString","States":{}}'), ["Missing 'StartAt' target: toString"]);
  assert.deepEqual(messages(passWith('"Next":"constructor"')), [
    'These fields are mutually exclusive: [Next, End]',
    "Missing 'Next' target: constructor",
  ]);
  assert.deepEqual(messages('{"StartAt":"A","States":{"A":{"Type":"constructor"}}}').length, 1);
  assert.deepEqual(messages(passWith('"hasOwnProperty":1,"__proto__":1')), [
    'Field is not supported',
    'Field is not supported',
  ]);
});

test('a refusal stays short, whatever is refused', () => {
  const long = 'x'.repeat(900_000);
  const deep = `{"${'y'.repeat(240)}":`;
  const wrong = Array.from({ length: 200 }, (_, index) => `"k${index}.$":1`).join();
  const texts = [
    `{"StartAt":"A","States":{"${long}":{"Type":"Pass"}}}`,
    passWith(`"${long}":1`),
    passWith(`"Next":"${long}"`),
    passWith(`"InputPath":"${long}"`),
    passWith(`"Parameters":${deep.repeat(490)}{${wrong}}${'}'.repeat(490)}`),
    `["${long}"`,
    `{"StartAt":"A","States":{${Array.from({ length: 20_000 }, (_, index) => `"S${index}":{"Type":"${index}"}`).join()}}}`,
  ];
  for (const text of texts) {
    const problems = problemsOf(text);
    assert(problems.length > 0 && problems.length <= PROBLEM_COUNT_MAX);
    assert(
      describeProblems(problems).length < DEFINITION_LENGTH_MAX,
      `${describeProblems(problems).length} characters`,
    );
  }
});

test('warnings never keep an error from being found', () => {
  const fields = Array.from({ length: 500 }, (_, index) => `"k${index}":"$.a"`).join();
  const problems = problemsOf(`{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{${fields}},"End":1}}}`);
  assert.deepEqual(problems[0]?.message, 'Expected value of type Boolean');
});

test('a definition as large as may be is looked at in the time of a blink or two', async () => {
  const inJsonata = (expression: string): string =>
    passWith(`"QueryLanguage":"JSONata","Output":"{% ${expression} %}"`);
  const chain = Array.from(
    { length: 13_000 },
    (_, index) => `"S${index}":{"Type":"Pass","Next":"S${index + 1}"}`,
  ).join();
  const texts = {
    states: `{"StartAt":"S0","States":{${chain},"S13000":{"Type":"Succeed"}}}`,
    branches: `{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[${'{},'.repeat(200_000)}{}]}}}`,
    brackets: inJsonata('('.repeat(1_000_000)),
    slashes: inJsonata('(/'.repeat(500_000)),
    comments: inJsonata('/*'.repeat(500_000)),
    quotes: inJsonata("'a'&".repeat(200_000)),
    path: passWith(`"InputPath":"$${'[0]'.repeat(300_000)}"`),
    filter: passWith(`"InputPath":"$[?(${'!('.repeat(400_000)}"`),
    call: passWith(`"Parameters":{"a.$":"${'States.Array('.repeat(70_000)}"}`),
    escapes: passWith(`"Comment":"${String.raw`\u0041`.repeat(150_000)}"`),
  };
  for (const [name, text] of Object.entries(texts)) {
    const effortMs = await effortOf(() => problemsOf(text));
    // Many times what it takes, and a fraction of what anything quadratic would.
    assert(effortMs < 4_000, `${name}: ${effortMs} ms`);
  }
});
