import type { DatabaseSync } from 'node:sqlite';
import type { Job, JobStatus } from './batch-job.ts';

/** The jobs of Batch, within the transactions of whoever calls. */
export interface BatchJobStore {
  insert(job: Job): void;
  update(job: Job): void;
  find(id: string): Job | undefined;
  /** Of one queue, the oldest first; of every state, or of one. @param after the place where an earlier page ended */
  page(query: { queueArn: string; status?: JobStatus; after: number; limit: number }): PlacedJob[];
  /** Those that wait for this one. */
  dependentsOf(id: string): Job[];
  /** Forgets those that ended before. */
  sweep(stoppedBeforeMs: number): void;
}

export interface PlacedJob {
  readonly job: Job;
  /** Its place in all lists. */
  readonly sequence: number;
}

export function createBatchJobStore(database: DatabaseSync): BatchJobStore {
  const insert = database.prepare('INSERT INTO batch_jobs (id, queue, status, job) VALUES (?, ?, ?, ?)');
  const update = database.prepare('UPDATE batch_jobs SET status = ?, stopped_ms = ?, job = ? WHERE id = ?');
  const select = database.prepare('SELECT job FROM batch_jobs WHERE id = ?');
  const selectAll = database.prepare(
    'SELECT sequence, job FROM batch_jobs WHERE queue = ? AND sequence > ? ORDER BY sequence LIMIT ?',
  );
  const selectByStatus = database.prepare(
    'SELECT sequence, job FROM batch_jobs WHERE queue = ? AND status = ? AND sequence > ? ORDER BY sequence LIMIT ?',
  );
  const depend = database.prepare('INSERT OR IGNORE INTO batch_dependencies (job_id, depends_on) VALUES (?, ?)');
  const selectDependents = database.prepare(
    'SELECT job FROM batch_jobs JOIN batch_dependencies ON job_id = id WHERE depends_on = ? ORDER BY sequence',
  );
  const sweepDependencies = database.prepare(
    'DELETE FROM batch_dependencies WHERE job_id IN (SELECT id FROM batch_jobs WHERE stopped_ms < ?)',
  );
  const sweepJobs = database.prepare('DELETE FROM batch_jobs WHERE stopped_ms < ?');

  return {
    insert(job) {
      insert.run(job.id, job.queueArn, job.status, JSON.stringify(job));
      for (const id of job.dependsOn) depend.run(job.id, id);
    },
    update: (job) => void update.run(job.status, job.stoppedAtMs ?? null, JSON.stringify(job), job.id),
    find(id) {
      const row = select.get(id);
      return row === undefined ? undefined : jobOf(row);
    },
    page({ queueArn, status, after, limit }) {
      const rows =
        status === undefined
          ? selectAll.all(queueArn, after, limit)
          : selectByStatus.all(queueArn, status, after, limit);
      return rows.map((row) => ({ job: jobOf(row), sequence: Number(row['sequence']) }));
    },
    dependentsOf: (id) => selectDependents.all(id).map(jobOf),
    sweep(stoppedBeforeMs) {
      sweepDependencies.run(stoppedBeforeMs);
      sweepJobs.run(stoppedBeforeMs);
    },
  };
}

/** It was written here, and is read as it was. */
function jobOf(row: Record<string, unknown>): Job {
  return JSON.parse(String(row['job'])) as Job; // oxlint-disable-line typescript/no-unsafe-type-assertion -- ours
}
