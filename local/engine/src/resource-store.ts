import type { Json } from '../../asl/src/index.ts';
import type { StateMachineSettings, StateMachineType, Tag } from './api.ts';

/**
 * What is registered by name: state machines with their revisions, versions and aliases; activities; and the tags of both.
 * It is a part of an `ExecutionStore`: what is written here becomes durable with that store's transaction.
 */
export interface ResourceStore {
  insertStateMachine(machine: Omit<StoredStateMachine, 'id'>): number;
  /** Adds a revision, and makes it the one that new executions run. */
  insertRevision(revision: Omit<StoredRevision, 'id'>): number;
  setStateMachineStatus(id: number, status: StoredStateMachine['status']): void;
  /** The one of this name that is not deleted. */
  findStateMachine(name: string): StoredStateMachine | undefined;
  loadStateMachine(id: number): StoredStateMachine | undefined;
  loadRevision(id: number): StoredRevision | undefined;
  currentRevision(stateMachineId: number): StoredRevision;
  /** Newest first, below `beforeId`; deleted ones are left out. */
  listStateMachines(beforeId: number, limit: number): StoredStateMachine[];
  stateMachinesBeingDeleted(): number[];

  /** Answers with the version's number: one more than the last that this state machine ever had, deleted ones included. */
  insertVersion(version: Omit<StoredVersion, 'number'>): number;
  findVersion(stateMachineId: number, number: number): StoredVersion | undefined;
  /** Newest first, below `beforeNumber`. */
  listVersions(stateMachineId: number, beforeNumber: number, limit: number): StoredVersion[];
  countVersions(stateMachineId: number): number;
  deleteVersion(stateMachineId: number, number: number): void;

  insertAlias(alias: Omit<StoredAlias, 'id'>): void;
  updateAlias(id: number, changes: Pick<StoredAlias, 'description' | 'routing' | 'updatedAtMs'>): void;
  findAlias(stateMachineId: number, name: string): StoredAlias | undefined;
  /** Oldest first. */
  listAliases(stateMachineId: number): StoredAlias[];
  deleteAlias(id: number): void;

  insertActivity(activity: Omit<StoredActivity, 'id'>): void;
  findActivity(name: string): StoredActivity | undefined;
  /** Newest first, below `beforeId`. */
  listActivities(beforeId: number, limit: number): StoredActivity[];
  deleteActivity(id: number): void;

  /** In the order in which they were put. */
  tagsOf(resourceArn: string): Tag[];
  /** Replaces all that the resource has. */
  putTags(resourceArn: string, tags: readonly Tag[]): void;
}

export interface StoredStateMachine {
  readonly id: number;
  readonly name: string;
  readonly type: StateMachineType;
  readonly status: 'ACTIVE' | 'DELETING' | 'DELETED';
  readonly createdAtMs: number;
}

export interface StoredRevision {
  readonly id: number;
  readonly stateMachineId: number;
  /** What the API shows as `revisionId`; the first revision has none. */
  readonly revisionId: string | null;
  readonly definition: string;
  readonly roleArn: string;
  readonly settings: StateMachineSettings;
  readonly createdAtMs: number;
}

/** A revision that was published under a number. */
export interface StoredVersion {
  readonly stateMachineId: number;
  readonly number: number;
  /** The revision's key in the store. */
  readonly revisionId: number;
  readonly description: string | null;
  readonly createdAtMs: number;
}

export interface StoredAlias {
  readonly id: number;
  readonly stateMachineId: number;
  readonly name: string;
  readonly description: string | null;
  /** One or two versions; the weights make 100. */
  readonly routing: readonly { readonly version: number; readonly weight: number }[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface StoredActivity {
  readonly id: number;
  readonly name: string;
  readonly encryptionConfiguration: Json;
  readonly createdAtMs: number;
}
