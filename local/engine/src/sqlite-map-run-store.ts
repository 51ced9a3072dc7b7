import type {
  MapRunChild,
  MapRunCount,
  MapRunProgress,
  MapRunSettings,
  MapRunStore,
  StoredMapRun,
} from './map-run-store.ts';
import type { RedriveBounds } from './redrive.ts';
import type { Row, SqliteStatements } from './sqlite-statements.ts';

export const mapRunSchema = `
  CREATE TABLE map_runs (
    id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, execution_id INTEGER NOT NULL, effect_id INTEGER NOT NULL,
    settings TEXT NOT NULL, started_at INTEGER NOT NULL, status TEXT NOT NULL, stopped_at INTEGER, item_count INTEGER,
    next_item INTEGER NOT NULL, next_child INTEGER NOT NULL, running INTEGER NOT NULL,
    succeeded INTEGER NOT NULL, failed INTEGER NOT NULL
  );
  CREATE INDEX map_runs_by_execution ON map_runs (execution_id, effect_id);
  CREATE INDEX map_runs_running ON map_runs (id) WHERE status = 'RUNNING';
  CREATE TABLE map_items (key INTEGER PRIMARY KEY, text TEXT NOT NULL);
  CREATE TABLE map_children (key INTEGER PRIMARY KEY, execution_id INTEGER NOT NULL UNIQUE, items INTEGER NOT NULL);
`;

const ABANDON = `UPDATE executions SET status = coalesce(json_extract(position, '$.was'), 'FAILED') WHERE`;
/** The settings of so many runs are kept ready. */
const SETTINGS_MAX = 32;

/** Items and children are keyed by the run above and their own place below; a run has 100,000,000 items at the most. */
const WITHIN_RUN = 2 ** 27;
const keyOf = (mapRunId: number, index: number): number => mapRunId * WITHIN_RUN + index;

export class SqliteMapRunStore implements MapRunStore {
  readonly #sql: SqliteStatements;
  /** Of runs that were read lately, by their text: a run that is under way is read for each of its children. */
  readonly #settings = new Map<string, Settings>();

  constructor(sql: SqliteStatements) {
    this.#sql = sql;
  }

  insertMapRun(run: Omit<StoredMapRun, 'id'>): number {
    return this.#sql.insert(
      `INSERT INTO map_runs (arn, execution_id, effect_id, settings, started_at,
         status, stopped_at, item_count, next_item, next_child, running, succeeded, failed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run.arn,
      run.executionId,
      run.effectId,
      settingsText(run),
      run.startedAtMs,
      ...progressValues(run),
    );
  }

  updateMapRun(id: number, progress: MapRunProgress): void {
    this.#sql.run(
      `UPDATE map_runs SET status = ?, stopped_at = ?, item_count = ?, next_item = ?, next_child = ?, running = ?,
         succeeded = ?, failed = ? WHERE id = ?`,
      ...progressValues(progress),
      id,
    );
  }

  loadMapRun(id: number): StoredMapRun | undefined {
    return this.#asMapRun(this.#sql.get('SELECT * FROM map_runs WHERE id = ?', id));
  }

  findMapRun(arn: string): StoredMapRun | undefined {
    return this.#asMapRun(this.#sql.get('SELECT * FROM map_runs WHERE arn = ?', arn));
  }

  configureMapRun(id: number, settings: MapRunSettings): void {
    const run = this.loadMapRun(id);
    if (run === undefined) throw new Error(`the store has lost Map Run ${id}`);
    const sql = 'UPDATE map_runs SET effect_id = ?, settings = ? WHERE id = ?';
    this.#sql.run(sql, settings.effectId, settingsText({ ...run, ...settings }), id);
  }

  listMapRuns(executionId: number, beforeId: number, limit: number): StoredMapRun[] {
    const sql = 'SELECT * FROM map_runs WHERE execution_id = ? AND id < ? ORDER BY id DESC LIMIT ?';
    const rows = this.#sql.all(sql, executionId, beforeId, limit);
    return rows.flatMap((row) => this.#asMapRun(row) ?? []);
  }

  runningMapRuns(): number[] {
    return this.#sql.all("SELECT id FROM map_runs WHERE status = 'RUNNING'").map((row) => Number(row['id']));
  }

  mapRunOf(executionId: number, effectId: number): StoredMapRun | undefined {
    const sql = 'SELECT * FROM map_runs WHERE execution_id = ? AND effect_id = ?';
    return this.#asMapRun(this.#sql.get(sql, executionId, effectId));
  }

  appendItem(mapRunId: number, index: number, text: string): void {
    this.#sql.run('INSERT INTO map_items VALUES (?, ?)', keyOf(mapRunId, index), text);
  }

  readItem(mapRunId: number, index: number): string {
    const text = this.#sql.get('SELECT text FROM map_items WHERE key = ?', keyOf(mapRunId, index))?.['text'];
    if (typeof text !== 'string') throw new Error(`the store has lost item ${index} of Map Run ${mapRunId}`);
    return text;
  }

  deleteItems(mapRunId: number, limit: number): number {
    const sql = 'DELETE FROM map_items WHERE key IN (SELECT key FROM map_items WHERE key BETWEEN ? AND ? LIMIT ?)';
    return this.#sql.run(sql, keyOf(mapRunId, 0), keyOf(mapRunId + 1, 0) - 1, limit);
  }

  insertChild({ executionId, mapRunId, index, items }: MapRunChild): void {
    this.#sql.run('INSERT INTO map_children VALUES (?, ?, ?)', keyOf(mapRunId, index), executionId, items);
  }

  findChild(executionId: number): MapRunChild | undefined {
    const row = this.#sql.get('SELECT * FROM map_children WHERE execution_id = ?', executionId);
    return row && asChild(row);
  }

  childrenOf(mapRunId: number, fromIndex: number, limit: number): MapRunChild[] {
    const sql = 'SELECT * FROM map_children WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?';
    return this.#sql.all(sql, keyOf(mapRunId, fromIndex), keyOf(mapRunId + 1, 0) - 1, limit).map(asChild);
  }

  awaitRedrive(mapRunId: number): void {
    // What they were is kept beside where they stood, until they are redriven.
    this.#sql.run(
      `UPDATE executions SET status = 'PENDING_REDRIVE', position = json_set(position, '$.was', status)
       WHERE state_machine_id = ? AND status IN ('FAILED', 'TIMED_OUT', 'ABORTED')`,
      -mapRunId,
    );
  }

  abandonRedrive(mapRunId: number): void {
    this.#sql.run(`${ABANDON} state_machine_id = ? AND status = 'PENDING_REDRIVE'`, -mapRunId);
  }

  abandonRedriveOf(executionId: number): void {
    this.#sql.run(`${ABANDON} id = ? AND status = 'PENDING_REDRIVE'`, executionId);
  }

  nextAwaitingRedrive(mapRunId: number): MapRunChild | undefined {
    const row = this.#sql.whole().get(
      `SELECT map_children.* FROM executions JOIN map_children ON map_children.execution_id = executions.id
       WHERE state_machine_id = ? AND status = 'PENDING_REDRIVE' ORDER BY executions.id LIMIT 1`,
      -mapRunId,
    );
    return row && asChild(row);
  }

  countChildren(mapRunId: number, bounds: RedriveBounds): MapRunCount[] {
    const rows = this.#sql.whole().all(
      `SELECT status, count(*) AS executions, sum(items) AS items, sum(terminal) AS terminal, sum(terminal * items) AS terminal_items
       FROM (SELECT status, items, status IN ('FAILED', 'TIMED_OUT', 'ABORTED') AND (position IS NULL
               OR last_event_id >= ? OR redrive_count >= ? OR started_at <= ? OR stopped_at < ?) AS terminal
             FROM executions JOIN map_children ON map_children.execution_id = executions.id WHERE state_machine_id = ?)
       GROUP BY status`,
      bounds.historyEvents,
      bounds.redrives,
      bounds.startedUntilMs,
      bounds.stoppedBeforeMs,
      -mapRunId,
    );
    return rows.map((row) => ({
      status: row['status'] as MapRunCount['status'],
      executions: Number(row['executions']),
      items: Number(row['items']),
      notRedrivable: { executions: Number(row['terminal']), items: Number(row['terminal_items']) },
    }));
  }

  #asMapRun(row: Row | undefined): StoredMapRun | undefined {
    if (row === undefined) return undefined;
    return {
      ...this.#settingsIn(String(row['settings'])),
      id: Number(row['id']),
      arn: String(row['arn']),
      executionId: Number(row['execution_id']),
      effectId: Number(row['effect_id']),
      startedAtMs: Number(row['started_at']),
      status: row['status'] as MapRunProgress['status'],
      stoppedAtMs: row['stopped_at'] === null ? null : Number(row['stopped_at']),
      itemCount: row['item_count'] === null ? null : Number(row['item_count']),
      nextItem: Number(row['next_item']),
      nextChild: Number(row['next_child']),
      running: Number(row['running']),
      succeeded: Number(row['succeeded']),
      failed: Number(row['failed']),
    };
  }

  #settingsIn(text: string): Settings {
    const known = this.#settings.get(text);
    if (known !== undefined) return known;
    if (this.#settings.size >= SETTINGS_MAX) this.#settings.clear();
    const settings = JSON.parse(text) as Settings;
    this.#settings.set(text, settings);
    return settings;
  }
}

function progressValues(progress: MapRunProgress): (string | number | null)[] {
  return [
    progress.status,
    progress.stoppedAtMs,
    progress.itemCount,
    progress.nextItem,
    progress.nextChild,
    progress.running,
    progress.succeeded,
    progress.failed,
  ];
}

type Settings = Pick<
  StoredMapRun,
  | 'frameId'
  | 'revisionId'
  | 'processorPath'
  | 'label'
  | 'plan'
  | 'tolerance'
  | 'maxConcurrency'
  | 'redriveCount'
  | 'redrivenAtMs'
>;

function settingsText(run: Settings): string {
  const { frameId, revisionId, processorPath, label, plan, tolerance, maxConcurrency, redriveCount, redrivenAtMs } =
    run;
  const settings: Settings = {
    frameId,
    revisionId,
    processorPath,
    label,
    plan,
    tolerance,
    maxConcurrency,
    redriveCount,
    redrivenAtMs,
  };
  return JSON.stringify(settings);
}

function asChild(row: Row): MapRunChild {
  const key = Number(row['key']);
  return {
    mapRunId: Math.floor(key / WITHIN_RUN),
    index: key % WITHIN_RUN,
    executionId: Number(row['execution_id']),
    items: Number(row['items']),
  };
}
