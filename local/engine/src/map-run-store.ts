import type { DistributedMapPlan, FailureTolerance } from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';
import type { RedriveBounds } from './redrive.ts';

/**
 * The runs of distributed Maps: the items that are still to be begun, and which execution an item became.
 * It is a part of an `ExecutionStore`: what is written here becomes durable with that store's transaction.
 */
export interface MapRunStore {
  insertMapRun(run: Omit<StoredMapRun, 'id'>): number;
  updateMapRun(id: number, progress: MapRunProgress): void;
  loadMapRun(id: number): StoredMapRun | undefined;
  findMapRun(arn: string): StoredMapRun | undefined;
  /** Newest first. */
  listMapRuns(executionId: number, beforeId: number, limit: number): StoredMapRun[];
  /** Changes what the run was begun with, and the effect that stands for it. */
  configureMapRun(id: number, settings: MapRunSettings): void;
  runningMapRuns(): number[];
  /** The one that an open effect stands for. */
  mapRunOf(executionId: number, effectId: number): StoredMapRun | undefined;

  /** Adds an item's JSON text at the end. */
  appendItem(mapRunId: number, index: number, text: string): void;
  readItem(mapRunId: number, index: number): string;
  /** Deletes some of the items; answers how many it were. */
  deleteItems(mapRunId: number, limit: number): number;

  insertChild(child: MapRunChild): void;
  findChild(executionId: number): MapRunChild | undefined;
  /** In the order of the items: those that have ended as asked for, from `fromIndex` on. */
  childrenOf(mapRunId: number, fromIndex: number, limit: number): MapRunChild[];
  /** The executions of all children that ended and did not succeed become PENDING_REDRIVE. */
  awaitRedrive(mapRunId: number): void;
  /** Those that are PENDING_REDRIVE are again what they were before. */
  abandonRedrive(mapRunId: number): void;
  abandonRedriveOf(executionId: number): void;
  nextAwaitingRedrive(mapRunId: number): MapRunChild | undefined;
  /** Children and their items by the status of the execution. Reads all children of the run. */
  countChildren(mapRunId: number, bounds: RedriveBounds): MapRunCount[];
}

export interface MapRunCount {
  readonly status: ExecutionStatus;
  readonly executions: number;
  readonly items: number;
  /** Of them, those that did not succeed and cannot be redriven. */
  readonly notRedrivable: { readonly executions: number; readonly items: number };
}

export interface MapRunProgress {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  readonly stoppedAtMs: number | null;
  /** null until they are read. */
  readonly itemCount: number | null;
  /** The first item that has not begun. */
  readonly nextItem: number;
  readonly nextChild: number;
  /** Children that have not ended. */
  readonly running: number;
  /** Items, by how their children ended. */
  readonly succeeded: number;
  readonly failed: number;
}

export interface MapRunSettings {
  /** The effect that waits for it. */
  readonly effectId: number;
  readonly tolerance: FailureTolerance;
  readonly maxConcurrency: number;
  readonly redriveCount: number;
  readonly redrivenAtMs: number | null;
}

export interface StoredMapRun extends MapRunProgress, MapRunSettings {
  readonly id: number;
  readonly arn: string;
  /** The execution that waits for it. */
  readonly executionId: number;
  readonly frameId: number;
  readonly revisionId: number;
  /** The way from the definition to the Map state: names of states, and the places of branches between them. */
  readonly processorPath: readonly (string | number)[];
  readonly label: string;
  readonly plan: Omit<DistributedMapPlan, 'items'>;
  readonly startedAtMs: number;
}

export interface MapRunChild {
  readonly executionId: number;
  readonly mapRunId: number;
  readonly index: number;
  /** How many items it works on: more than one in a batch. */
  readonly items: number;
}
