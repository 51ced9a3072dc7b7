import { ServiceUnavailable } from './errors.ts';
import type { Evaluations } from './evaluations.ts';
import { JOBS_PER_CALL_MAX, type Job, type JobIo, type JobReport } from './job-io.ts';
import type { JobStore, StoredJob } from './job-store.ts';
import type { SignalBody } from './signal.ts';

/** What the jobs need of the engine. */
export interface JobHost {
  now(): number;
  transact<T>(work: (evaluations: Evaluations) => T): Promise<T>;
  /** Within a transaction. */
  signal(executionId: number, body: SignalBody, evaluations: Evaluations): void;
  /** Something else may be due next. */
  sleep(): void;
}

/** A job is asked for after a second, then more and more rarely. */
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 10_000;
/** So many calls are under way at a time. */
const CALLS_MAX = 8;
/** A service that was down for that long is not the one to cancel a job. */
const CANCELS_MAX = 30;
/** A service may take a moment to know of a new job; one that has not told of it so many times in a row never will. */
const UNKNOWN_MAX = 6;
/** What the disk does not take now is tried again so much later. */
const RETRY_MS = 250;

/**
 * Asks for the jobs that `.sync` tasks wait for until they have ended, and brings each end to its execution; a job whose task
 * has ended otherwise is cancelled. A job is a row with a due time, so after a crash it is asked for again. What is in memory
 * are the calls under way.
 */
export class Jobs {
  readonly #store: JobStore;
  readonly #io: JobIo;
  readonly #host: JobHost;
  readonly #stopping = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  /** Jobs that a call is under way for; the service may be slower than the pause. */
  readonly #asking = new Set<string>();
  #isTaking = false;

  constructor(store: JobStore, io: JobIo, host: JobHost) {
    this.#store = store;
    this.#io = io;
    this.#host = host;
  }

  /** Within a transaction: a task waits for this job from now on. */
  begin(executionId: number, effectId: number, job: Job): void {
    this.#store.insertJob(executionId, effectId, JSON.stringify(job), this.#host.now() + PAUSE_MS);
  }

  /** Within a transaction: somebody else has told the task of its end. */
  ended(executionId: number, effectId: number): void {
    this.#store.removeJob(executionId, effectId);
  }

  /** Within a transaction: the task is over, and its job perhaps is not. */
  abandoned(executionId: number, effectId: number): void {
    this.#store.cancelJob(executionId, effectId, this.#host.now());
  }

  /** When to call {@link ask} next; `null` while there is nothing to ask, or nobody free to. */
  nextAskAtMs(): number | null {
    return this.#isBusy ? null : this.#store.nextAskAtMs();
  }

  /** Asks for the jobs that are due, as many as there are calls for. */
  ask(): void {
    if (this.#isBusy) return;
    this.#isTaking = true;
    void this.#host
      .transact(() => this.#take())
      .then(
        (batches) => this.#callFor(batches),
        (error: unknown) => {
          if (!(error instanceof ServiceUnavailable)) throw error;
          setTimeout(() => this.#callFor([]), RETRY_MS).unref();
        },
      );
  }

  /** Nothing more is asked; what is under way is cut off, and asked again at the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#calls);
  }

  /** Nothing is being asked. */
  get isIdle(): boolean {
    return !this.#isTaking && this.#calls.size === 0;
  }

  get #isBusy(): boolean {
    return this.#isTaking || this.#calls.size >= CALLS_MAX || this.#stopping.signal.aborted;
  }

  /** Within a transaction: each job that is taken gets the time at which it is asked for next, so one that still runs needs no other write. */
  #take(): StoredJob[][] {
    const now = this.#host.now();
    const due = this.#store.dueJobs(now, CALLS_MAX * JOBS_PER_CALL_MAX);
    const batches = batchesOf(due, this.#io).slice(0, CALLS_MAX - this.#calls.size);
    for (const taken of batches.flat()) {
      const askAtMs = now + Math.min(PAUSE_MS * 2 ** Math.min(taken.asked + 1, 10), PAUSE_MS_MAX);
      this.#store.postponeJob(taken, askAtMs, taken.asked + 1);
    }
    return batches;
  }

  #callFor(batches: readonly (readonly StoredJob[])[]): void {
    this.#isTaking = false;
    for (const batch of batches) {
      const jobs = batch.filter((job) => !this.#asking.has(keyOf(job)));
      if (jobs.length > 0) this.#track(jobs);
    }
    this.#host.sleep();
  }

  #track(jobs: readonly StoredJob[]): void {
    for (const job of jobs) this.#asking.add(keyOf(job));
    const call = this.#call(jobs).finally(() => {
      for (const job of jobs) this.#asking.delete(keyOf(job));
      this.#calls.delete(call);
      this.#host.sleep();
    });
    this.#calls.add(call);
  }

  async #call(jobs: readonly StoredJob[]): Promise<void> {
    const { signal } = this.#stopping;
    const [first] = jobs;
    try {
      if (first?.isCancelled === true) await this.#cancel(first, signal);
      else await this.#report(jobs, await this.#io.ask(jobs.map(parseJob), signal));
    } catch (error) {
      // The disk takes nothing now. The rows are as they were, so it is asked again.
      if (!(error instanceof ServiceUnavailable)) throw error;
    }
  }

  async #cancel(job: StoredJob, signal: AbortSignal): Promise<void> {
    const isHeard = await this.#io.cancel(parseJob(job), signal);
    if (signal.aborted || (!isHeard && job.asked < CANCELS_MAX)) return;
    await this.#host.transact(() => this.#store.removeJob(job.executionId, job.effectId));
  }

  async #report(jobs: readonly StoredJob[], reports: readonly JobReport[]): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const news = jobs.flatMap((job, index) => {
      const report = reports[index];
      return report === undefined || !isNews(job, report) ? [] : [{ job, report }];
    });
    // One transaction each: an expression that one of them has to wait for keeps no other waiting.
    await Promise.all(
      news.map(({ job, report }) => this.#host.transact((evaluations) => this.#tell(job, report, evaluations))),
    );
  }

  #tell(job: StoredJob, report: JobReport, evaluations: Evaluations): void {
    const { executionId, effectId } = job;
    const unknown = report.state === 'unknown' ? job.unknown + 1 : 0;
    const body = signalOf(effectId, report, unknown);
    if (body === undefined) this.#store.countUnknown(job, unknown);
    else {
      this.#host.signal(executionId, body, evaluations);
      // Whether or not somebody still waited for it, it has ended.
      this.#store.removeJob(executionId, effectId);
    }
  }
}

/** Jobs that can be asked for together; those to be cancelled are cancelled one by one. */
function batchesOf(due: readonly StoredJob[], io: JobIo): StoredJob[][] {
  const groups = Map.groupBy(due, (job) => (job.isCancelled ? `cancel ${keyOf(job)}` : io.groupOf(parseJob(job))));
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / JOBS_PER_CALL_MAX) }, (_, index) =>
      group.slice(index * JOBS_PER_CALL_MAX, (index + 1) * JOBS_PER_CALL_MAX),
    ),
  );
}

function isNews(job: StoredJob, { state }: JobReport): boolean {
  if (state === 'no answer') return false;
  return state !== 'running' || job.unknown > 0;
}

/** What the execution is told; nothing while its job goes on. */
function signalOf(effectId: number, report: JobReport, unknown: number): SignalBody | undefined {
  switch (report.state) {
    case 'succeeded':
      return { type: 'TaskSucceeded', effectId, output: report.output };
    case 'failed':
      return { type: 'TaskFailed', effectId, error: report.error, cause: report.cause };
    case 'unknown':
      return unknown < UNKNOWN_MAX
        ? undefined
        : { type: 'TaskFailed', effectId, error: 'States.TaskFailed', cause: report.cause };
    case 'running':
    case 'no answer':
      return undefined;
  }
}

function parseJob({ job }: StoredJob): Job {
  return JSON.parse(job) as Job;
}

function keyOf({ executionId, effectId }: StoredJob): string {
  return `${executionId}/${effectId}`;
}
