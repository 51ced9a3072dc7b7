import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsText, parseEvents } from '../src/event-text.ts';
import {
  assignedMembers,
  detailsMember,
  inputMembers,
  outputMembers,
  type HistoryEvent,
} from '../src/history-event.ts';

const plain = { noNullPrototype: true } as const;
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<null | boolean | number | string>;
const details = fc.oneof(
  fc.record({ name: fc.string() }, plain),
  json.map((value) => ({ name: 'A', ...inputMembers(value) })),
  json.map((value) => ({ name: 'A', ...outputMembers(value), ...assignedMembers({ set: value }) })),
  json.map((value) => ({ resource: 'invoke', parameters: JSON.stringify(value), timeoutInSeconds: 0 })),
  fc.record({ error: fc.string(), cause: fc.string({ unit: 'binary' }) }, plain),
  fc.constant(undefined),
);
const types = ['ExecutionStarted', 'TaskStateEntered', 'PassStateExited', 'TaskScheduled', 'MapIterationStarted'];

test('events are read back as they were written', () => {
  const events = fc
    .array(fc.record({ type: fc.constantFrom(...types), previousEventId: fc.nat(), details }, plain), { minLength: 1 })
    .map((given) => given.map(({ details: its, ...rest }, index) => eventOf(7 + index, rest, its)));
  fc.assert(
    fc.property(events, json, (written, input) => {
      const ownInput = JSON.stringify(input);
      for (const text of [eventsText(written), eventsText(written, ownInput)])
        assert.deepEqual(
          parseEvents(text, 7, () => ownInput),
          written,
        );
    }),
  );
});

test('a payload is written once, however many events hold it, and the input of the execution not at all', () => {
  const own = 'own '.repeat(1_000);
  const other = 'other '.repeat(1_000);
  const events = [own, own, other, other, other].map((value, index) =>
    eventOf(index + 1, { type: 'PassStateEntered', previousEventId: index }, inputMembers(value)),
  );
  const text = eventsText(events, JSON.stringify(own));
  assert.ok(text.length < other.length + 500, `${text.length} characters`);
  assert.equal(text.includes('own'), false);
});

function eventOf(id: number, rest: { type: string; previousEventId: number }, its: object | undefined): HistoryEvent {
  const event = { id, timestamp: 1_795_445_264.498, ...rest };
  return its === undefined ? event : { ...event, [detailsMember(rest.type)]: its };
}
