import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../src/canonical-json.ts';
import { answer } from '../src/commands/answer.ts';
import { digestOf } from '../src/digest.ts';
import { Draft } from '../src/draft.ts';
import {
  type ConfirmationRecord,
  type Entry,
  findBreak,
  nextEntry,
  parseRecord,
  serializeRecord,
} from '../src/record.ts';
import { evolve, stateOf } from '../src/request-state.ts';
import { CONFIRM, ID, person, REJECT, T0, worldThatWaits } from './world.ts';

async function aRecord(): Promise<ConfirmationRecord> {
  const world = await worldThatWaits();
  world.nowMs += 1_000;
  await world.answer(CONFIRM, person('anna'));
  return world.record;
}

const at = (record: ConfirmationRecord, index: number): Entry => record[index] ?? assert.fail();

test('a record that is whole has no break, also after it was written and read', async () => {
  const record = await aRecord();
  assert.ok(record.length >= 5);
  assert.equal(findBreak(record), undefined);
  assert.equal(findBreak(parseRecord(JSON.parse(serializeRecord(record)))), undefined);
  assert.equal(findBreak([]), undefined);
});

test('each kind of damage is found, where it is', async () => {
  const record = await aRecord();
  const third = at(record, 2);
  const replaced = (entry: Entry) => record.map((one, index) => (index === 2 ? entry : one));
  const rehashed = (entry: Entry): Entry => ({ ...entry, hash: digestOf({ ...entry, hash: undefined }) });
  const changed: Entry = { ...third, event: { ...third.event, decision: 'reject' } as Entry['event'] };
  const { previous: _, ...unlinked } = third;

  const damages: [name: string, damaged: ConfirmationRecord, seq: number, because: RegExp][] = [
    ['changed', replaced(changed), 3, /changed after it was written/],
    ['changed, and its digest with it', replaced(rehashed(changed)), 4, /does not follow entry 3/],
    ['another time', replaced({ ...third, at: new Date(T0).toISOString() }), 3, /changed/],
    ['left out', record.filter((one) => one !== third), 3, /entry 3 is missing/],
    ['the first one left out', record.slice(1), 1, /entry 1 is missing/],
    ['twice', [...record.slice(0, 3), third, ...record.slice(3)], 4, /entry 4 is missing/],
    ['in another order', [at(record, 0), third, at(record, 1), ...record.slice(3)], 2, /entry 2 is missing/],
    ['cut from what was before', replaced(rehashed(unlinked)), 3, /does not follow entry 2/],
    ['inserted, with numbers that fit', inserted(record), 3, /does not follow|changed/],
  ];
  for (const [name, damaged, seq, because] of damages) {
    const found = findBreak(damaged);
    assert.equal(found?.seq, seq, name);
    assert.match(found.because, because, name);
  }
});

function inserted(record: ConfirmationRecord): ConfirmationRecord {
  const forged = { ...at(record, 2), event: { type: 'took-effect' } as const };
  return [...record.slice(0, 2), forged, ...record.slice(2).map((one) => ({ ...one, seq: one.seq + 1 }))];
}

test('what is cut off at the end shows in a receipt', async () => {
  const record = await aRecord();
  const { hash } = stateOf(record).request?.decided ?? assert.fail();
  const cut = record.slice(0, 3);
  assert.equal(findBreak(cut), undefined);
  assert.ok(!cut.some((entry) => entry.hash === hash));
});

test('a member that a later version has added is covered, and kept', () => {
  const event = { type: 'viewed', by: person('anna'), shown: 'x', more: { later: true } } as const;
  const record = [nextEntry(undefined, event, new Date(T0).toISOString())];
  const read = parseRecord(JSON.parse(serializeRecord(record)));
  assert.equal(findBreak(read), undefined);
  assert.deepEqual(read, record);
});

test('a text that is no record is refused', () => {
  for (const value of [null, {}, { version: 2, entries: [] }, { version: 1, entries: [{ seq: 1 }] }]) {
    assert.throws(() => parseRecord(value), { name: 'InvalidRequest' });
  }
});

test('a clock that goes back does not make a record that does', () => {
  const draft = new Draft([], T0);
  answer(draft, { id: ID, answer: CONFIRM, by: person('anna') });
  const behind = new Draft(draft.record, T0 - 60_000);
  answer(behind, { id: ID, answer: REJECT, by: person('ben') });
  const times = behind.record.map((entry) => entry.at);
  assert.deepEqual(times, times.toSorted());
});

test('where a request stands is what its entries come to, one after the other', async () => {
  const record = await aRecord();
  for (let count = 0; count < record.length; count += 1) {
    assert.deepEqual(evolve(stateOf(record.slice(0, count)), at(record, count)), stateOf(record.slice(0, count + 1)));
  }
});

test('the canonical text of a value does not depend on the order of its members', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: null }], a: 'é\n' }), '{"a":"é\\n","b":[{"c":null,"d":1}]}');
  assert.equal(canonicalJson({ '10': 1, '9': 2, a: undefined }), '{"10":1,"9":2}');
  const proto: unknown = JSON.parse('{"__proto__":{"x":1},"a":2}');
  assert.equal(canonicalJson(proto), '{"__proto__":{"x":1},"a":2}');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(reversed(JSON.parse(text))), text);
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
