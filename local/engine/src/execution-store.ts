import type { ExecutionStatus } from './api.ts';
import type { JobStore } from './job-store.ts';
import type { MapRunStore } from './map-run-store.ts';
import type { ResourceStore } from './resource-store.ts';

/**
 * Where executions live, behind one contract (`test/execution-store.contract.ts`): SQLite in a file, which is the truth on disk,
 * and SQLite in memory, which keeps nothing. Reading and writing are synchronous; only `transact` makes anything durable.
 */
export interface ExecutionStore {
  /** The key that task tokens are proved by: 32 bytes, made with the store and never changed. */
  readonly tokenKey: Uint8Array;

  /**
   * Runs the work in one transaction. When it returns, all that was written is on disk; when it throws, nothing was written.
   *
   * @throws {StoreUnavailable} if the disk cannot take it now, as when it is full. Nothing was written.
   */
  transact<T>(work: () => T): T;

  /**
   * As {@link transact}, without waiting for the disk: the work is done when this returns, and all that was written is on disk when it
   * resolves. When it rejects, nothing was written. Whoever reads meanwhile, or begins another transaction, waits for the disk first.
   */
  transactAsync(work: () => void): Promise<void>;

  /** The state machines that executions are of, and whatever else has a name. */
  readonly resources: ResourceStore;
  readonly mapRuns: MapRunStore;
  readonly jobs: JobStore;

  insertExecution(execution: StoredExecution): void;
  /** Saves what an execution becomes; its input, name and start never change. */
  updateExecution(id: number, progress: ExecutionProgress): void;
  /** The same for one that goes on running: it stands elsewhere, and nothing that it is found by has changed. */
  moveExecution(id: number, progress: Pick<ExecutionProgress, 'lastEventId' | 'lastEffectId' | 'position'>): void;
  /** Forgets an execution, its history and its effects. */
  deleteExecution(id: number): void;
  loadExecution(id: number): StoredExecution | undefined;
  /** Of several state machines that bore this name one after the other, the latest that had such an execution. */
  findExecution(stateMachineName: string, name: string): StoredExecution | undefined;
  /** The child of a Map Run that bears this name; the `stateMachineId` of such is the run's id with a minus sign. */
  findChildExecution(name: string): StoredExecution | undefined;
  /** Those that bear this name, one at most of each state machine that is there; children of Map Runs are left out. */
  findExecutionsNamed(name: string, limit: number): StoredExecution[];
  findExecutionOf(stateMachineId: number, name: string): StoredExecution | undefined;
  /** Newest first, below `beforeId`. */
  listExecutions(
    of: ExecutionsOf,
    status: ExecutionStatus | undefined,
    beforeId: number,
    limit: number,
    redriven?: 'REDRIVEN' | 'NOT_REDRIVEN',
  ): StoredExecution[];
  /** How many there are, counted up to `max`. */
  countExecutions(stateMachineId: number, status: ExecutionStatus, max: number): number;
  /** The latest to start, newest first. */
  latestStarts(stateMachineId: number, limit: number): ExecutionStart[];
  hasRunningExecutions(stateMachineId: number): boolean;
  /** The highest id that was ever given to an execution; 0 before the first. */
  lastExecutionId(): number;

  /** Appends the events of one step, from `firstEventId` on, as the text that `event-text.ts` makes of them. */
  appendEvents(executionId: number, firstEventId: number, text: string): void;
  /** The chunks that hold the events from `fromEventId` on, in order; backwards, those from it down. */
  readEvents(executionId: number, fromEventId: number, backwards: boolean): Iterable<StoredEvents>;

  /** Adds a row or replaces it. `inFlight` rows are calls that a process is making, and timers whose end it is working out. */
  putEffect(executionId: number, effectId: number, dueAtMs: number, inFlight: boolean): void;
  /** As {@link putEffect}, for a task that waits for its token, or for a worker of its activity, and so for somebody's answer. */
  putWait(executionId: number, effectId: number, dueAtMs: number, stateMachineId: number): void;
  postponeEffect(executionId: number, effectId: number, dueAtMs: number): void;
  removeEffect(executionId: number, effectId: number): void;
  /** The open effects that are due at this instant, the longest due first. */
  dueEffects(atMs: number, limit: number): OpenEffect[];
  /** When the next effect is due. It may tell an instant before that, and never one after. */
  nextDueAtMs(): number | null;
  /** The open effects, the first due first, also those that are not due yet. */
  nextEffects(limit: number): DueEffect[];
  /** What waits for somebody's answer, behind a place on: by state machine, and of each the execution that began first. */
  waits(of: WaitsOf, after: WaitPlace | undefined, limit: number): WaitPlace[];
  /** What was in flight when the last process ended: before this one begins anything, all such rows are another's. */
  effectsInFlight(limit: number): OpenEffect[];
  /** Leaves an open call to the next process, which is to make it: this one stops, and has not begun it. */
  handOver(executionId: number, effectId: number, call: string): void;
  /** The calls that were handed over; from now on they are in flight. */
  takeOver(): HandedOverCall[];

  /** Keeps a task for the workers of an activity, after those that wait already. It may be over by the time that it is taken. */
  offerToWorkers(executionId: number, effectId: number, activityArn: string, input: string): void;
  /** The task that has waited longest, which is now nobody else's. */
  takeOffer(activityArn: string): Offer | undefined;

  /** Remembers that an effect waits for the end of another execution. It may be over by the time of that. */
  awaitExecution(executionId: number, effectId: number, awaitedId: number): void;
  /** The effects that wait for this execution. */
  awaiting(awaitedId: number): OpenEffect[];
  removeAwaited(executionId: number, effectId: number): void;
  /** Executions that have ended, and whose end somebody has not been told. */
  endedAndAwaited(): number[];

  /** Transactions that were made durable, for tests and measurements. */
  readonly commits: number;
  close(): void;
}

export interface ExecutionProgress {
  readonly status: ExecutionStatus;
  readonly stoppedAtMs: number | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly lastEventId: number;
  readonly lastEffectId: number;
  readonly redriveCount: number;
  /** Where it stands, as JSON text; null once it has ended. */
  readonly position: string | null;
}

export interface StoredExecution extends ExecutionProgress {
  readonly id: number;
  readonly stateMachineId: number;
  readonly revisionId: number;
  /** The version that it was started by, or that its alias chose; null where it was started by the state machine itself. */
  readonly version: number | null;
  /** The alias that it was started by. */
  readonly alias: string | null;
  readonly name: string;
  readonly startedAtMs: number;
  /** As it was given. */
  readonly input: string;
  readonly traceHeader: string | null;
}

export type ExecutionStart = Pick<StoredExecution, 'id' | 'status' | 'startedAtMs'>;

/** The executions of a state machine, of one of its versions, or of one of its aliases. */
export interface ExecutionsOf {
  readonly stateMachineId: number;
  readonly version?: number;
  readonly alias?: string;
}

export interface StoredEvents {
  readonly firstEventId: number;
  readonly text: string;
}

export interface OpenEffect {
  readonly executionId: number;
  readonly effectId: number;
}

/** All, or those of a state machine, or of an execution. */
export interface WaitsOf {
  readonly stateMachineId?: number;
  readonly executionId?: number;
}

export interface WaitPlace extends OpenEffect {
  readonly stateMachineId: number;
}

export interface DueEffect extends OpenEffect {
  readonly dueAtMs: number;
}

export interface Offer extends OpenEffect {
  readonly input: string;
}

export interface HandedOverCall extends OpenEffect {
  readonly call: string;
}

/** The disk cannot take more at the moment. */
export class StoreUnavailable extends Error {}
