import type { OpenEffect } from './execution-store.ts';

/** The jobs that tasks wait for, and those that nobody waits for any more and that have yet to be cancelled. */
export interface JobStore {
  insertJob(executionId: number, effectId: number, job: string, askAtMs: number): void;
  /** The jobs to ask for at this instant, the longest due first. */
  dueJobs(atMs: number, limit: number): StoredJob[];
  /** When the next job is to be asked for. */
  nextAskAtMs(): number | null;
  postponeJob(job: OpenEffect, askAtMs: number, asked: number): void;
  countUnknown(job: OpenEffect, unknown: number): void;
  /** From now on it is to be cancelled. Changes nothing where no job is. */
  cancelJob(executionId: number, effectId: number, askAtMs: number): void;
  removeJob(executionId: number, effectId: number): void;
}

export interface StoredJob extends OpenEffect {
  /** As JSON. */
  readonly job: string;
  readonly isCancelled: boolean;
  /** How often it was asked for, or its cancellation. */
  readonly asked: number;
  /** How often in a row the service did not know of it. */
  readonly unknown: number;
}
