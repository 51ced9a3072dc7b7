import type { DatabaseSync } from 'node:sqlite';

/**
 * Tasks of ECS and jobs of Batch lie in the file of the messages, so that a change and the event that tells of it are one
 * transaction. The tables are added to a file that has none yet.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS ecs_tasks (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    cluster TEXT NOT NULL,
    priority INTEGER NOT NULL,
    last_status TEXT NOT NULL,
    desired_status TEXT NOT NULL,
    stopped_ms INTEGER,
    task TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ecs_tasks_by_status ON ecs_tasks (last_status, priority DESC, sequence);
  CREATE INDEX IF NOT EXISTS ecs_tasks_by_cluster ON ecs_tasks (cluster, desired_status, sequence);
  CREATE INDEX IF NOT EXISTS ecs_tasks_by_end ON ecs_tasks (stopped_ms) WHERE stopped_ms IS NOT NULL;

  CREATE TABLE IF NOT EXISTS ecs_client_tokens (
    cluster TEXT NOT NULL,
    client_token TEXT NOT NULL,
    request TEXT NOT NULL,
    task_ids TEXT NOT NULL,
    used_ms INTEGER NOT NULL,
    PRIMARY KEY (cluster, client_token)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS batch_jobs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    status TEXT NOT NULL,
    stopped_ms INTEGER,
    job TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS batch_jobs_by_queue ON batch_jobs (queue, sequence);
  CREATE INDEX IF NOT EXISTS batch_jobs_by_status ON batch_jobs (queue, status, sequence);
  CREATE INDEX IF NOT EXISTS batch_jobs_by_end ON batch_jobs (stopped_ms) WHERE stopped_ms IS NOT NULL;

  CREATE TABLE IF NOT EXISTS batch_dependencies (
    job_id TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    PRIMARY KEY (job_id, depends_on)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS batch_dependents ON batch_dependencies (depends_on);
`;

export function openComputeTables(database: DatabaseSync): void {
  database.exec(SCHEMA);
}
