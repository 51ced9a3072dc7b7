import type { OpenEffect } from './execution-store.ts';
import type { JobStore, StoredJob } from './job-store.ts';
import type { SqliteStatements } from './sqlite-statements.ts';

/** Files of the same format that were written before there were jobs get the table when they are opened. */
export const jobSchema = `
  CREATE TABLE IF NOT EXISTS jobs (
    execution_id INTEGER NOT NULL, effect_id INTEGER NOT NULL, job TEXT NOT NULL, is_cancelled INTEGER NOT NULL,
    ask_at INTEGER NOT NULL, asked INTEGER NOT NULL, unknown INTEGER NOT NULL, PRIMARY KEY (execution_id, effect_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS jobs_due ON jobs (ask_at);
`;

export class SqliteJobStore implements JobStore {
  readonly #sql: SqliteStatements;

  constructor(sql: SqliteStatements) {
    this.#sql = sql;
  }

  insertJob(executionId: number, effectId: number, job: string, askAtMs: number): void {
    this.#sql.run('INSERT INTO jobs VALUES (?, ?, ?, 0, ?, 0, 0)', executionId, effectId, job, askAtMs);
  }

  dueJobs(atMs: number, limit: number): StoredJob[] {
    return this.#sql.all('SELECT * FROM jobs WHERE ask_at <= ? ORDER BY ask_at LIMIT ?', atMs, limit).map((row) => ({
      executionId: Number(row['execution_id']),
      effectId: Number(row['effect_id']),
      job: String(row['job']),
      isCancelled: row['is_cancelled'] === 1,
      asked: Number(row['asked']),
      unknown: Number(row['unknown']),
    }));
  }

  nextAskAtMs(): number | null {
    const due = this.#sql.get('SELECT min(ask_at) AS ask_at FROM jobs')?.['ask_at'];
    return typeof due === 'number' ? due : null;
  }

  postponeJob({ executionId, effectId }: OpenEffect, askAtMs: number, asked: number): void {
    const sql = 'UPDATE jobs SET ask_at = ?, asked = ? WHERE execution_id = ? AND effect_id = ?';
    this.#sql.run(sql, askAtMs, asked, executionId, effectId);
  }

  countUnknown({ executionId, effectId }: OpenEffect, unknown: number): void {
    const sql = 'UPDATE jobs SET unknown = ? WHERE execution_id = ? AND effect_id = ?';
    this.#sql.run(sql, unknown, executionId, effectId);
  }

  cancelJob(executionId: number, effectId: number, askAtMs: number): void {
    const sql = 'UPDATE jobs SET is_cancelled = 1, ask_at = ?, asked = 0 WHERE execution_id = ? AND effect_id = ?';
    this.#sql.run(sql, askAtMs, executionId, effectId);
  }

  removeJob(executionId: number, effectId: number): void {
    this.#sql.run('DELETE FROM jobs WHERE execution_id = ? AND effect_id = ?', executionId, effectId);
  }
}
