import type { Json } from '../../asl/src/index.ts';

/** A job that a task has submitted, by all that it takes to ask for it and to cancel it. Kept as JSON. */
export interface Job {
  /** What submitted it: `batch:submitJob`. */
  readonly kind: string;
  readonly names: Readonly<Record<string, string>>;
}

/** Asks services how jobs are, and cancels those that nobody waits for any more. Both may be repeated. */
export interface JobIo {
  /** Jobs of one group are asked for in one call. */
  groupOf(job: Job): string;
  /** Answers in the order of the jobs, which are of one group and not more than {@link JOBS_PER_CALL_MAX}. */
  ask(jobs: readonly Job[], signal: AbortSignal): Promise<readonly JobReport[]>;
  /** Answers whether the service heard of it; whatever it makes of that, no more can be done. */
  cancel(job: Job, signal: AbortSignal): Promise<boolean>;
}

/** As many as DescribeJobs and DescribeTasks take. */
export const JOBS_PER_CALL_MAX = 100;

export type JobReport =
  | { readonly state: 'running' }
  | { readonly state: 'succeeded'; readonly output: Json }
  | { readonly state: 'failed'; readonly error: string; readonly cause: string }
  /** The service does not tell: it has no such job yet, or no more, or will not say. With the reason, in words. */
  | { readonly state: 'unknown'; readonly cause: string }
  | { readonly state: 'no answer' };
