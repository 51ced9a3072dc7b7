import type { RecordedEvent } from './events.ts';
import { type ConfirmationRecord, type Entry, nextEntry } from './record.ts';
import { evolve, type RequestState, stateOf } from './request-state.ts';

/**
 * A record that somebody is about to add to. What is added counts at once for what is decided after it, and is written all
 * together or not at all.
 */
export class Draft {
  readonly at: string;
  #state: RequestState;
  #record: ConfirmationRecord;
  readonly #before: number;

  constructor(record: ConfirmationRecord, now: number) {
    // A clock that went back does not make a record that does: readers sort by what they see.
    const last = record.at(-1)?.at ?? '';
    const at = new Date(now).toISOString();
    this.at = at < last ? last : at;
    this.#record = record;
    this.#before = record.length;
    this.#state = stateOf(record);
  }

  get state(): RequestState {
    return this.#state;
  }

  get record(): ConfirmationRecord {
    return this.#record;
  }

  /** What is new. */
  get added(): readonly Entry[] {
    return this.#record.slice(this.#before);
  }

  add(event: RecordedEvent): void {
    const entry = nextEntry(this.#record.at(-1), event, this.at);
    this.#record = [...this.#record, entry];
    this.#state = evolve(this.#state, entry);
  }
}
