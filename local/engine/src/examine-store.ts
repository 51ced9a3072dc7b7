import { DatabaseSync } from 'node:sqlite';
import type { ExecutionStatus } from './api.ts';
import type { ExecutionStore, StoredExecution } from './execution-store.ts';
import { readHistory } from './history.ts';
import { parsePosition } from './position.ts';
import { StoreDamaged } from './seal.ts';
import { openExecutionStore } from './open-execution-store.ts';
import type { Json } from '../../asl/src/index.ts';

/** Something in a store that is not as it must be. */
export interface StoreFinding {
  readonly what: string;
  /** It follows from what is beside it, and {@link examineExecutionStore} puts it right where it is asked to. */
  readonly isDerivable: boolean;
}

interface Event {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
}

const LAST_EVENT: Readonly<Partial<Record<ExecutionStatus, string>>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Rows that are about an effect, by the execution that it is of: the execution's id stands above the effect's in their key. */
const OF_EFFECTS = ['effects', 'offers', 'awaited', 'handed_over'];
const EXECUTION_OF_KEY = '(key >> 20)';
/** A damaged file says so many things of itself, and then that there is more. */
const FAULTS_OF_FILE_MAX = 20;

/**
 * Reads everything in a file of executions and says what cannot be so: damaged pages and texts, gaps in histories, executions that will
 * never go on, counters that do not fit. With `repair` it puts right what follows from the rest, and nothing else. Nobody else may have
 * the file open.
 *
 * @throws if it is no file of executions of this release.
 */
export function examineExecutionStore(file: string, { repair = false } = {}): StoreFinding[] {
  const database = new DatabaseSync(file);
  try {
    const damage = faultsOfFile(database, repair);
    // What SQLite itself cannot read holds no more answers.
    if (damage.some(({ isDerivable }) => !isDerivable)) return damage;
    const lost = faultOfJournal(file);
    if (lost !== undefined) return [...damage, lost];
    return [
      ...damage,
      ...withStore(file, examineExecutions),
      ...leftOvers(database, repair),
      ...miscounted(database, repair),
    ];
  } finally {
    database.close();
  }
}

function withStore<T>(file: string, look: (store: ExecutionStore, database: DatabaseSync) => T): T {
  const store = openExecutionStore(file);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return look(store, database);
  } finally {
    database.close();
    store.close();
  }
}

/** What the journal holds and the database does not is brought there, as at a start. */
function faultOfJournal(file: string): StoreFinding | undefined {
  try {
    openExecutionStore(file).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    return { what: error.message, isDerivable: false };
  }
}

/** An index follows from its table. */
function faultsOfFile(database: DatabaseSync, repair: boolean): StoreFinding[] {
  const faults = integrityFaults(database);
  if (faults.length === 0 || !faults.every((fault) => /index|non-unique/.test(fault)))
    return faults.map((what) => ({ what, isDerivable: false }));
  if (repair) database.exec('REINDEX');
  return faults.map((what) => ({ what, isDerivable: true }));
}

/** What SQLite finds in a file; nothing where it is sound. */
export function integrityFaults(database: DatabaseSync): string[] {
  try {
    const rows = database.prepare(`PRAGMA integrity_check(${FAULTS_OF_FILE_MAX})`).all();
    return rows.map((row) => String(row['integrity_check'])).filter((fault) => fault !== 'ok');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function examineExecutions(store: ExecutionStore, database: DatabaseSync): StoreFinding[] {
  const findings: StoreFinding[] = [];
  for (const { id } of database.prepare('SELECT id FROM executions ORDER BY id').iterate()) {
    for (const what of faultsOfOne(Number(id), store, database)) findings.push({ what, isDerivable: false });
  }
  return findings;
}

function* faultsOfOne(id: number, store: ExecutionStore, database: DatabaseSync): Iterable<string> {
  try {
    const execution = store.loadExecution(id);
    if (execution !== undefined) yield* faultsOf(execution, store, database);
  } catch (error) {
    // A number that is larger than any that we write, say.
    yield `execution ${id}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function* faultsOf(execution: StoredExecution, store: ExecutionStore, database: DatabaseSync): Iterable<string> {
  const { id, name, status } = execution;
  const named = `execution ${id} (${name})`;
  try {
    const position = parsePosition(execution.position, JSON.parse(execution.input) as Json);
    if (status === 'RUNNING' && position.frames.length === 0) yield `${named} runs, and stands nowhere`;
    if (execution.output !== null) JSON.parse(execution.output);
    const events = eventsOf(execution, store);
    if (events.length > 0 || !hasNoHistory(execution, database)) yield* faultsOfHistory(named, execution, events);
  } catch (error) {
    yield `${named}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const isDue = database.prepare(`SELECT 1 FROM effects WHERE ${EXECUTION_OF_KEY} = ? LIMIT 1`).get(id) !== undefined;
  if (status === 'RUNNING' && !isDue) yield `${named} runs, and nothing will ever move it`;
}

function* faultsOfHistory(
  named: string,
  { status, lastEventId }: StoredExecution,
  events: readonly Event[],
): Iterable<string> {
  const gap = events.findIndex(({ id }, index) => id !== index + 1);
  if (gap >= 0) yield `the history of ${named} has a gap before its ${gap + 1}th event`;
  if (events.length !== lastEventId)
    yield `the history of ${named} has ${events.length} events, and should have ${lastEventId}`;
  const stray = events.find(({ id, previousEventId }) => previousEventId >= id || previousEventId < 0);
  if (stray !== undefined) yield `event ${stray.id} of ${named} follows event ${stray.previousEventId}`;
  const last = events.at(-1)?.type ?? 'nothing';
  const expected = LAST_EVENT[status];
  if (expected !== undefined && last !== expected) yield `${named} is ${status}, and its history ends with ${last}`;
  if (status === 'RUNNING' && Object.values(LAST_EVENT).includes(last))
    yield `${named} runs, and its history ends with ${last}`;
}

function eventsOf(execution: StoredExecution, store: ExecutionStore): Event[] {
  const events: Event[] = [];
  for (let page: { nextToken?: string } = {}; ;) {
    const { eventsText, nextToken } = readHistory(store, execution, { maxResults: 1_000, ...page });
    for (const event of JSON.parse(eventsText) as Event[]) events.push(event);
    if (nextToken === undefined) return events;
    page = { nextToken };
  }
}

/** Nobody can ask for the history of an Express execution, so none is kept; nor of an Express child of a Map Run. */
function hasNoHistory({ stateMachineId }: StoredExecution, database: DatabaseSync): boolean {
  if (stateMachineId < 0) return true;
  return database.prepare('SELECT type FROM state_machines WHERE id = ?').get(stateMachineId)?.['type'] === 'EXPRESS';
}

/** Rows about effects of executions that have ended, or were never there: nobody needs them. */
function leftOvers(database: DatabaseSync, repair: boolean): StoreFinding[] {
  return OF_EFFECTS.flatMap((table) => {
    // An offer, or a wait for another execution, may be over before it is taken away.
    const of = table === 'effects' ? "AND status = 'RUNNING'" : '';
    const where = `WHERE ${EXECUTION_OF_KEY} NOT IN (SELECT id FROM executions WHERE TRUE ${of})`;
    const count = Number(database.prepare(`SELECT count(*) AS count FROM ${table} ${where}`).get()?.['count']);
    if (count === 0) return [];
    if (repair) database.exec(`DELETE FROM ${table} ${where}`);
    return { what: `rows of "${table}" that are about no execution that runs: ${count}`, isDerivable: true };
  });
}

/** Of a Map Run, how many of its children run. */
function miscounted(database: DatabaseSync, repair: boolean): StoreFinding[] {
  const running = `(SELECT count(*) FROM executions WHERE state_machine_id = -map_runs.id AND executions.status = 'RUNNING')`;
  const where = `WHERE status = 'RUNNING' AND running <> ${running}`;
  const rows = database.prepare(`SELECT arn, running, ${running} AS counted FROM map_runs ${where}`).all();
  if (repair && rows.length > 0) database.exec(`UPDATE map_runs SET running = ${running} ${where}`);
  return rows.map((row) => ({
    what: `${String(row['arn'])} says that ${String(row['running'])} of its children run; ${String(row['counted'])} do`,
    isDerivable: true,
  }));
}
