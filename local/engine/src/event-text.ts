import { detailsMember, NOT_TRUNCATED, type HistoryEvent } from './history-event.ts';

/*
 * The events of one step as the store keeps them. What a step leaves is most often what the next one enters and what a task is
 * given, so a payload is written once and referred to by its place; that of the execution's own input stands in the execution.
 * What follows from the rest is left out: the ids, the instant that all events of a step share, the names of their details.
 */

interface StoredEvents {
  /** Epoch seconds. */
  readonly at: number;
  readonly texts: readonly string[];
  readonly events: readonly StoredEvent[];
}
type StoredEvent = readonly [type: string, previousEventId: number, details?: Details];
type Details = Readonly<Record<string, unknown>>;

/** Members that hold the text of a payload; in what is stored, its place. */
const PAYLOADS = new Set(['input', 'output', 'parameters']);
/** The place of the execution's own input. */
const OWN_INPUT = -1;

/** `ownInput` is the text of the execution's input, where it is at hand. */
export function eventsText(events: readonly HistoryEvent[], ownInput?: string): string {
  const places = new Map(ownInput === undefined ? [] : [[ownInput, OWN_INPUT]]);
  const texts: string[] = [];
  const placeOf = (text: string): number => {
    let place = places.get(text);
    if (place === undefined) places.set(text, (place = texts.push(text) - 1));
    return place;
  };
  const stored = events.map((event): StoredEvent => {
    const details = event[detailsMember(event.type)] as Details | undefined;
    const { type, previousEventId } = event;
    return details === undefined ? [type, previousEventId] : [type, previousEventId, storedDetails(details, placeOf)];
  });
  return JSON.stringify({ at: events[0]?.timestamp ?? 0, texts, events: stored } satisfies StoredEvents);
}

function storedDetails(details: Details, placeOf: (text: string) => number): Details {
  const stored: Record<string, unknown> = {};
  for (const name in details) {
    const value = details[name];
    if (PAYLOADS.has(name)) stored[name] = placeOf(value as string);
    else if (value !== NOT_TRUNCATED) stored[name] = value;
  }
  return stored;
}

/** Reads back what {@link eventsText} wrote; `ownInput` is asked for if an event holds it. */
export function parseEvents(text: string, firstEventId: number, ownInput: () => string): HistoryEvent[] {
  const { at, texts, events } = JSON.parse(text) as StoredEvents;
  const textAt = (place: number): string => (place === OWN_INPUT ? ownInput() : (texts[place] ?? ''));
  return events.map(([type, previousEventId, details], index) => {
    const event = { id: firstEventId + index, previousEventId, timestamp: at, type };
    return details === undefined ? event : { ...event, [detailsMember(type)]: shownDetails(details, textAt) };
  });
}

function shownDetails(details: Details, textAt: (place: number) => string): Details {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(details)) {
    shown[name] = PAYLOADS.has(name) ? textAt(value as number) : value;
    // Every payload but a task's parameters says that nothing of it was cut.
    if (name !== 'parameters' && (PAYLOADS.has(name) || name === 'assignedVariables'))
      shown[`${name}Details`] = NOT_TRUNCATED;
  }
  return shown;
}
