import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson } from '../src/canonical-json.ts';
import { isObject, type Order, textOf } from '../src/order.ts';
import { findBreak } from '../src/receipt-chain.ts';
import { wrapText } from '../src/wrap-text.ts';
import { ordersApiDouble, problem } from './orders-api-double.ts';
import { runCli } from './run-cli.ts';

/**
 * What `GET /orders/order-1/receipt` of the real service answered: its own code over modelled AWS services. Two of the group
 * managers confirm, one of them twice with an undoing between; texts and data hold what is hard to write canonically.
 */
const TEXT = readFileSync(join(import.meta.dirname, 'receipt-of-the-service.json'), 'utf8');

function recordOfTheService(): { id: string; head: string; entries: Order[] } {
  return JSON.parse(TEXT);
}

function hashOf(entry: Order | undefined): string {
  return textOf(entry ?? {}, 'hash') ?? assert.fail('an entry has a hash');
}

test('the chain that the service made holds by our own reckoning, numbers, names and texts of every kind', () => {
  assert.equal(findBreak(recordOfTheService(), []), undefined);
  assert.match(TEXT, /1e21/, 'the record holds a number that is written in another way here');
});

for (const [value, text] of [
  // RFC 8785, section 3.2.3: sorted by UTF-16 units, so the emoji's surrogates come before U+FB33.
  [
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1F600}': 5, '\u0080': 6, '\u00f6': 7 },
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1F600}":5,"\ufb33":3}',
  ],
  // Section 3.2.2.
  [
    JSON.parse('[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]'),
    '[333333333.3333333,1e+30,4.5,0.002,1e-27]',
  ],
  ['\u20ac$\u000f\nA\'B"\\\\"/', String.raw`"€$\u000f\nA'B\"\\\\\"/"`],
  [{ b: [true, null, { '10': 1, '9': 2 }], a: {} }, '{"a":{},"b":[true,null,{"10":1,"9":2}]}'],
  [-0, '0'],
] as const) {
  test(`${text} is the one text of its value`, () => assert.equal(canonicalJson(value), text));
}

for (const [title, tamper, seq, because] of [
  [
    'a comment that was changed',
    (entries: Order[]) => changeEvent(entries, 6, { comment: 'never said' }),
    7,
    /changed after it was written/,
  ],
  [
    'a time that was changed',
    (entries: Order[]) =>
      entries.map((entry, index) => (index === 3 ? { ...entry, at: '2026-01-01T00:00:00.000Z' } : entry)),
    4,
    /changed after it was written/,
  ],
  ['an entry that was left out', (entries: Order[]) => entries.toSpliced(4, 1), 5, /entry 5 is missing/],
  ['a first entry that was left out', (entries: Order[]) => entries.slice(1), 1, /entry 1 is missing/],
  [
    'two entries that changed places',
    (entries: Order[]) => [entries[1], entries[0], ...entries.slice(2)],
    1,
    /out of place/,
  ],
  [
    'an entry that was written anew with its digest, and those behind it not',
    (entries: Order[]) => entries.map((entry, index) => (index === 5 ? { ...entry, hash: 'a'.repeat(64) } : entry)),
    6,
    /changed after it was written/,
  ],
  [
    'an entry that was left out and the others counted anew',
    (entries: Order[]) => entries.toSpliced(4, 1).map((entry, index) => ({ ...entry, seq: index + 1 })),
    5,
    /does not follow entry 4/,
  ],
  ['something that is no entry', (entries: Order[]) => entries.with(2, { seq: 3 }), 3, /no entry with a digest/],
] as const) {
  test(`${title} breaks the chain at entry ${seq}`, () => {
    const record = recordOfTheService();
    const broken = findBreak({ ...record, entries: tamper(record.entries) }, []);
    assert.equal(broken?.seq, seq);
    assert.match(broken?.because ?? '', because);
  });
}

test('each member of each entry is held by the chain', () => {
  const { entries, ...record } = recordOfTheService();
  for (const [index, entry] of entries.entries()) {
    for (const member of Object.keys(entry)) {
      const changed = entries.with(index, { ...entry, [member]: 'changed' });
      assert.notEqual(findBreak({ ...record, entries: changed }, []), undefined, `${member} of entry ${index + 1}`);
    }
  }
});

test('entries that are missing at the end show by the head, and by a receipt that somebody kept', () => {
  const record = recordOfTheService();
  const entries = record.entries.slice(0, -2);
  const head = hashOf(entries.at(-1));
  assert.match(findBreak({ ...record, entries }, [])?.because ?? '', /its head is not/);
  assert.equal(findBreak({ ...record, entries, head }, []), undefined);
  assert.match(findBreak({ ...record, entries, head }, [record.head])?.because ?? '', /no entry has the digest/);
});

test('verify asks the API, and tells what holds', async () => {
  const record = recordOfTheService();
  await using api = await ordersApiDouble(() => ({ status: 200, body: record }));
  const kept = hashOf(record.entries[8]);
  const { code, stdout, stderr } = await runCli(['orders', 'verify', 'order-1', '--receipt', kept, '--url', api.url]);
  assert.deepEqual([code, stderr], [0, 'The record holds: no entry was changed, left out or put in between.\n']);
  assert.equal(api.requests[0]?.path, '/orders/order-1/receipt');
  for (const line of [
    /^Order +order-1$/m,
    /^Entries +12$/m,
    new RegExp(`^Head +${record.head}$`, 'm'),
    /is entry 9$/m,
  ]) {
    assert.match(stdout, line);
  }
});

test('verify believes nothing the API says of its own chain', async () => {
  const record = recordOfTheService();
  const entries = changeEvent(record.entries, 6, { comment: 'never said' });
  await using api = await ordersApiDouble(() => ({ status: 200, body: { ...record, entries } }));
  const { code, stdout, stderr } = await runCli(['orders', 'verify', 'order-1', '--json', '--url', api.url]);
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(stdout), {
    id: 'order-1',
    holds: false,
    entries: 12,
    head: record.head,
    broken: { seq: 7, because: 'it was changed after it was written' },
  });
  assert.match(stderr, /does not hold from entry 7 on/);
});

test('verify reads a record that somebody kept, from a file or from stdin', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  const file = join(folder, 'record.json');
  writeFileSync(file, TEXT);
  const fromFile = await runCli(['orders', 'verify', file]);
  rmSync(folder, { recursive: true });
  const fromStdin = await runCli(['orders', 'verify', '-', '--json'], { stdin: TEXT });
  assert.equal(fromFile.code, 0);
  assert.match(fromFile.stderr, /missing at its end would show only with --receipt/);
  assert.deepEqual([fromStdin.code, fromStdin.stderr], [0, '']);
  assert.equal(JSON.parse(fromStdin.stdout).holds, true);
});

for (const [stdin, code, message] of [
  ['no JSON', 2, /stdin holds no JSON/],
  ['[]', 2, /stdin holds no record/],
  ['{"entries":[],"head":""}', 1, /stdin has no entries/],
  ['{"entries":[null],"head":null}', 1, /no entry with a digest/],
] as const) {
  test(`verify of ${stdin} says what is wrong with it`, async () => {
    const ended = await runCli(['orders', 'verify', '-'], { stdin });
    assert.deepEqual([ended.code, ended.stdout], [code, '']);
    assert.match(ended.stderr, message);
    assert.match(ended.stderr, /^→ /m);
  });
}

test('receipt tells who did what, when, and from where', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: recordOfTheService() }));
  const { code, stdout, stderr } = await runCli(['orders', 'receipt', 'order-1', '--url', api.url]);
  assert.equal(code, 0);
  assert.match(stderr, /countersign orders verify order-1/);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 24);
  for (const [heading, what] of [
    [/^ {2}1 {2}2026-11-23T08:01:01\.234Z {2}anna$/, /^ {5}asked group managers for 2 confirmations$/],
    [/^ {2}2 .* {2}the service$/, /^ {5}the order waits, until 2026-/],
    [/^ {2}3 .* {2}ben \(command line, 192\.0\.2\.7\)$/, /looked at the order/],
    [/^ {2}4 .* {2}anna \(API, 192\.0\.2\.7\)$/, /tried to confirm, and was refused: not among those who may answer/],
    [/^ {2}5 /, /gave the part of dora to chris: Dora is away “until May” – €/],
    [/^ {2}6 /, /moved the deadline from 2026-.* to 2026-.*: more time/],
    [/^ {2}7 /, /confirmed: checked 🍏 .*, with \{/],
    [/^ {2}8 .*chris/, /^ {5}confirmed$/],
    [/^ {2}9 /, /the order is confirmed, and can be undone until 2026-/],
    [/^ 10 .*chris/, /took the answer back: wrong order/],
  ] as const) {
    const index = lines.findIndex((line) => heading.test(line));
    assert.notEqual(index, -1, String(heading));
    assert.match(lines[index + 1] ?? '', what);
  }
  assert.doesNotMatch(stdout, /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}]/u);
});

test('receipt has words for every kind of entry that the service writes, and names those it does not know', async () => {
  const by = { person: 'ben', groups: [], via: 'link' };
  const events = [
    [{ type: 'requested' }, 'asked everybody for 1 confirmation'],
    [
      { type: 'requested', stages: [{ groups: ['a', 'b'] }, { people: ['dora'], needed: 2 }] },
      'asked group a, group b for 1 confirmation, then dora for 2 confirmations',
    ],
    [{ type: 'reminded', nth: 1, to: { groups: ['managers'] } }, 'reminded group managers'],
    [{ type: 'escalated', to: { people: ['dora'] } }, 'escalated to dora'],
    [{ type: 'link-issued', person: 'ben', expiresAt: 'T' }, 'a link was sent to ben, good until T'],
    [{ type: 'answered', by, decision: 'reject', comment: 'no' }, 'rejected: no'],
    [{ type: 'decided', decision: 'expired', effectiveAt: 'NOW' }, 'the deadline passed, and nobody had decided'],
    [
      { type: 'decided', by, decision: 'withdrawn', effectiveAt: 'NOW', reason: 'twice' },
      'withdrew the request: twice',
    ],
    [{ type: 'took-effect' }, 'the decision took effect'],
    [{ type: 'delivered', via: 'workflow' }, 'the workflow was told'],
    [{ type: 'countersigned', by }, 'countersigned'],
    [{ type: 'toString' }, 'toString'],
  ] as const;
  const entries = events.map(([event], index) => ({ seq: index + 1, at: 'NOW', event }));
  await using api = await ordersApiDouble(() => ({ status: 200, body: { id: 'x', entries } }));
  const { stdout } = await runCli(['orders', 'receipt', 'x', '--url', api.url]);
  const lines = stdout.split('\n');
  for (const [index, [, words]] of events.entries()) assert.ok(lines[2 * index + 1]?.trim().startsWith(words), words);
});

test('receipt --json is the record as it is, so that it can be verified again', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: recordOfTheService() }));
  const { stdout } = await runCli(['orders', 'receipt', 'order-1', '--json', '--url', api.url]);
  const { code } = await runCli(['orders', 'verify', '-'], { stdin: stdout });
  assert.equal(code, 0);
});

test('the receipt of an order that is not there is not found', async () => {
  await using api = await ordersApiDouble(() => problem(404, 'Nobody asks for a confirmation of "x".'));
  for (const command of ['receipt', 'verify']) {
    const { code } = await runCli(['orders', command, 'x', '--url', api.url]);
    assert.equal(code, 3);
  }
});

test('long words of people stay within the terminal', () => {
  const lines = wrapText('a word, an 界界界界界界界界 and incomprehensibilities', 12);
  assert.deepEqual(lines, ['a word, an', '界界界界界…', 'and', 'incomprehen…']);
});

function changeEvent(entries: readonly Order[], index: number, change: object): Order[] {
  return entries.map((entry, at) =>
    at === index && isObject(entry['event']) ? { ...entry, event: { ...entry['event'], ...change } } : entry,
  );
}
