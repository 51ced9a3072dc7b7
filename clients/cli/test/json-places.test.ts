import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../src/json-places.ts';

const TEXT = `{
  "StartAt": "A",
  "States": {
    "A": { "Type": "Pass", "Next": "\\u0042/c" },
    "B/c": { "Type": "Choice", "Choices": [{ "Next": "A" }, { "Next": "A", "Variable": "{[,:]}" }] },
    "B": { "Type": "Pass" },
    "We\\u0069rd[0]": { "End": true }
  }
}`;

for (const [location, found] of [
  ['/', '{'],
  ['/StartAt', '"StartAt"'],
  ['StartAt', '"StartAt"'],
  ['/States/A/Next', '"Next": "\\u0042'],
  ['/States/B/c/Choices[1]', '{ "Next": "A", "Variable"'],
  ['/States/B/c/Choices[1]/Variable', '"Variable": "{'],
  ['/States/B/Type', '"Type": "Pass" },\n    "We'],
  ['/States/Weird[0]/End', '"End"'],
  ['/States/A/Nowhere', '"A": {'],
] as const) {
  test(`${location} is found in the text`, () => {
    const { line, column } = placeOf(TEXT, location) ?? assert.fail('no place');
    const offset =
      TEXT.split('\n')
        .slice(0, line - 1)
        .join('\n').length +
      (line > 1 ? 1 : 0) +
      column -
      1;
    assert.ok(TEXT.startsWith(found, offset), TEXT.slice(offset, offset + 30));
  });
}

test('where the text is no JSON, the parser knows the place', () => {
  const location = '[Source: (String)"{\n x"; line: 2, column: 3]';
  assert.deepEqual(placeOf('{\n x', location), { line: 2, column: 3 });
  assert.equal(placeOf('{\n x', '/States'), undefined);
  assert.equal(placeOf('{}', undefined), undefined);
});
