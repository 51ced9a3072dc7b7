import { randomBytes } from 'node:crypto';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { ExecutionStatus } from './api.ts';
import {
  StoreUnavailable,
  type DueEffect,
  type ExecutionStart,
  type ExecutionProgress,
  type ExecutionStore,
  type ExecutionsOf,
  type HandedOverCall,
  type Offer,
  type OpenEffect,
  type StoredEvents,
  type StoredExecution,
  type WaitPlace,
  type WaitsOf,
} from './execution-store.ts';
import type { JobStore } from './job-store.ts';
import type { MapRunStore } from './map-run-store.ts';
import type { ResourceStore } from './resource-store.ts';
import { jobSchema, SqliteJobStore } from './sqlite-job-store.ts';
import { mapRunSchema, SqliteMapRunStore } from './sqlite-map-run-store.ts';
import { resourceSchema, SqliteResourceStore } from './sqlite-resource-store.ts';
import { seal, unseal } from './seal.ts';
import { executionOf, type Change, type EffectRow, type Place } from './change.ts';
import { Unsettled } from './unsettled.ts';
import { SqliteStatements, textOrNull, type Row } from './sqlite-statements.ts';

/** What `PRAGMA user_version` says of a file that this release writes. */
const FORMAT_VERSION = 6;

/**
 * How far what the journal holds is here: all of it up to `settled`, and of what comes up to `seen` some. While it is in use, it has to be
 * there.
 */
const journalSchema = `
  CREATE TABLE journal (settled INTEGER NOT NULL, seen INTEGER NOT NULL, in_use INTEGER NOT NULL);
  INSERT INTO journal VALUES (0, 0, 0);
`;

const schema = `
  ${resourceSchema.trim()}
  ${mapRunSchema.trim()}
  ${journalSchema}
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE executions (
    id INTEGER PRIMARY KEY, state_machine_id INTEGER NOT NULL, revision_id INTEGER NOT NULL, version INTEGER, alias TEXT,
    name TEXT NOT NULL, started_at INTEGER NOT NULL, input TEXT NOT NULL, trace_header TEXT,
    status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT,
    last_event_id INTEGER NOT NULL, last_effect_id INTEGER NOT NULL, redrive_count INTEGER NOT NULL, position TEXT
  );
  CREATE UNIQUE INDEX executions_by_name ON executions (state_machine_id, name);
  CREATE INDEX executions_by_status ON executions (state_machine_id, status);
  CREATE INDEX executions_of_map_runs ON executions (name) WHERE state_machine_id < 0;
  CREATE INDEX executions_by_version ON executions (state_machine_id, version, status) WHERE version IS NOT NULL;
  CREATE INDEX executions_by_alias ON executions (state_machine_id, alias, status) WHERE alias IS NOT NULL;
  CREATE TABLE events (key INTEGER PRIMARY KEY, text TEXT NOT NULL);
  CREATE TABLE effects (key INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, in_flight INTEGER NOT NULL, waiting_of INTEGER);
  CREATE TABLE handed_over (key INTEGER PRIMARY KEY, call TEXT NOT NULL);
  CREATE TABLE offers (place INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL, activity_arn TEXT NOT NULL, input TEXT NOT NULL);
  CREATE INDEX offers_by_activity ON offers (activity_arn, place);
  CREATE TABLE awaited (key INTEGER PRIMARY KEY, execution_id INTEGER NOT NULL);
  CREATE INDEX awaited_by_execution ON awaited (execution_id);
  CREATE INDEX effects_due ON effects (due_at);
  CREATE INDEX effects_in_flight ON effects (key) WHERE in_flight = 1;
  CREATE INDEX effects_waiting ON effects (waiting_of, key) WHERE waiting_of IS NOT NULL;
`;

/**
 * Events and effects are keyed by one integer, the execution's id above, their own below: so the rows of an execution lie
 * together, and no second index is written. A history ends at 25,000 events, which is far below this.
 */
const WITHIN_EXECUTION = 2 ** 20;
const keyOf = (executionId: number, within: number): number => executionId * WITHIN_EXECUTION + within;

const STATUSES: readonly ExecutionStatus[] = [
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'ABORTED',
  'PENDING_REDRIVE',
];

/** Numbers of the journal's texts. */
export interface JournalPlace {
  /** What came up to this one is in the database. */
  readonly settled: number;
  /** Nothing that came after this one is. */
  readonly seen: number;
}

/** SQLite's result codes for a disk that cannot take more now: FULL, IOERR, and a file that has turned read-only. */
const UNAVAILABLE = new Set([13, 10, 8]);

/**
 * Opens or makes the file. It is durable as SQLite is with `synchronous=FULL`: a commit that returned survives the process
 * and the power, on a disk that honours fsync.
 *
 * @throws if the file was written by a newer release, or is no database.
 * @see https://www.sqlite.org/wal.html
 */
export function openSqliteExecutionStore(file: string): SqliteExecutionStore {
  const database = new DatabaseSync(file);
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;',
    );
    prepareFormat(database, file);
    database.exec(jobSchema);
    return new SqliteExecutionStore(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Keeps everything for as long as the process lives: for tests, and for an engine that was given no data folder. */
export function memoryExecutionStore(): ExecutionStore {
  return openSqliteExecutionStore(':memory:');
}

function prepareFormat(database: DatabaseSync, file: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found === FORMAT_VERSION) return;
  if (found === 5) {
    // The format before had no journal; all else is the same.
    database.exec(`BEGIN IMMEDIATE; ${journalSchema} PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
    return;
  }
  if (found !== 0) {
    throw new Error(
      `${file} has format ${found}, and this release reads format ${FORMAT_VERSION}; start it with the release that wrote it`,
    );
  }
  database.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${FORMAT_VERSION};`);
  database.prepare('INSERT INTO secrets VALUES (?, ?)').run('task-token-key', randomBytes(32));
  database.exec('COMMIT');
}

export class SqliteExecutionStore implements ExecutionStore {
  readonly tokenKey: Uint8Array;
  readonly resources: ResourceStore;
  readonly mapRuns: MapRunStore;
  readonly jobs: JobStore;
  commits = 0;
  /** Of the commits, those that the disk was told to keep: all but what is done {@link withoutSync}. */
  syncs = 0;
  #isSyncing = true;
  /** Called before anything of the resources, the Map Runs or the jobs is written, or asked of all executions. */
  beforeWhole: () => void = () => {};
  readonly #database: DatabaseSync;
  readonly #sql: SqliteStatements;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = new SqliteStatements(database);
    const told = new SqliteStatements(database, () => this.beforeWhole());
    this.resources = new SqliteResourceStore(told);
    this.mapRuns = new SqliteMapRunStore(told);
    this.jobs = new SqliteJobStore(told);
    const durability = database.prepare('PRAGMA synchronous').get()?.['synchronous'];
    if (durability !== 2)
      throw new Error(`PRAGMA synchronous is ${String(durability)}; only FULL (2) keeps what was acknowledged`);
    const key = this.#sql.get("SELECT value FROM secrets WHERE name = 'task-token-key'")?.['value'];
    if (!(key instanceof Uint8Array)) throw new Error('the store has lost its task token key');
    this.tokenKey = key;
  }

  transact<T>(work: () => T): T {
    try {
      this.begin();
      const result = work();
      this.commit();
      return result;
    } catch (error) {
      this.rollBack();
      throw unavailableOr(error);
    }
  }

  /** SQLite waits for the disk by itself. */
  transactAsync(work: () => void): Promise<void> {
    return Promise.try(() => this.transact(work));
  }

  begin(): void {
    this.#sql.run('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.#sql.run('COMMIT');
    this.commits++;
    if (this.#isSyncing) this.syncs++;
  }

  rollBack(): void {
    if (this.#database.isTransaction) this.#sql.run('ROLLBACK');
  }

  /** The commits within the work come in their order to the disk, but when the power fails the last may be lost. */
  withoutSync(work: () => void): void {
    this.#database.exec('PRAGMA synchronous = NORMAL');
    this.#isSyncing = false;
    try {
      work();
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL');
      this.#isSyncing = true;
    }
  }

  journalPlace(): JournalPlace {
    const row = this.#sql.get('SELECT settled, seen FROM journal');
    return { settled: Number(row?.['settled']), seen: Number(row?.['seen']) };
  }

  get isJournalInUse(): boolean {
    return this.#sql.get('SELECT in_use FROM journal')?.['in_use'] === 1;
  }

  useJournal(isInUse: boolean): void {
    this.#sql.run('UPDATE journal SET in_use = ?', isInUse ? 1 : 0);
  }

  putJournalPlace({ settled, seen }: JournalPlace): void {
    this.#sql.run('UPDATE journal SET settled = ?, seen = ?', settled, seen);
  }

  /** Within a transaction: what has changed of an execution. */
  putUnsettled({ executionId, inserted, progress, events, effects }: Unsettled): void {
    if (inserted !== undefined) this.insertExecution(inserted);
    else if (isWhole(progress)) this.updateExecution(executionId, progress);
    else if (progress !== undefined) this.moveExecution(executionId, progress as Place);
    for (const [firstEventId, text] of events) this.appendEvents(executionId, firstEventId, text);
    for (const [effectId, row] of effects) {
      if (row === null) this.removeEffect(executionId, effectId);
      else this.#putEffectRow(executionId, effectId, row);
    }
  }

  /** Within a transaction. */
  put(change: Change): void {
    const unsettled = new Unsettled(executionOf(change), 0, true);
    if (change[0] === 'gone') this.deleteExecution(change[1]);
    else {
      unsettled.take(change, unsettled.since);
      this.putUnsettled(unsettled);
    }
  }

  insertExecution(execution: StoredExecution): void {
    this.#sql.run(
      `INSERT INTO executions (id, state_machine_id, revision_id, version, alias, name, started_at, input, trace_header,
         status, stopped_at, output, error, cause, last_event_id, last_effect_id, redrive_count, position)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, stopped_at = excluded.stopped_at, output = excluded.output,
         error = excluded.error, cause = excluded.cause, last_event_id = excluded.last_event_id,
         last_effect_id = excluded.last_effect_id, redrive_count = excluded.redrive_count, position = excluded.position`,
      execution.id,
      execution.stateMachineId,
      execution.revisionId,
      execution.version,
      execution.alias,
      execution.name,
      execution.startedAtMs,
      seal(execution.input),
      execution.traceHeader,
      ...progressValues(execution),
    );
  }

  updateExecution(id: number, progress: ExecutionProgress): void {
    this.#sql.run(
      `UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?,
         last_event_id = ?, last_effect_id = ?, redrive_count = ?, position = ? WHERE id = ?`,
      ...progressValues(progress),
      id,
    );
  }

  moveExecution(
    id: number,
    { lastEventId, lastEffectId, position }: Pick<ExecutionProgress, 'lastEventId' | 'lastEffectId' | 'position'>,
  ): void {
    this.#sql.run(
      'UPDATE executions SET last_event_id = ?, last_effect_id = ?, position = ? WHERE id = ?',
      lastEventId,
      lastEffectId,
      position,
      id,
    );
  }

  deleteExecution(id: number): void {
    const first = keyOf(id, 0);
    const last = first + WITHIN_EXECUTION - 1;
    this.#sql.run('DELETE FROM executions WHERE id = ?', id);
    this.#sql.run('DELETE FROM events WHERE key BETWEEN ? AND ?', first, last);
    this.#sql.run('DELETE FROM effects WHERE key BETWEEN ? AND ?', first, last);
  }

  loadExecution(id: number): StoredExecution | undefined {
    return asExecution(this.#sql.get('SELECT * FROM executions WHERE id = ?', id));
  }

  findExecution(stateMachineName: string, name: string): StoredExecution | undefined {
    return asExecution(
      this.#sql.get(
        `SELECT executions.* FROM state_machines JOIN executions ON executions.state_machine_id = state_machines.id
         WHERE state_machines.name = ? AND executions.name = ? ORDER BY state_machines.id DESC LIMIT 1`,
        stateMachineName,
        name,
      ),
    );
  }

  findIdOf(stateMachineId: number, name: string): number | undefined {
    const sql = 'SELECT id FROM executions WHERE state_machine_id = ? AND name = ?';
    const id = this.#sql.get(sql, stateMachineId, name)?.['id'];
    return typeof id === 'number' ? id : undefined;
  }

  /** Of those that bore this name one after the other the latest first. */
  stateMachinesNamed(name: string): number[] {
    return this.#sql
      .all('SELECT id FROM state_machines WHERE name = ? ORDER BY id DESC', name)
      .map((row) => Number(row['id']));
  }

  findChildExecution(name: string): StoredExecution | undefined {
    return asExecution(this.#sql.get('SELECT * FROM executions WHERE name = ? AND state_machine_id < 0', name));
  }

  findExecutionsNamed(name: string, limit: number): StoredExecution[] {
    // By the index of each state machine: there is none over the names of all.
    const sql = `SELECT executions.* FROM state_machines CROSS JOIN executions ON executions.state_machine_id = state_machines.id
       WHERE state_machines.status <> 'DELETED' AND executions.name = ? ORDER BY state_machines.id DESC LIMIT ?`;
    return this.#sql.all(sql, name, limit).flatMap((row) => asExecution(row) ?? []);
  }

  findExecutionOf(stateMachineId: number, name: string): StoredExecution | undefined {
    return asExecution(
      this.#sql.get('SELECT * FROM executions WHERE state_machine_id = ? AND name = ?', stateMachineId, name),
    );
  }

  listExecutions(
    { stateMachineId, version, alias }: ExecutionsOf,
    status: ExecutionStatus | undefined,
    beforeId: number,
    limit: number,
    redriven?: 'REDRIVEN' | 'NOT_REDRIVEN',
  ): StoredExecution[] {
    const [narrowed, ...narrowing] =
      alias !== undefined ? ['AND alias = ?', alias] : version !== undefined ? ['AND version = ?', version] : [''];
    const redrives =
      redriven === undefined ? '' : redriven === 'REDRIVEN' ? 'AND redrive_count > 0' : 'AND redrive_count = 0';
    const one = `SELECT * FROM executions WHERE state_machine_id = ? ${narrowed} ${redrives} AND status = ? AND id < ? ORDER BY id DESC LIMIT ?`;
    const statuses = status === undefined ? STATUSES : [status];
    // The index is by status; a page over all of them is the first of a few short sorted lists, however many executions there are.
    return statuses
      .flatMap((each) => this.#sql.all(one, stateMachineId, ...narrowing, each, beforeId, limit))
      .flatMap((row) => asExecution(row) ?? [])
      .sort((left, right) => right.id - left.id)
      .slice(0, limit);
  }

  countExecutions(stateMachineId: number, status: ExecutionStatus, max: number): number {
    const sql =
      'SELECT count(*) AS count FROM (SELECT 1 FROM executions WHERE state_machine_id = ? AND status = ? LIMIT ?)';
    return Number(this.#sql.get(sql, stateMachineId, status, max)?.['count']);
  }

  latestStarts(stateMachineId: number, limit: number): ExecutionStart[] {
    const sql =
      'SELECT id, status, started_at FROM executions WHERE state_machine_id = ? AND status = ? ORDER BY id DESC LIMIT ?';
    return STATUSES.flatMap((status) => this.#sql.all(sql, stateMachineId, status, limit))
      .map((row) => ({
        id: Number(row['id']),
        status: row['status'] as ExecutionStatus,
        startedAtMs: Number(row['started_at']),
      }))
      .sort((left, right) => right.id - left.id)
      .slice(0, limit);
  }

  hasRunningExecutions(stateMachineId: number): boolean {
    return (
      this.#sql.get(
        "SELECT 1 FROM executions WHERE state_machine_id = ? AND status = 'RUNNING' LIMIT 1",
        stateMachineId,
      ) !== undefined
    );
  }

  lastExecutionId(): number {
    return Number(this.#sql.get('SELECT max(id) AS id FROM executions')?.['id'] ?? 0);
  }

  appendEvents(executionId: number, firstEventId: number, text: string): void {
    this.#sql.run('INSERT OR REPLACE INTO events VALUES (?, ?)', keyOf(executionId, firstEventId), seal(text));
  }

  *readEvents(executionId: number, fromEventId: number, backwards: boolean): Iterable<StoredEvents> {
    const first = keyOf(executionId, 0);
    const from = keyOf(executionId, fromEventId);
    const rows = backwards
      ? this.#sql.all('SELECT key, text FROM events WHERE key BETWEEN ? AND ? ORDER BY key DESC', first, from)
      : // The event may stand in the middle of a chunk that begins before it.
        this.#sql.all(
          `SELECT key, text FROM events
           WHERE key BETWEEN coalesce((SELECT max(key) FROM events WHERE key BETWEEN ?1 AND ?2), ?1) AND ?3 ORDER BY key`,
          first,
          from,
          first + WITHIN_EXECUTION - 1,
        );
    for (const row of rows) {
      const firstEventId = Number(row['key']) - first;
      yield {
        firstEventId,
        text: unseal(row['text'], () => `the history of execution ${executionId} from event ${firstEventId} on`),
      };
    }
  }

  putEffect(executionId: number, effectId: number, dueAtMs: number, inFlight: boolean): void {
    this.#putEffectRow(executionId, effectId, { dueAtMs, inFlight, waitingOf: null });
  }

  putWait(executionId: number, effectId: number, dueAtMs: number, stateMachineId: number): void {
    this.#putEffectRow(executionId, effectId, { dueAtMs, inFlight: false, waitingOf: stateMachineId });
  }

  #putEffectRow(executionId: number, effectId: number, { dueAtMs, inFlight, waitingOf }: EffectRow): void {
    this.#sql.run(
      `INSERT INTO effects (key, due_at, in_flight, waiting_of) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, in_flight = excluded.in_flight, waiting_of = excluded.waiting_of`,
      keyOf(executionId, effectId),
      dueAtMs,
      inFlight ? 1 : 0,
      waitingOf,
    );
  }

  postponeEffect(executionId: number, effectId: number, dueAtMs: number): void {
    this.#sql.run('UPDATE effects SET due_at = ? WHERE key = ?', dueAtMs, keyOf(executionId, effectId));
  }

  removeEffect(executionId: number, effectId: number): void {
    this.#sql.run('DELETE FROM effects WHERE key = ?', keyOf(executionId, effectId));
  }

  dueEffects(atMs: number, limit: number): OpenEffect[] {
    return this.#sql
      .all('SELECT key FROM effects WHERE due_at <= ? ORDER BY due_at LIMIT ?', atMs, limit)
      .map(asOpenEffect);
  }

  nextDueAtMs(): number | null {
    const due = this.#sql.get('SELECT min(due_at) AS due_at FROM effects')?.['due_at'];
    return typeof due === 'number' ? due : null;
  }

  /** As {@link nextEffects}; those whose instant cannot be read are left out. */
  firstDue(limit: number): DueEffect[] {
    // Keys as text, for a damaged one may be larger than JavaScript's numbers, and what is due is told all the same.
    return this.#sql
      .all('SELECT CAST(key AS TEXT) AS key, due_at FROM effects ORDER BY due_at LIMIT ?', limit)
      .flatMap((row) => (typeof row['due_at'] === 'number' ? { ...asOpenEffect(row), dueAtMs: row['due_at'] } : []));
  }

  nextEffects(limit: number): DueEffect[] {
    return this.#sql
      .all('SELECT key, due_at FROM effects ORDER BY due_at LIMIT ?', limit)
      .map((row) => ({ ...asOpenEffect(row), dueAtMs: Number(row['due_at']) }));
  }

  waits({ stateMachineId, executionId }: WaitsOf, after: WaitPlace | undefined, limit: number): WaitPlace[] {
    const behind = after === undefined ? -1 : keyOf(after.executionId, after.effectId);
    if (executionId !== undefined) return this.#waitsWithin(executionId, behind, limit);
    const ofOne = stateMachineId ?? after?.stateMachineId;
    const rest = ofOne === undefined ? [] : this.#waitsOfMachine(ofOne, behind, limit);
    if (stateMachineId !== undefined || rest.length === limit) return rest;
    const sql =
      'SELECT waiting_of, key FROM effects WHERE waiting_of IS NOT NULL AND waiting_of > ? ORDER BY waiting_of, key LIMIT ?';
    return [...rest, ...this.#sql.all(sql, ofOne ?? -1, limit - rest.length).map(asWaitPlace)];
  }

  #waitsOfMachine(stateMachineId: number, behind: number, limit: number): WaitPlace[] {
    const sql = 'SELECT waiting_of, key FROM effects WHERE waiting_of = ? AND key > ? ORDER BY key LIMIT ?';
    return this.#sql.all(sql, stateMachineId, behind, limit).map(asWaitPlace);
  }

  #waitsWithin(executionId: number, behind: number, limit: number): WaitPlace[] {
    const sql =
      'SELECT waiting_of, key FROM effects WHERE key > ? AND key < ? AND waiting_of IS NOT NULL ORDER BY key LIMIT ?';
    const from = Math.max(behind, keyOf(executionId, -1));
    return this.#sql.all(sql, from, keyOf(executionId + 1, 0), limit).map(asWaitPlace);
  }

  effectsInFlight(limit: number): OpenEffect[] {
    return this.#sql.all('SELECT key FROM effects WHERE in_flight = 1 LIMIT ?', limit).map(asOpenEffect);
  }

  handOver(executionId: number, effectId: number, call: string): void {
    this.#sql.run('UPDATE effects SET in_flight = 0 WHERE key = ?', keyOf(executionId, effectId));
    this.#sql.run('INSERT OR REPLACE INTO handed_over VALUES (?, ?)', keyOf(executionId, effectId), call);
  }

  takeOver(): HandedOverCall[] {
    this.#sql.run('UPDATE effects SET in_flight = 1 WHERE key IN (SELECT key FROM handed_over)');
    const rows = this.#sql.returning('DELETE FROM handed_over RETURNING key, call');
    return rows.map((row) => ({ ...asOpenEffect(row), call: String(row['call']) }));
  }

  offerToWorkers(executionId: number, effectId: number, activityArn: string, input: string): void {
    this.#sql.run(
      'INSERT INTO offers (key, activity_arn, input) VALUES (?, ?, ?)',
      keyOf(executionId, effectId),
      activityArn,
      input,
    );
  }

  hasOffer(activityArn: string): boolean {
    return this.#sql.get('SELECT 1 FROM offers WHERE activity_arn = ? LIMIT 1', activityArn) !== undefined;
  }

  takeOffer(activityArn: string): Offer | undefined {
    const [row] = this.#sql.returning(
      `DELETE FROM offers WHERE place = (SELECT min(place) FROM offers WHERE activity_arn = ?) RETURNING key, input`,
      activityArn,
    );
    return row && { ...asOpenEffect(row), input: String(row['input']) };
  }

  awaitExecution(executionId: number, effectId: number, awaitedId: number): void {
    this.#sql.run('INSERT OR REPLACE INTO awaited VALUES (?, ?)', keyOf(executionId, effectId), awaitedId);
  }

  awaiting(awaitedId: number): OpenEffect[] {
    return this.#sql.all('SELECT key FROM awaited WHERE execution_id = ?', awaitedId).map(asOpenEffect);
  }

  isAnyAwaited(): boolean {
    return this.#sql.get('SELECT 1 FROM awaited LIMIT 1') !== undefined;
  }

  removeAwaited(executionId: number, effectId: number): void {
    this.#sql.run('DELETE FROM awaited WHERE key = ?', keyOf(executionId, effectId));
  }

  endedAndAwaited(): number[] {
    const sql = `SELECT DISTINCT execution_id FROM awaited JOIN executions ON executions.id = execution_id WHERE status <> 'RUNNING'`;
    return this.#sql.all(sql).map((row) => Number(row['execution_id']));
  }

  close(): void {
    this.#database.close();
  }
}

/** SQLite's error, or what it means where the disk cannot take more now. */
export function unavailableOr(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined || !UNAVAILABLE.has(code & 0xff)) return error;
  return new StoreUnavailable((error as Error).message, { cause: error });
}

/** Whether it says everything, and not only where an execution stands that goes on running. */
function isWhole(progress: Partial<ExecutionProgress> | undefined): progress is ExecutionProgress {
  return progress?.status !== undefined;
}

function progressValues(progress: ExecutionProgress): SQLInputValue[] {
  return [
    progress.status,
    progress.stoppedAtMs,
    progress.output === null ? null : seal(progress.output),
    progress.error,
    progress.cause,
    progress.lastEventId,
    progress.lastEffectId,
    progress.redriveCount,
    progress.position,
  ];
}

function asOpenEffect(row: Row): OpenEffect {
  const key = Number(row['key']);
  return { executionId: Math.floor(key / WITHIN_EXECUTION), effectId: key % WITHIN_EXECUTION };
}

function asWaitPlace(row: Row): WaitPlace {
  return { ...asOpenEffect(row), stateMachineId: Number(row['waiting_of']) };
}

function asExecution(row: Row | undefined): StoredExecution | undefined {
  if (row === undefined) return undefined;
  const id = Number(row['id']);
  return {
    id,
    stateMachineId: Number(row['state_machine_id']),
    revisionId: Number(row['revision_id']),
    version: row['version'] === null ? null : Number(row['version']),
    alias: textOrNull(row['alias']),
    name: String(row['name']),
    startedAtMs: Number(row['started_at']),
    // Read when it is asked for: where only this or the output is damaged, the execution is still listed, and all others with it.
    get input() {
      return unseal(row['input'], () => `the input of execution ${id}`);
    },
    traceHeader: textOrNull(row['trace_header']),
    status: row['status'] as ExecutionStatus,
    stoppedAtMs: row['stopped_at'] === null ? null : Number(row['stopped_at']),
    get output() {
      return row['output'] === null ? null : unseal(row['output'], () => `the output of execution ${id}`);
    },
    error: textOrNull(row['error']),
    cause: textOrNull(row['cause']),
    lastEventId: Number(row['last_event_id']),
    lastEffectId: Number(row['last_effect_id']),
    redriveCount: Number(row['redrive_count']),
    position: textOrNull(row['position']),
  };
}
