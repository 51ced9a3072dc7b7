import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { query } from 'jsonpathly';
import { effortOf } from '../../../tests/effort.ts';
import type { Json } from '../src/json.ts';
import { evaluatePath, findPath, isPath, isReferencePath, isResultPath } from '../src/json-path.ts';
import { context, failureOf } from './world.ts';

const store: Json = {
  book: [
    { category: 'reference', author: 'Nigel Rees', price: 8.95, inStock: false },
    { category: 'fiction', author: 'Evelyn Waugh', price: 12.99, tags: ['a', 'b'] },
    { category: 'fiction', author: 'Herman Melville', isbn: '0-553-21311-3', price: 8.99, tags: [] },
    { category: 'fiction', author: 'J. R. R. Tolkien', isbn: '0-395-19395-8', price: 22.99, inStock: null },
  ],
  bicycle: { color: 'red', price: 19.95 },
};
const document: Json = {
  store,
  expensive: 10,
  'c d': { 'e.f': [[1, 2], [3]] },
  numbers: [5, 3, 8],
  none: null,
  '*': 'star',
};

/** Paths, and what the service, which uses Jayway's JsonPath, finds. */
function check(rows: readonly (readonly [path: string, found: Json | undefined])[], root: Json = document): void {
  for (const [path, found] of rows) assert.deepEqual(findPath(path, root, context), found, path);
}

const authors = ['Nigel Rees', 'Evelyn Waugh', 'Herman Melville', 'J. R. R. Tolkien'];

test('a definite path gives its value, any other a list', () => {
  check([
    ['$', document],
    ['$.store.bicycle.color', 'red'],
    ["$['store']['bicycle']['color']", 'red'],
    ['$["store"]["bicycle"]["color"]', 'red'],
    ["$.['store'].bicycle['color']", 'red'],
    ["$['c d']['e.f'][0][1]", 2],
    ["$[ 'c d' ]['e.f'][ 1 ]", [3]],
    ['$.store.book[-1].author', 'J. R. R. Tolkien'],
    ['$.none', null],
    ["$['*']", 'star'],
    ['$.store.book[*].author', authors],
    ['$.store.book[0,2].author', ['Nigel Rees', 'Herman Melville']],
    ['$.store.*.color', ['red']],
    ['$.nothing', undefined],
    ['$.nothing.at.all', undefined],
    ['$.numbers[3]', undefined],
    ['$.numbers[-4]', undefined],
    ['$.numbers.length', undefined],
    ['$.numbers.0', undefined],
    ['$.expensive[0]', undefined],
  ]);
});

test('a list is empty where nothing matches, also below a member that is not there', () => {
  // Recorded for Pass states with the input {}.
  const paths = ['$[*]', '$.items[*]', '$.items[1:]', '$.items[*].itemValue', '$.item.items[*]', '$.item.items[1:5]'];
  check(
    paths.map((path) => [path, []]),
    {},
  );
  check([['$[*].type', []]], {});
  check([['$.store.book[?(@.price > 100)]', []]]);
});

test('slices have two ends, which count from the end of the array if they are negative', () => {
  check(
    [
      ['$[1:3]', [1, 2]],
      ['$[:2]', [0, 1]],
      ['$[3:]', [3, 4]],
      ['$[-2:]', [3, 4]],
      ['$[:-2]', [0, 1, 2]],
      ['$[-3:-1]', [2, 3]],
      ['$[1:-1]', []],
      ['$[0:100]', [0, 1, 2, 3, 4]],
      ['$[-100:]', [0, 1, 2, 3, 4]],
      ['$[7:]', []],
    ],
    [0, 1, 2, 3, 4],
  );
});

test('two dots scan the value and all that is in it, from the outside inwards', () => {
  check([
    ['$..author', authors],
    ['$.store..price', [8.95, 12.99, 8.99, 22.99, 19.95]],
    ['$..book[2].author', ['Herman Melville']],
    ['$..tags[*]', ['a', 'b']],
    ["$..['isbn','category'].length()", 2],
    ['$..[?(@.isbn)].author', ['Herman Melville', 'J. R. R. Tolkien']],
    ['$..nothing', []],
  ]);
  check([['$.d..a[*]', [1, 2]]], { d: { a: [1], e: { a: [2] } } });
  check([['$..*', [{ b: [1] }, [1], 1]]], { a: { b: [1] } });
});

test('several names at the end pick an object, and elsewhere are followed one by one', () => {
  check([
    ["$.store.bicycle['color','price']", { color: 'red', price: 19.95 }],
    ["$.store.bicycle['color','gears']", { color: 'red' }],
    ["$.store['book','bicycle'].length()", 2],
    ["$.store['bicycle','book'].color", ['red']],
    ["$..['bicycle','color'].price", [19.95]],
    ["$..['color','price']", [{ color: 'red', price: 19.95 }]],
  ]);
});

test('a filter keeps the items that pass it, and an object that passes it itself', () => {
  const filters: [filter: string, authors: string[]][] = [
    ['@.price < 10', ['Nigel Rees', 'Herman Melville']],
    ['@.price <= $.expensive', ['Nigel Rees', 'Herman Melville']],
    ['@.price>=12.99', ['Evelyn Waugh', 'J. R. R. Tolkien']],
    ['8.99 == @.price', ['Herman Melville']],
    ["@.price == '8.99'", ['Herman Melville']],
    ["@.price === '8.99'", []],
    ["@['category'] == 'fiction' && @.price < 20", ['Evelyn Waugh', 'Herman Melville']],
    ['@.price < 8.96 || @.price > 20', ['Nigel Rees', 'J. R. R. Tolkien']],
    ['(@.price < 8.96 || @.price > 20) && @.isbn', ['J. R. R. Tolkien']],
    ['!@.isbn', ['Nigel Rees', 'Evelyn Waugh']],
    ['!(@.isbn || @.tags)', ['Nigel Rees']],
    // A member that is false or null exists.
    ['@.inStock', ['Nigel Rees', 'J. R. R. Tolkien']],
    ['@.inStock == false', ['Nigel Rees']],
    ['@.inStock == null', ['J. R. R. Tolkien']],
    ['@.inStock != false', ['Evelyn Waugh', 'Herman Melville', 'J. R. R. Tolkien']],
    ['@.category in [\'reference\', "poetry"]', ['Nigel Rees']],
    ["@.category nin ['reference', 'poetry']", authors.slice(1)],
    ["@.tags contains 'b'", ['Evelyn Waugh']],
    ["@.author contains 'Melville'", ['Herman Melville']],
    ["@.tags anyof ['b', 'c']", ['Evelyn Waugh']],
    ["@.tags noneof ['b', 'c']", ['Herman Melville']],
    ["@.tags subsetof ['a', 'b', 'c']", ['Evelyn Waugh', 'Herman Melville']],
    ["@.tags all ['a', 'b']", ['Evelyn Waugh']],
    ["@.tags == ['a', 'b']", ['Evelyn Waugh']],
    ['@.tags size 2', ['Evelyn Waugh']],
    ['@.tags empty true', ['Herman Melville']],
    ['@.tags EMPTY false', ['Evelyn Waugh']],
    ['@.tags.length() > 1', ['Evelyn Waugh']],
    ['@.author =~ /.*tolk.*/i', ['J. R. R. Tolkien']],
    ['@.author =~ /tolk/i', []],
    ['@.tags[?(@ == "a")]', ['Evelyn Waugh']],
    ['@.isbn == @.nothing', []],
    ["@.author == 'O\\'Neill'", []],
  ];
  check(filters.map(([filter, found]) => [`$.store.book[?(${filter})].author`, found]));
  check([
    ['$.store.bicycle[?(@.price > 10)]', [{ color: 'red', price: 19.95 }]],
    ['$.store.bicycle[?(@.price > 20)]', []],
    ['$.numbers[?(@ > 4)]', [5, 8]],
    ['$.expensive[?(@ > 4)]', []],
  ]);
});

test('a function at the end calculates with what the path found', () => {
  check([
    ['$.numbers.length()', 3],
    ['$.store.length()', 2],
    ['$.numbers.sum()', 16],
    ['$.numbers.min()', 3],
    ['$.numbers.max()', 8],
    ['$.numbers[0,1].avg()', 4],
    ['$.store.bicycle.keys()', ['color', 'price']],
    ['$.expensive.length()', undefined],
    ['$.store.book.sum()', undefined],
  ]);
  check([['$.stddev()', 2]], [2, 4, 4, 4, 5, 5, 7, 9]);
});

test('nearly everything is a name, and a backslash in one stays', () => {
  const names = [
    'delivery-partner',
    'é',
    '日本',
    'a:b',
    'a,b',
    '$x',
    '@x',
    'true',
    'in',
    '0',
    'a]b',
    '&Ж中.\uD800\uDF46',
  ];
  for (const name of names) check([[`$['${name}']`, 1]], { [name]: 1 });
  for (const name of names.filter((name) => !name.includes('.'))) check([[`$.${name}`, 1]], { [name]: 1 });
  // Recorded.
  check([[String.raw`$['Test\""Name"']`, 'Value']], { [String.raw`Test\""Name"`]: 'Value' });
  check([[String.raw`$['it\'s']`, 1]], { "it's": 1 });
});

test('$$ is the context object and $name a variable', () => {
  const variables = { order: { items: [1, 2] }, answer: 42 };
  assert.equal(evaluatePath('$$.Execution.Name', {}, context), 'first');
  assert.equal(evaluatePath('$$', {}, context), context);
  assert.equal(evaluatePath('$answer', {}, context, variables), 42);
  assert.deepEqual(evaluatePath('$order.items[*]', {}, context, variables), [1, 2]);
  assert.equal(evaluatePath("$order['items'][1]", {}, context, variables), 2);
});

test('a definite path that finds nothing says why, in the words of the service', () => {
  const root = { a: { b: [1] }, text: 'x', none: null };
  const causes: [path: string, cause: string][] = [
    ['$.NoSuchInputPath', "No results for path: $['NoSuchInputPath']"],
    ['$.no.such.result.path', "Missing property in path $['no']"],
    ['$.a.no.such', "Missing property in path $['a']['no']"],
    ['$.a.b[3]', "No results for path: $['a']['b'][3]"],
    ['$.none[0]', "The path $['none'] is null"],
    ['$.text[0]', 'Filter: [0] can only be applied to arrays. Current context is: x'],
    ['$.a.length().x', 'expected . or [ at position 12'],
    ['$noSuchVariable', "No results for path: $['noSuchVariable']"],
  ];
  for (const [path, reason] of causes) {
    const failure = failureOf(() => evaluatePath(path, root, context, {}));
    assert.deepEqual(failure, { error: 'States.Runtime', cause: `Invalid path '${path}' : ${reason}` });
  }
  const { cause = '' } = failureOf(() => evaluatePath('$.text.b', root, context));
  assert.match(
    cause,
    /^Invalid path '\$\.text\.b' : Expected to find an object with property \['b'\] in path \$\['text'\]/,
  );
});

test('the context object, which may hold a task token, is in no cause', () => {
  for (const path of ['$$[0]', '$$.Task[0]', '$$.Task.Token.x', '$$.Task.Token[0]', '$$.Task.Nothing']) {
    const { cause = '' } = failureOf(() => evaluatePath(path, {}, context));
    assert(!cause.includes('a-secret-token'), cause);
  }
});

test('what an object inherits is not found, and __proto__ is a name like any other', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    check([[`$.${name}`, undefined]], {});
    check([[`$..${name}`, []]], { a: {} });
  }
  check([['$.__proto__.a', 1]], JSON.parse('{"__proto__":{"a":1}}'));
  check([["$['__proto__','b'].length()", 2]], JSON.parse('{"__proto__":{"a":1},"b":2}'));
});

test('a reference path names one place', () => {
  const kinds: [text: string, kind: 'result' | 'reference' | 'path' | 'none'][] = [
    ['$', 'result'],
    ['$.a', 'result'],
    ['$.a.b[0]', 'result'],
    ['$[\'a\']["b c"]', 'result'],
    ['$.ledgers[0][22][315].foo', 'result'],
    ['$.foo\\@bar.baz', 'result'],
    ['$$', 'reference'],
    ['$$.Map.Item.Value', 'reference'],
    ['$order', 'reference'],
    ['$order.items[0]', 'reference'],
    ['$.a[-1]', 'path'],
    ['$.a[*]', 'path'],
    ['$.a.*', 'path'],
    ['$..a', 'path'],
    ['$.a[1:2]', 'path'],
    ['$.a[0,1]', 'path'],
    ["$['a','b']", 'path'],
    ['$.a[?(@.b)]', 'path'],
    ['$.a.length()', 'path'],
    ['', 'none'],
    ['a', 'none'],
    ['@.a', 'none'],
    ['$.', 'none'],
    ['$..', 'none'],
    ['$.a.', 'none'],
    ['$.a b', 'none'],
    ['$a b', 'none'],
    ['$.a[', 'none'],
    ['$.a[]', 'none'],
    ['$.a[:]', 'none'],
    ['$.a[1:2:3]', 'none'],
    ['$.a[b]', 'none'],
    ["$.a['b]", 'none'],
    ["$.a['b',]", 'none'],
    ['$.a[?]', 'none'],
    ['$.a[?(@.b]', 'none'],
    ['$.a[?(@.b ==)]', 'none'],
    ['$.a[?(@.b likes 3)]', 'none'],
    ['$.a[?(@.b =~ /(/)]', 'none'],
    ['$.a.eval(1)', 'none'],
    ['$.a[(@.length-1)]', 'none'],
  ];
  for (const [text, kind] of kinds) {
    assert.equal(isResultPath(text), kind === 'result', `ResultPath ${text}`);
    assert.equal(isReferencePath(text), kind === 'result' || kind === 'reference', `reference path ${text}`);
    assert.equal(isPath(text), kind !== 'none', `path ${text}`);
  }
});

test('no path and no document can keep the engine busy or overflow its stack', async () => {
  let deep: Json = 'bottom';
  for (let depth = 0; depth < 100_000; depth += 1) deep = depth % 2 === 0 ? { a: deep } : [deep];
  const many = { items: Array.from({ length: 50_000 }, (_, id) => ({ id })) };
  const hostile = [
    `$${'[?(@'.repeat(1000)}${')]'.repeat(1000)}`,
    `$[?(${'('.repeat(100_000)}@.a${')'.repeat(100_000)})]`,
    `$[?(${'!'.repeat(100_000)}@.a)]`,
    `$[?(@.a == ${'['.repeat(100_000)})]`,
    `$${'.a'.repeat(100_000)}`,
    `$['${'\\'.repeat(100_000)}`,
  ];
  const effortMs = await effortOf(() => {
    assert.equal((findPath('$..a', deep, context) as Json[]).length, 50_000);
    assert.equal((findPath('$.items[*].id', many, context) as Json[]).length, 50_000);
    assert.equal((findPath('$..[?(@.id > 9)]', many, context) as Json[]).length, 49_990);
    for (const [path, root] of [
      ['$..*..*', deep],
      ['$.items[?(@.id in $..id)]', many],
      ['$.items[?($..id)]', many],
    ] as const) {
      const { cause = '' } = failureOf(() => findPath(path, root, context));
      assert.equal(cause, `Invalid path '${path}' : the path visits too many values`);
    }
    for (const path of hostile) assert.equal(isPath(path), false);
    assert.deepEqual(findPath('$[?(@ =~ /(a+)+$/)]', [`${'a'.repeat(40)}b`, 'aaa'], context), ['aaa']);
  });
  assert(effortMs < 5_000, `it took ${effortMs} ms`);
});

test('paths find what jsonpathly finds, where the dialects agree', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    { weight: 4, arbitrary: name.map((text) => `.${text}`) },
    name.map((text) => `['${text}']`),
    fc.integer({ min: -2, max: 2 }).map((index) => `[${index}]`),
    fc.constantFrom('[*]', '.*', '..a', '..b', '..*', '[0,1]', '[1:]', '[:2]', '[-2:]', '[0:1]'),
  );
  const path = fc.array(step, { maxLength: 4 }).map((steps) => `$${steps.join('')}`);
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(null, false, true, 0, 1, 'x'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(tree, path, (root, text) => {
      const found = query(root, text);
      const nothing = /[*,:]|\.\./.test(text) ? [] : undefined;
      assert.deepEqual(findPath(text, root, context), found === undefined ? nothing : found);
    }),
    { numRuns: 5000 },
  );
});
