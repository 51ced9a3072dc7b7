import type { ExecutionProgress, StoredExecution } from './execution-store.ts';
import { StoreDamaged } from './seal.ts';

/** Where an execution that goes on running stands. */
export type Place = Pick<ExecutionProgress, 'lastEventId' | 'lastEffectId' | 'position'>;

export interface EffectRow {
  readonly dueAtMs: number;
  readonly inFlight: boolean;
  /** The state machine of a task that waits for somebody's answer. */
  readonly waitingOf: number | null;
}

/** One thing that a transaction writes of an execution, as the journal has it. Each says how it is now: to do it twice is to do it once. */
export type Change =
  | readonly ['inserted', StoredExecution]
  | readonly ['updated', id: number, ExecutionProgress]
  | readonly ['moved', id: number, Place]
  | readonly ['events', id: number, firstEventId: number, text: string]
  | readonly ['effect', id: number, effectId: number, EffectRow]
  | readonly ['effect gone', id: number, effectId: number]
  | readonly ['gone', id: number];

export function executionOf(change: Change): number {
  return change[0] === 'inserted' ? change[1].id : change[1];
}

/**
 * What the database would refuse is refused at once: later it would stand in the way of all others.
 *
 * @throws {StoreDamaged}
 */
export function refuseUnstorable(change: Change): void {
  if (!isStorable(change)) throw new StoreDamaged(`execution ${executionOf(change)}`);
}

function isStorable(change: Change): boolean {
  switch (change[0]) {
    case 'inserted':
      return Number.isFinite(change[1].startedAtMs) && isCounted(change[1]);
    case 'updated':
      return isCounted(change[2]);
    case 'moved':
      return Number.isSafeInteger(change[2].lastEventId) && Number.isSafeInteger(change[2].lastEffectId);
    case 'events':
      return Number.isSafeInteger(change[2]);
    case 'effect':
      return Number.isFinite(change[3].dueAtMs);
    default:
      return true;
  }
}

function isCounted({ lastEventId, lastEffectId, redriveCount }: ExecutionProgress): boolean {
  return [lastEventId, lastEffectId, redriveCount].every(Number.isSafeInteger);
}
