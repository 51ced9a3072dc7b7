import { describeProblems, parseDefinition, type StateMachineDefinition } from '../../asl/src/index.ts';
import type { ResourceStore, StoredRevision, StoredStateMachine } from './resource-store.ts';

/** A revision as executions run it: its definition is parsed once, however many executions it has. */
export interface LoadedRevision {
  readonly machine: StoredStateMachine;
  readonly revision: StoredRevision;
  readonly definition: StateMachineDefinition;
}

/** Parsed definitions are kept for so many revisions; more are read again when they are needed. */
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
    const parsed = parseDefinition(revision.definition, { type: machine.type });
    if ('problems' in parsed)
      throw new Error(`revision ${id} was accepted once, and is refused now: ${describeProblems(parsed.problems)}`);
    const loaded = { machine, revision, definition: parsed.definition };
    if (this.#loaded.size >= LOADED_MAX) this.#loaded.clear();
    this.#loaded.set(id, loaded);
    return loaded;
  }
}
