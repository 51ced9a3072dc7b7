import assert from 'node:assert/strict';
import type { StateGraph, StateMachineDefinition } from '../../asl/src/index.ts';
import { statesThatMayBeBrokenOff } from './random-definitions.ts';

interface StateEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly stateEnteredEventDetails?: { readonly name: string };
  readonly stateExitedEventDetails?: { readonly name: string };
}

/**
 * Every state that is left was entered before, once for each time; and what was entered is left, unless the execution or the branch
 * that it stands in was broken off. Time never goes back.
 */
export function assertStatesAreLeft(definition: StateMachineDefinition, history: readonly object[]): void {
  const events = history as readonly StateEvent[];
  const inside = entriesStillOpen(events);
  const succeeded = events.at(-1)?.type === 'ExecutionSucceeded';
  const brokenOff = statesThatMayBeBrokenOff(definition);
  const atTop = namesOf(definition);
  if (succeeded) {
    assert.deepEqual(
      inside.filter((name) => !brokenOff.has(name)),
      [],
      'entered, and never left',
    );
  }
  const openAtTop = inside.filter((name) => atTop.has(name));
  assert.ok(openAtTop.length <= (succeeded ? 0 : 1), `the execution stands in one state: ${openAtTop.join(', ')}`);
  for (const [index, { timestamp, id }] of events.entries())
    assert.ok(timestamp >= (events[index - 1]?.timestamp ?? 0), `event ${id} is not before the one above it`);
}

/** Each exit leads back, event by event, to the entry that it ends. Answers with the names of the entries that have no exit. */
function entriesStillOpen(events: readonly StateEvent[]): string[] {
  const open = new Map<number, string>();
  for (const event of events) {
    const entered = event.stateEnteredEventDetails?.name;
    const exited = event.stateExitedEventDetails?.name;
    if (entered !== undefined) open.set(event.id, entered);
    if (exited === undefined) continue;
    let at: StateEvent | undefined = event;
    while (at !== undefined && at.stateEnteredEventDetails?.name !== exited) at = events[at.previousEventId - 1];
    assert.ok(at !== undefined, `exit #${event.id} of "${exited}" leads back to its entry`);
    assert.ok(open.delete(at.id), `exit #${event.id} of "${exited}" is the only one of entry #${at.id}`);
  }
  return [...open.values()];
}

function namesOf({ States }: StateGraph): ReadonlySet<string> {
  return new Set(Object.keys(States));
}
