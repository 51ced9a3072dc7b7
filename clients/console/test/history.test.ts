import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AskHistory,
  eventCount,
  filled,
  gapOf,
  HEAD_EVENTS,
  loadedEvents,
  type LoadedHistory,
  NOTHING,
  refreshed,
  TAIL_EVENTS,
} from '../src/page/workflows/history.ts';

/** A service whose history can grow; tokens are the id that a page begins at. */
function service(length: number) {
  const state = { length, read: 0 };
  const ask: AskHistory = ({ reverseOrder, maxResults, nextToken }) => {
    const from = nextToken === undefined ? (reverseOrder ? state.length : 1) : Number(nextToken);
    const ids = Array.from({ length: maxResults }, (_, index) => (reverseOrder ? from - index : from + index));
    const events = ids
      .filter((id) => id >= 1 && id <= state.length)
      .map((id) => ({ id, timestamp: id, type: 'PassStateEntered' }));
    state.read += events.length;
    const next = (events.at(-1)?.id ?? 0) + (reverseOrder ? -1 : 1);
    const more = next >= 1 && next <= state.length ? { nextToken: String(next) } : {};
    return Promise.resolve({ isOk: true, body: { events, ...more } });
  };
  return { state, ask };
}

async function next(step: typeof refreshed, history: LoadedHistory, ask: AskHistory): Promise<LoadedHistory> {
  const found = await step(history, ask);
  assert.ok(found.isOk);
  const ids = loadedEvents(found.body).map(({ id }) => id);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((left, right) => left - right),
    'each once, in order',
  );
  return found.body;
}

test('a short history is read at once, and what is added to it follows', async () => {
  const { state, ask } = service(5);
  let history = await next(refreshed, NOTHING, ask);
  assert.deepEqual([eventCount(history), gapOf(history)], [5, 0]);
  state.length = 150;
  history = await next(refreshed, history, ask);
  assert.deepEqual([eventCount(history), gapOf(history), loadedEvents(history).length], [150, 0, 150]);
  assert.equal(await next(refreshed, history, ask), history, 'what is the same stays the same');
});

test('of a long one both ends are read, at most 500 events, and the rest on request', async () => {
  const { state, ask } = service(25_000);
  let history = await next(refreshed, NOTHING, ask);
  assert.equal(state.read, HEAD_EVENTS + TAIL_EVENTS);
  assert.ok(state.read <= 500);
  assert.deepEqual([eventCount(history), gapOf(history)], [25_000, 24_500]);
  history = await next(filled, history, ask);
  assert.equal(gapOf(history), 24_000);
  state.length = 25_040;
  history = await next(refreshed, history, ask);
  assert.deepEqual([eventCount(history), gapOf(history)], [25_040, 24_000]);
  for (let reads = 0; gapOf(history) > 0 && reads < 60; reads += 1) history = await next(filled, history, ask);
  assert.deepEqual([loadedEvents(history).length, history.tail.length], [25_040, 0]);
});

test('a history that grew faster than it was looked at has a gap again', async () => {
  const { state, ask } = service(10);
  let history = await next(refreshed, NOTHING, ask);
  state.length = 5_000;
  history = await next(refreshed, history, ask);
  assert.deepEqual([eventCount(history), history.head.length, history.tail.length], [5_000, 10, 500]);
  for (let reads = 0; gapOf(history) > 0 && reads < 60; reads += 1) history = await next(filled, history, ask);
  assert.equal(loadedEvents(history).length, 5_000);
});
