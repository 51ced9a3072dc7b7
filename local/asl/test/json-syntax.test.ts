import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonFault, JSON_DEPTH_MAX } from '../src/json-syntax.ts';

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

test('what is no JSON is refused in the words of the parser of the service, with line and column', () => {
  const cases: [text: string, message: string, line: number, column: number][] = [
    ['not a definition', `Unrecognized token 'not': was expecting ${VALUES}`, 1, 4],
    ['{"a": tru}', `Unrecognized token 'tru': was expecting ${VALUES}`, 1, 10],
    ['{"a":1,}', `Unexpected character ('}' (code 125)): was expecting double-quote to start field name`, 1, 9],
    [
      '{"a"\n "b"}',
      `Unexpected character ('"' (code 34)): was expecting a colon to separate field name and value`,
      2,
      3,
    ],
    ['{"a":1 "b":2}', `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`, 1, 9],
    ['[1 2]', `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries`, 1, 5],
    ['[1,]', `Unexpected character (']' (code 93)): expected a valid value ${VALUES}`, 1, 5],
    ['{"a":%}', `Unexpected character ('%' (code 37)): expected a valid value ${VALUES}`, 1, 7],
    ['\ufeff{}', `Unexpected character ('\ufeff' (code 65279 / 0xfeff)): expected a valid value ${VALUES}`, 1, 2],
    ['{} {', "Unexpected character ('{' (code 123)): expected nothing after the end of the value", 1, 5],
    [
      '["a\tb"]',
      'Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value',
      1,
      5,
    ],
    ['["\\x"]', "Unrecognized character escape 'x' (code 120)", 1, 5],
    ['["\\u12G4"]', "Unexpected character ('G' (code 71)): expected a hex-digit for character escape sequence", 1, 8],
    ['[01]', 'Invalid numeric value: Leading zeroes not allowed', 1, 3],
    ['[1.]', "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit", 1, 5],
    [
      '[1e+]',
      "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit",
      1,
      6,
    ],
    ['["a', 'Unexpected end-of-input: was expecting closing quote for a string value', 1, 4],
    ['{"a', 'Unexpected end-of-input in field name', 1, 4],
    ['{"a":', 'Unexpected end-of-input within/between Object entries', 1, 6],
    ['{"a":1,\n"a":2}', "Duplicate field 'a'", 2, 4],
    ['{"a":1,"\\u0061":2}', "Duplicate field 'a'", 1, 16],
    ['[1e400]', 'Numeric value (1e400) out of range of double', 1, 7],
  ];
  for (const [text, message, line, column] of cases) {
    const location = `[Source: (String)"${text}"; line: ${line}, column: ${column}]`;
    assert.deepEqual(findJsonFault(text), { message: `${message}\n at ${location}`, location }, text);
  }
});

test('what is not closed is named with the place where it began', () => {
  const at = (text: string, line: number, column: number): string =>
    `[Source: (String)"${text}"; line: ${line}, column: ${column}]`;
  const [open, crossed] = ['[\n[1', '{"a":[1}'];
  assert.equal(
    findJsonFault(open)?.message,
    `Unexpected end-of-input: expected close marker for Array (start marker at ${at(open, 2, 1)})\n at ${at(open, 2, 3)}`,
  );
  assert.equal(
    findJsonFault(crossed)?.message,
    `Unexpected close marker '}': expected ']' (for Array starting at ${at(crossed, 1, 6)})\n at ${at(crossed, 1, 9)}`,
  );
});

test('of a long text the location shows the beginning', () => {
  const text = `["${'a'.repeat(600)}`;
  assert.equal(
    findJsonFault(text)?.location,
    `[Source: (String)"${text.slice(0, 500)}"[truncated 102 chars]; line: 1, column: 603]`,
  );
});

test('JSON may nest as deep as the limit, and text of brackets alone costs no stack', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(findJsonFault(nested(JSON_DEPTH_MAX)), undefined);
  assert.match(
    findJsonFault(nested(JSON_DEPTH_MAX + 1))?.message ?? '',
    /^Document nesting depth \(501\) exceeds the maximum/,
  );
  assert.match(findJsonFault('{"a":'.repeat(200_000))?.message ?? '', /^Document nesting depth/);
});

test('a text has a fault if and only if JSON.parse refuses it', () => {
  const damaged = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.nat(3),
      fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'n', ' ', '\n', 'ä'),
    )
    .map(([json, place, removed, inserted]) => {
      const at = place % (json.length + 1);
      return json.slice(0, at) + inserted + json.slice(at + removed);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      const fault = findJsonFault(text);
      // What we refuse beyond JSON.parse: see the cases above.
      if (fault !== undefined && /^Duplicate field|out of range/.test(fault.message)) return;
      assert.equal(fault === undefined, isJson(text), fault?.message);
    }),
    { numRuns: 5000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
