import type { StateMachineDefinition } from '../../asl/src/index.ts';
import type { ResourceStore, StoredRevision, StoredStateMachine } from './resource-store.ts';

/** A revision as executions run it: its definition is read once, however many executions it has. */
export interface LoadedRevision {
  readonly machine: StoredStateMachine;
  readonly revision: StoredRevision;
  readonly definition: StateMachineDefinition;
}

/** Definitions are kept for so many revisions; more are read again when they are needed. */
const LOADED_MAX = 1_000;

/** The revisions that executions run. One that is stored never changes. */
export class Revisions {
  readonly #resources: ResourceStore;
  readonly #loaded = new Map<number, LoadedRevision>();

  constructor(resources: ResourceStore) {
    this.#resources = resources;
  }

  /** What was read in a transaction that did not come to be is forgotten. */
  forget(): void {
    this.#loaded.clear();
  }

  load(id: number): LoadedRevision {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const revision = this.#resources.loadRevision(id);
    const machine = revision && this.#resources.loadStateMachine(revision.stateMachineId);
    if (revision === undefined || machine === undefined) throw new Error(`the store has lost revision ${id}`);
    // It was checked when it was stored. A later release may be stricter with new definitions, and still runs and shows this one.
    const definition = JSON.parse(revision.definition) as StateMachineDefinition;
    const loaded = { machine, revision, definition };
    if (this.#loaded.size >= LOADED_MAX) this.#loaded.clear();
    this.#loaded.set(id, loaded);
    return loaded;
  }
}
