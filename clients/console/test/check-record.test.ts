import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { canonicalJson } from '../src/page/canonical-json.ts';
import { checkRecord } from '../src/page/check-record.ts';
import type { OrderRecord, RecordEntry } from '../src/page/orders.ts';

const { subtle } = globalThis.crypto;

/** As the service writes it. */
function recordOf(...events: Record<string, unknown>[]): OrderRecord & { head: string; entries: RecordEntry[] } {
  const entries: RecordEntry[] = [];
  for (const event of events) {
    const previous = entries.at(-1)?.hash;
    const entry = { seq: entries.length + 1, at: '2026-01-01T00:00:00.000Z', event, ...(previous && { previous }) };
    entries.push({ ...entry, hash: createHash('sha256').update(canonicalJson(entry)).digest('hex') });
  }
  return { head: entries.at(-1)?.hash ?? '', entries };
}

const record = recordOf(
  { type: 'requested' },
  { type: 'opened', since: 'then' },
  { type: 'answered', comment: 'ä "10"' },
);

async function brokenBecause(changed: OrderRecord, receipts: readonly string[] = []): Promise<string> {
  const check = await checkRecord(changed, receipts, subtle);
  return check.kind === 'broken' ? `${check.seq ?? '-'}: ${check.because}` : check.kind;
}

test('a record that is as it was written is whole', async () => {
  assert.deepEqual(await checkRecord(record, [record.head], subtle), { kind: 'whole', entries: 3 });
});

test('a changed, missing, inserted or cut off entry is found', async () => {
  const [first, second, third] = record.entries;
  assert.ok(first && second && third);
  const forged = { ...second, event: { type: 'opened', since: 'later' } };
  assert.match(await brokenBecause({ ...record, entries: [first, forged, third] }), /^2: it was changed/);
  assert.match(await brokenBecause({ ...record, entries: [first, third] }), /^2: entry 2 is missing/);
  assert.match(await brokenBecause({ ...record, entries: [first, first, second, third] }), /^2: /);
  assert.match(await brokenBecause({ head: second.hash, entries: [first, second] }, [third.hash]), /your receipt/);
  assert.match(await brokenBecause({ ...record, entries: [first, second] }), /head/);
  const rewritten = recordOf({ type: 'requested' }, { type: 'opened', since: 'later' });
  assert.match(await brokenBecause(rewritten, [second.hash]), /your receipt/);
});

test('where a browser digests nothing, nothing is claimed', async () => {
  assert.deepEqual(await checkRecord(record, [], undefined), { kind: 'impossible' });
});

test('an object has one text, whatever the order of its members', () => {
  assert.equal(canonicalJson({ b: [1, null], a: { '10': true, '9': 'x' } }), '{"a":{"10":true,"9":"x"},"b":[1,null]}');
});
