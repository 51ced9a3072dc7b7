import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { effortOf } from '../../../tests/effort.ts';
import { matchesAll, parseLinearRegex } from '../src/linear-regex.ts';
import { SyntaxFault } from '../src/text-reader.ts';

function matches(source: string, text: string, flags = ''): boolean {
  return matchesAll(parseLinearRegex(source, flags), text, () => {});
}

test('a pattern has to match the whole text', () => {
  const rows: [source: string, matching: string[], others: string[], flags?: string][] = [
    ['foo', ['foo'], ['fo', 'foo ', 'a foo', '']],
    ['fo.*o', ['foo', 'fo bar o'], ['fo', 'fo\no']],
    ['fo.*o', ['fo\no'], [], 's'],
    ['FOO', ['foo', 'Foo'], [], 'i'],
    ['', [''], ['a']],
    ['a|b|cd', ['a', 'b', 'cd'], ['', 'c', 'ab']],
    ['(?:ab)+', ['ab', 'abab'], ['', 'aba']],
    ['(?<year>\\d{4})-\\d{2}', ['2026-11'], ['26-11', '2026-1']],
    ['a{2,3}', ['aa', 'aaa'], ['a', 'aaaa']],
    ['a{2,}b?', ['aa', 'aaaaab'], ['a', 'ab']],
    ['a*?b', ['b', 'aab'], ['a']],
    ['[a-c_]+', ['abc_'], ['', 'd']],
    ['[^a-c]', ['d', '😀'], ['a', 'dd']],
    ['[\\]\\-\\w]+', [']-x9'], ['[']],
    ['[]a]+', [']a'], ['[']],
    ['\\/\\.\\*', ['/.*'], ['/xx']],
    ['\\p{Lu}\\x{41}\\x42', ['ÉAB'], ['éAB']],
    ['.', ['x', '😀'], ['', 'xy', '\n']],
    ['^a$', ['a'], ['b']],
    ['a\\b.*', ['a b'], ['ab']],
    ['(^a$\\n?)+', ['a\na'], ['ab'], 'm'],
    ['(a*)*', ['', 'aaa'], ['b']],
    ['((a?){2}){2}', ['', 'aaaa'], ['aaaaa']],
  ];
  for (const [source, matching, others, flags] of rows) {
    for (const text of matching) assert(matches(source, text, flags), `/${source}/ matches ${text}`);
    for (const text of others) assert(!matches(source, text, flags), `/${source}/ does not match ${text}`);
  }
});

test('what cannot be matched in one pass, or is no pattern, is refused', () => {
  const refused = ['(?=a)', '(?!a)', '(?<=a)', '(a)\\1', '(', 'a)', '*a', '[a', 'a{1001}'];
  for (const source of refused) assert.throws(() => parseLinearRegex(source, ''), SyntaxFault, source);
  assert.throws(() => parseLinearRegex('a', 'x'), SyntaxFault);
});

test('no pattern takes long to read or to match', async () => {
  const text = `${'a'.repeat(10_000)}!`;
  const large = ['((a{100}){100}){100}', `${'('.repeat(100_000)}a`, 'a'.repeat(100_000), '(a|b)'.repeat(100_000)];
  const effortMs = await effortOf(() => {
    for (const source of ['(a+)+', '(a*)*', '(a|aa)+', '(.*)*', 'a*a*a*a*a*b', '((a?){10}){10}']) {
      assert.equal(matches(source, source === '(.*)*' ? `${text}\n` : text), false, source);
    }
    for (const source of large) assert.throws(() => parseLinearRegex(source, ''), SyntaxFault);
  });
  assert(effortMs < 500, `it took ${effortMs} ms`);
});

test('patterns match what the built-in engine matches', () => {
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b'),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => one + other),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(${one}|${other})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?'))
        .map(([one, times]) => `(?:${one})${times}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      assert.equal(matches(source, given), new RegExp(`^(?:${source})$`, 'u').test(given));
    }),
    { numRuns: 3000 },
  );
});
