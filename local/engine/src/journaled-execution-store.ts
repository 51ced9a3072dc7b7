import type { ExecutionStatus } from './api.ts';
import { executionOf, refuseUnstorable, type Change, type Place } from './change.ts';
import {
  StoreUnavailable,
  type DueEffect,
  type ExecutionProgress,
  type ExecutionStart,
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
import type { Journal } from './journal.ts';
import type { MapRunStore } from './map-run-store.ts';
import type { ResourceStore } from './resource-store.ts';
import { StoreDamaged } from './seal.ts';
import { unavailableOr, type SqliteExecutionStore } from './sqlite-execution-store.ts';
import { Unsettled } from './unsettled.ts';

/** So many characters of executions wait to be settled before each commit settles a few. */
const UNSETTLED_CHARACTERS_MAX = 2 ** 23;
/** When the journal is full to this share, so many of them are brought to the database that little is left when it starts anew. */
const FULL_ENOUGH = 0.75;
/** So many times as many are then settled at a time. */
const FULL_FACTOR = 4;
/** So many of the effects that are due first in the database are looked at for one that is still to come. */
const FIRST_DUE = 32;
/** What is longer goes to the database at once, rather than twice to the disk. */
const JOURNALED_CHARACTERS_MAX = 2 ** 20;

export interface JournaledOptions {
  /** So many executions wait to be settled before each commit settles a few. @default 512 */
  readonly unsettledMax?: number;
  /** So few, which takes a millisecond or two. @default 32 */
  readonly settledAtOnce?: number;
  readonly onClose?: () => unknown;
}

/** A transaction that is written to the journal. */
interface Unsynced {
  readonly undos: readonly (() => void)[];
  /** Executions that are forgotten with it: what the journal has of them counts until it is on disk. */
  readonly forgets: boolean;
  /** The database is told of others meanwhile. */
  hasSettled: boolean;
  refusal: StoreUnavailable | undefined;
}

/**
 * SQLite behind a journal. What a transaction writes of executions is one text, which is on disk with one sync; the database gets it later,
 * many at a time, and of an execution that has moved on meanwhile only what it has become. Until then it is read from memory.
 *
 * Whatever else is written, or asked for over many executions, goes to the database: within a transaction that then commits there, and
 * all that is not settled with it. The database alone may hold a part of what a transaction wrote; after a crash the journal tells it the
 * rest, before anybody reads. docs/decisions/journal.md has why that is safe.
 */
export class JournaledExecutionStore implements ExecutionStore {
  commits = 0;
  readonly #database: SqliteExecutionStore;
  readonly #journal: Journal;
  readonly #options: Required<JournaledOptions>;
  readonly #unsettled = new Map<number, Unsettled>();
  /** The executions that the database has not heard of, by state machine and name. */
  readonly #names = new Map<string, number>();
  #characters = 0;
  #isTransacting = false;
  /** The running transaction commits in the database. */
  #isInDatabase = false;
  /** What the running transaction wrote, and what undoes each of it. */
  #changes: Change[] = [];
  #undos: (() => void)[] = [];
  /** The last transaction, while the disk has not got it. */
  #unsynced: Unsynced | undefined;
  /** What the database was told last of how far it knows what the journal holds. */
  #settled = 0;
  /** Whether any execution's end is waited for by another, once that was asked. */
  #isAnyAwaited: boolean | undefined;
  /** The journal could not be written, and may hold what was refused. */
  #isBroken = false;
  /** The first effects that are due in the database, once they were asked for. */
  #firstDue: readonly DueEffect[] | undefined;
  /** When the first of the unsettled ones is due, Infinity where there is none; likewise. */
  #firstUnsettledDueMs: number | undefined;

  /** @throws {StoreDamaged} if the journal has lost what it held. */
  constructor(database: SqliteExecutionStore, journal: Journal, options: JournaledOptions = {}) {
    this.#database = database;
    this.#journal = journal;
    this.#options = { unsettledMax: 512, settledAtOnce: 32, onClose: () => {}, ...options };
    this.#recover();
    database.useJournal(true);
    database.beforeWhole = () => void this.#inDatabase();
  }

  get tokenKey(): Uint8Array {
    return this.#database.tokenKey;
  }

  get resources(): ResourceStore {
    return this.#database.resources;
  }

  get mapRuns(): MapRunStore {
    return this.#database.mapRuns;
  }

  get jobs(): JobStore {
    return this.#database.jobs;
  }

  transact<T>(work: () => T): T {
    const result = this.#run(work);
    this.#sync();
    return result;
  }

  async transactAsync(work: () => void): Promise<void> {
    this.#run(work);
    const unsynced = this.#unsynced;
    if (unsynced === undefined) return;
    try {
      const synced = this.#journal.syncAsync();
      this.#settleMeanwhile(unsynced);
      await synced;
      this.#take(unsynced);
    } catch (error) {
      this.#refuse(unsynced, error);
    }
    if (unsynced.refusal !== undefined) throw unsynced.refusal;
  }

  #run<T>(work: () => T): T {
    this.#catchUp();
    if (this.#isBroken) this.#startAnew();
    this.#isTransacting = true;
    try {
      const result = work();
      if (!this.#isInDatabase) this.#writeInJournal();
      if (this.#isInDatabase) this.#commitInDatabase();
      return result;
    } catch (error) {
      this.#database.rollBack();
      this.#undo(this.#undos);
      throw unavailableOr(error);
    } finally {
      this.#isTransacting = false;
      this.#isInDatabase = false;
      this.#changes = [];
      this.#undos = [];
    }
  }

  #writeInJournal(): void {
    if (this.#changes.length === 0) return;
    const text = JSON.stringify(this.#changes);
    if (text.length > JOURNALED_CHARACTERS_MAX || !this.#journal.hasRoomFor(text)) {
      this.#inDatabase();
      return;
    }
    try {
      this.#journal.write(text);
    } catch (error) {
      this.#isBroken = true;
      throw new StoreUnavailable((error as Error).message, { cause: error });
    }
    const forgets = this.#changes.some(([kind]) => kind === 'gone');
    this.#unsynced = { undos: this.#undos, forgets, hasSettled: false, refusal: undefined };
  }

  /** Waits for the disk. @throws {StoreUnavailable} if it does not take the last transaction, which is undone. */
  #sync(): void {
    const unsynced = this.#unsynced;
    if (unsynced === undefined) return;
    try {
      this.#journal.sync();
    } catch (error) {
      this.#refuse(unsynced, error);
      throw unsynced.refusal;
    }
    this.#take(unsynced);
  }

  /** Nobody hears of what is not on disk: whoever asks meanwhile waits for it, and whose transaction it was is told what became of it. */
  #catchUp(): void {
    try {
      this.#sync();
    } catch {
      // It never happened.
    }
  }

  #take(unsynced: Unsynced): void {
    if (this.#unsynced !== unsynced) return;
    this.#unsynced = undefined;
    this.commits++;
    if (!unsynced.hasSettled) this.#settleSome();
  }

  /** While the disk takes this one, there is time for what it has taken before. */
  #settleMeanwhile(unsynced: Unsynced): void {
    if (unsynced.forgets) return;
    unsynced.hasSettled = true;
    this.#settleSome();
  }

  #refuse(unsynced: Unsynced, error: unknown): void {
    if (this.#unsynced !== unsynced) return;
    this.#unsynced = undefined;
    this.#isBroken = true;
    unsynced.refusal = new StoreUnavailable((error as Error).message, { cause: error });
    this.#undo(unsynced.undos);
    try {
      this.#startAnew();
    } catch {
      // The next transaction begins with it.
    }
  }

  /**
   * The number is one that no text has. A commit in which nothing changes is not synced by SQLite, and then the journal, which is written
   * over from here on, would still be what holds the rest.
   */
  #commitInDatabase(): void {
    const last = this.#journal.last + 1;
    this.#database.putJournalPlace({ settled: last, seen: last });
    try {
      this.#database.commit();
    } catch (error) {
      // It may be on disk all the same, and would come back under what the journal gets.
      this.#isBroken = true;
      throw error;
    }
    this.#settled = last;
    this.commits++;
    this.#journal.restart(last);
    this.#forget(this.#unsettled.keys());
  }

  #undo(undos: readonly (() => void)[]): void {
    this.#firstDue = undefined;
    this.#isAnyAwaited = undefined;
    this.#firstUnsettledDueMs = undefined;
    for (const undo of undos.toReversed()) undo();
  }

  /** What was refused must not come back from the journal: its numbers go on behind it, from the start of the file. */
  #startAnew(): void {
    const last = this.#journal.last + 1;
    this.#settleIn(this.#unsettled, { settled: last, seen: last });
    this.#journal.restart(last);
    this.#isBroken = false;
  }

  /** What comes now is read and written in the database, which knows everything. */
  #inDatabase(): SqliteExecutionStore {
    this.#firstDue = undefined;
    if (this.#isInDatabase) return this.#database;
    if (!this.#isTransacting) this.settle();
    else {
      this.#database.begin();
      this.#isInDatabase = true;
      this.#write(this.#unsettled.values());
    }
    return this.#database;
  }

  /** Brings to the database what it has not heard of, the longest unheard of first. What is acknowledged stays so if this fails. */
  settle(): void {
    this.#catchUp();
    const { last } = this.#journal;
    if (this.#unsettled.size === 0 && this.#settled === last) return;
    this.#database.withoutSync(() => this.#settleIn(this.#unsettled, { settled: last, seen: last }));
  }

  /** Of those that are on disk with all that they have become. */
  #settleSome(): void {
    const count = this.#countToSettle();
    if (count === 0) return;
    const { last } = this.#journal;
    const some = new Map<number, Unsettled>();
    let settled = last;
    for (const [executionId, unsettled] of this.#unsettled) {
      if (some.size < count && unsettled.until <= last) some.set(executionId, unsettled);
      else settled = Math.min(settled, unsettled.since - 1);
    }
    if (some.size === 0) return;
    try {
      this.#database.withoutSync(() => this.#settleIn(some, { settled, seen: last }));
    } catch {
      // What was just committed is so, for the journal has it. Whoever needs the database next is told what is wrong with it.
    }
  }

  /** Few at a time, and as many as began in a commit of many; more of them where the journal is nearly full. */
  #countToSettle(): number {
    const { unsettledMax, settledAtOnce } = this.#options;
    const excess = this.#unsettled.size - unsettledMax;
    if (this.#journal.fullness > FULL_ENOUGH) return Math.max(FULL_FACTOR * settledAtOnce, excess);
    if (excess < 0 && this.#characters < UNSETTLED_CHARACTERS_MAX) return 0;
    return Math.max(settledAtOnce, excess);
  }

  #settleIn(some: ReadonlyMap<number, Unsettled>, place: { settled: number; seen: number }): void {
    this.#database.transact(() => {
      this.#write(some.values());
      this.#database.putJournalPlace(place);
    });
    this.#settled = place.settled;
    this.#forget(some.keys());
  }

  #write(some: Iterable<Unsettled>): void {
    this.#firstDue = undefined;
    for (const unsettled of some) this.#database.putUnsettled(unsettled);
  }

  #forget(executionIds: Iterable<number>): void {
    for (const executionId of executionIds) {
      const { inserted, length = 0 } = this.#unsettled.get(executionId) ?? {};
      if (inserted !== undefined) this.#names.delete(nameKey(inserted));
      this.#characters -= length;
      this.#unsettled.delete(executionId);
    }
    this.#firstUnsettledDueMs = undefined;
  }

  /** What the last process had not settled is settled now, and the journal is empty. */
  #recover(): void {
    const { settled, seen } = this.#database.journalPlace();
    const texts = this.#journal.open(settled);
    const found = this.#journal.last;
    if (found < seen) throw new StoreDamaged('the journal', `it ends at ${found} where the database has seen ${seen}`);
    // As where a transaction commits in the database: the process before may have settled everything, and synced nothing of it.
    const last = found + 1;
    const gone: number[] = [];
    for (const change of texts.flatMap((text) => JSON.parse(text) as Change[])) {
      if (change[0] === 'gone') gone.push(change[1]);
      this.#keep(change, true);
    }
    this.#database.transact(() => {
      for (const executionId of gone) this.#database.deleteExecution(executionId);
      this.#write(this.#unsettled.values());
      this.#database.putJournalPlace({ settled: last, seen: last });
    });
    this.#settled = last;
    this.#forget(this.#unsettled.keys());
    this.#journal.restart(last);
  }

  #change(change: Change): void {
    refuseUnstorable(change);
    if (!this.#isTransacting) this.transact(() => this.#change(change));
    else if (this.#isInDatabase) this.#database.put(change);
    else {
      this.#changes.push(change);
      this.#undos.push(this.#keep(change));
    }
  }

  /** Answers with what undoes it. */
  #keep(change: Change, isReplayed = false): () => void {
    const executionId = executionOf(change);
    const known = this.#unsettled.get(executionId);
    if (change[0] === 'gone') {
      this.#forget([executionId]);
      return () => {
        if (known !== undefined) this.#remember(known);
      };
    }
    const unsettled = known ?? new Unsettled(executionId, this.#journal.last + 1, isReplayed);
    if (change[0] === 'effect gone') this.#noteDue(unsettled, change[2], Infinity);
    if (change[0] === 'effect') this.#noteDue(unsettled, change[2], change[3].dueAtMs);
    const lengthBefore = unsettled.length;
    const undo = unsettled.take(change, this.#journal.last + 1);
    this.#unsettled.set(executionId, unsettled);
    this.#characters += unsettled.length - lengthBefore;
    if (change[0] === 'inserted') this.#names.set(nameKey(change[1]), executionId);
    return () => {
      this.#forget([executionId]);
      undo();
      if (known !== undefined) this.#remember(known);
    };
  }

  #remember(unsettled: Unsettled): void {
    const { executionId, inserted, length } = unsettled;
    this.#unsettled.set(executionId, unsettled);
    this.#characters += length;
    if (inserted !== undefined) this.#names.set(nameKey(inserted), executionId);
  }

  /** Keeps the first of the unsettled effects that is due, or forgets it where it has to be searched for anew. */
  #noteDue({ effects }: Unsettled, effectId: number, dueAtMs: number): void {
    const first = this.#firstUnsettledDueMs;
    if (first === undefined) return;
    const before = effects.get(effectId)?.dueAtMs ?? Infinity;
    this.#firstUnsettledDueMs = before <= first && dueAtMs > before ? undefined : Math.min(first, dueAtMs);
  }

  insertExecution(execution: StoredExecution): void {
    this.#change(['inserted', execution]);
  }

  updateExecution(id: number, progress: ExecutionProgress): void {
    this.#change(['updated', id, progress]);
  }

  moveExecution(id: number, { lastEventId, lastEffectId, position }: Place): void {
    this.#change(['moved', id, { lastEventId, lastEffectId, position }]);
  }

  deleteExecution(id: number): void {
    if (!this.#isInDatabase && this.#unsettled.get(id)?.inserted !== undefined) this.#change(['gone', id]);
    else this.#inDatabase().deleteExecution(id);
  }

  loadExecution(id: number): StoredExecution | undefined {
    if (!this.#isTransacting) this.#catchUp();
    const unsettled = this.#isInDatabase ? undefined : this.#unsettled.get(id);
    if (unsettled?.inserted !== undefined) return unsettled.inserted;
    const stored = this.#database.loadExecution(id);
    return stored === undefined || unsettled?.progress === undefined ? stored : { ...stored, ...unsettled.progress };
  }

  findExecution(stateMachineName: string, name: string): StoredExecution | undefined {
    for (const id of this.#database.stateMachinesNamed(stateMachineName)) {
      const found = this.findExecutionOf(id, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  findExecutionOf(stateMachineId: number, name: string): StoredExecution | undefined {
    if (!this.#isTransacting) this.#catchUp();
    const id = this.#names.get(nameKey({ stateMachineId, name })) ?? this.#database.findIdOf(stateMachineId, name);
    return id === undefined ? undefined : this.loadExecution(id);
  }

  findChildExecution(name: string): StoredExecution | undefined {
    return this.#inDatabase().findChildExecution(name);
  }

  findExecutionsNamed(name: string, limit: number): StoredExecution[] {
    return this.#inDatabase().findExecutionsNamed(name, limit);
  }

  listExecutions(
    of: ExecutionsOf,
    status: ExecutionStatus | undefined,
    beforeId: number,
    limit: number,
    redriven?: 'REDRIVEN' | 'NOT_REDRIVEN',
  ): StoredExecution[] {
    return this.#inDatabase().listExecutions(of, status, beforeId, limit, redriven);
  }

  countExecutions(stateMachineId: number, status: ExecutionStatus, max: number): number {
    return this.#inDatabase().countExecutions(stateMachineId, status, max);
  }

  latestStarts(stateMachineId: number, limit: number): ExecutionStart[] {
    return this.#inDatabase().latestStarts(stateMachineId, limit);
  }

  hasRunningExecutions(stateMachineId: number): boolean {
    return this.#inDatabase().hasRunningExecutions(stateMachineId);
  }

  lastExecutionId(): number {
    return this.#inDatabase().lastExecutionId();
  }

  appendEvents(executionId: number, firstEventId: number, text: string): void {
    this.#change(['events', executionId, firstEventId, text]);
  }

  readEvents(executionId: number, fromEventId: number, backwards: boolean): Iterable<StoredEvents> {
    if (!this.#isTransacting) this.#catchUp();
    const hasAll = this.#unsettled.get(executionId) === undefined;
    return (hasAll ? this.#database : this.#inDatabase()).readEvents(executionId, fromEventId, backwards);
  }

  putEffect(executionId: number, effectId: number, dueAtMs: number, inFlight: boolean): void {
    this.#change(['effect', executionId, effectId, { dueAtMs, inFlight, waitingOf: null }]);
  }

  putWait(executionId: number, effectId: number, dueAtMs: number, stateMachineId: number): void {
    this.#change(['effect', executionId, effectId, { dueAtMs, inFlight: false, waitingOf: stateMachineId }]);
  }

  postponeEffect(executionId: number, effectId: number, dueAtMs: number): void {
    const row = this.#isInDatabase ? undefined : this.#unsettled.get(executionId)?.effects.get(effectId);
    if (row) this.#change(['effect', executionId, effectId, { ...row, dueAtMs }]);
    else this.#inDatabase().postponeEffect(executionId, effectId, dueAtMs);
  }

  removeEffect(executionId: number, effectId: number): void {
    this.#change(['effect gone', executionId, effectId]);
  }

  dueEffects(atMs: number, limit: number): OpenEffect[] {
    return this.#inDatabase().dueEffects(atMs, limit);
  }

  nextDueAtMs(): number | null {
    if (this.#isInDatabase) return this.#database.nextDueAtMs();
    this.#firstUnsettledDueMs ??= this.#searchFirstDue();
    const first = Math.min(this.#firstUnsettledDueMs, this.#firstDueInDatabase());
    return first === Infinity ? null : first;
  }

  #searchFirstDue(): number {
    let first = Infinity;
    for (const { effects } of this.#unsettled.values()) {
      // An execution that has ended has none, and most of these have.
      if (effects.size === 0) continue;
      for (const row of effects.values()) if (row !== null && row.dueAtMs < first) first = row.dueAtMs;
    }
    return first;
  }

  #firstDueInDatabase(): number {
    this.#firstDue ??= this.#database.firstDue(FIRST_DUE);
    // They may have been done, or postponed, since the database last heard of them.
    const first = this.#firstDue.find(
      ({ executionId, effectId }) => this.#unsettled.get(executionId)?.effects.has(effectId) !== true,
    );
    if (first !== undefined) return first.dueAtMs;
    // Whoever looks then what is due has the database told first.
    return this.#firstDue.length < FIRST_DUE ? Infinity : (this.#firstDue.at(-1)?.dueAtMs ?? Infinity);
  }

  nextEffects(limit: number): DueEffect[] {
    return this.#inDatabase().nextEffects(limit);
  }

  waits(of: WaitsOf, after: WaitPlace | undefined, limit: number): WaitPlace[] {
    return this.#inDatabase().waits(of, after, limit);
  }

  effectsInFlight(limit: number): OpenEffect[] {
    return this.#inDatabase().effectsInFlight(limit);
  }

  handOver(executionId: number, effectId: number, call: string): void {
    this.#inDatabase().handOver(executionId, effectId, call);
  }

  takeOver(): HandedOverCall[] {
    return this.#inDatabase().takeOver();
  }

  offerToWorkers(executionId: number, effectId: number, activityArn: string, input: string): void {
    this.#inDatabase().offerToWorkers(executionId, effectId, activityArn, input);
  }

  takeOffer(activityArn: string): Offer | undefined {
    return this.#database.hasOffer(activityArn) ? this.#inDatabase().takeOffer(activityArn) : undefined;
  }

  awaitExecution(executionId: number, effectId: number, awaitedId: number): void {
    this.#isAnyAwaited = undefined;
    this.#inDatabase().awaitExecution(executionId, effectId, awaitedId);
  }

  awaiting(awaitedId: number): OpenEffect[] {
    this.#isAnyAwaited ??= this.#database.isAnyAwaited();
    return this.#isAnyAwaited ? this.#database.awaiting(awaitedId) : [];
  }

  removeAwaited(executionId: number, effectId: number): void {
    this.#isAnyAwaited = undefined;
    this.#inDatabase().removeAwaited(executionId, effectId);
  }

  endedAndAwaited(): number[] {
    return this.#inDatabase().endedAndAwaited();
  }

  close(): void {
    this.#catchUp();
    try {
      if (this.#isBroken) this.#startAnew();
      else this.settle();
      this.#database.useJournal(false);
    } finally {
      this.#journal.close();
      this.#database.close();
      this.#options.onClose();
    }
  }
}

function nameKey({ stateMachineId, name }: Pick<StoredExecution, 'stateMachineId' | 'name'>): string {
  return `${stateMachineId}/${name}`;
}
