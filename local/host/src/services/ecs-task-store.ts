import type { DatabaseSync } from 'node:sqlite';
import type { Task, TaskStatus } from './ecs-task.ts';

/** The tasks of ECS, within the transactions of whoever calls. */
export interface TaskStore {
  insert(task: Task): void;
  update(task: Task): void;
  find(id: string): Task | undefined;
  /** Of those that wait for a place, the one whose turn it is, and none of those that are named. */
  nextWaiting(except: ReadonlySet<string>): Task | undefined;
  /** Those that had begun to start, and have not stopped. */
  begun(): Task[];
  /** Of one cluster, the oldest first. @param after the place where an earlier page ended */
  page(query: { clusterArn: string; after: number; limit: number; stopped: boolean }): PlacedTask[];
  /** Forgets those that stopped before. */
  sweep(stoppedBeforeMs: number): void;
  /** What was asked for with this token. */
  findRequest(cluster: string, clientToken: string): { request: string; taskIds: readonly string[] } | undefined;
  keepRequest(kept: { cluster: string; clientToken: string; request: string; taskIds: string[]; atMs: number }): void;
}

export interface PlacedTask {
  readonly task: Task;
  /** Its place in all lists. */
  readonly sequence: number;
}

const WAITING: TaskStatus = 'PROVISIONING';

export function createTaskStore(database: DatabaseSync): TaskStore {
  const insert = database.prepare(
    'INSERT INTO ecs_tasks (id, cluster, priority, last_status, desired_status, task) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = database.prepare(
    'UPDATE ecs_tasks SET last_status = ?, desired_status = ?, stopped_ms = ?, task = ? WHERE id = ?',
  );
  const select = database.prepare('SELECT task FROM ecs_tasks WHERE id = ?');
  const selectWaiting = database.prepare(
    'SELECT id, task FROM ecs_tasks WHERE last_status = ? ORDER BY priority DESC, sequence LIMIT ?',
  );
  const selectBegun = database.prepare(
    `SELECT task FROM ecs_tasks WHERE last_status IN ('PENDING', 'RUNNING') ORDER BY sequence`,
  );
  const selectPage = database.prepare(
    `SELECT sequence, task FROM ecs_tasks
     WHERE cluster = ? AND desired_status = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  );
  const sweepTasks = database.prepare('DELETE FROM ecs_tasks WHERE stopped_ms < ?');
  const sweepTokens = database.prepare('DELETE FROM ecs_client_tokens WHERE used_ms < ?');
  const selectRequest = database.prepare(
    'SELECT request, task_ids FROM ecs_client_tokens WHERE cluster = ? AND client_token = ?',
  );
  const keepRequest = database.prepare('INSERT OR REPLACE INTO ecs_client_tokens VALUES (?, ?, ?, ?, ?)');

  return {
    insert(task) {
      const { id, clusterArn, priority, lastStatus, desiredStatus } = task;
      insert.run(id, clusterArn, priority, lastStatus, desiredStatus, JSON.stringify(task));
    },
    update: (task) =>
      void update.run(task.lastStatus, task.desiredStatus, task.stoppedAtMs ?? null, JSON.stringify(task), task.id),
    find(id) {
      const row = select.get(id);
      return row === undefined ? undefined : taskOf(row);
    },
    nextWaiting(except) {
      const row = selectWaiting.all(WAITING, except.size + 1).find(({ id }) => !except.has(String(id)));
      return row === undefined ? undefined : taskOf(row);
    },
    begun: () => selectBegun.all().map(taskOf),
    page: ({ clusterArn, after, limit, stopped }) =>
      selectPage
        .all(clusterArn, stopped ? 'STOPPED' : 'RUNNING', after, limit)
        .map((row) => ({ task: taskOf(row), sequence: Number(row['sequence']) })),
    sweep(stoppedBeforeMs) {
      sweepTasks.run(stoppedBeforeMs);
      sweepTokens.run(stoppedBeforeMs);
    },
    findRequest(cluster, clientToken) {
      const row = selectRequest.get(cluster, clientToken);
      if (row === undefined) return undefined;
      return { request: String(row['request']), taskIds: String(row['task_ids']).split(' ') };
    },
    keepRequest: ({ cluster, clientToken, request, taskIds, atMs }) =>
      void keepRequest.run(cluster, clientToken, request, taskIds.join(' '), atMs),
  };
}

/** It was written here, and is read as it was. */
function taskOf(row: Record<string, unknown>): Task {
  return JSON.parse(String(row['task'])) as Task; // oxlint-disable-line typescript/no-unsafe-type-assertion -- ours
}
