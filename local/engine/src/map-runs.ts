import {
  EvaluationError,
  exceeds,
  isObject,
  isTooLarge,
  jsonText,
  type ItemReaderPlan,
  type Json,
} from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';
import type { RedriveMap, RunMap } from './effect.ts';
import { ServiceUnavailable } from './errors.ts';
import { NeedsEvaluation, type Evaluations } from './evaluations.ts';
import { resultRows } from './integrations/s3-result-writer.ts';
import type { EngineLog } from './log-events.ts';
import { MapIoError, type MapIo, type MapResult } from './map-io.ts';
import type { MapRunChild, MapRunSettings, MapRunStore, StoredMapRun } from './map-run-store.ts';
import type { SignalBody } from './signal.ts';

/** What a Map Run needs of the engine. */
export interface MapRunHost {
  readonly log: EngineLog;
  /** The next process goes on with what is under way. */
  isClosing(): boolean;
  now(): number;
  pause(ms: number): Promise<void>;
  /** Runs the work in a transaction, anew where it had to wait for an expression; so it decides before it writes. */
  transact<T>(work: (evaluations: Evaluations) => T): Promise<T>;
  /** All of these run within a transaction. */
  signal(executionId: number, body: SignalBody, evaluations: Evaluations): void;
  /** The input of an item, as the Map state's ItemSelector makes it. */
  itemInput(run: StoredMapRun, index: number, item: Json, evaluations: Evaluations): Json;
  startChild(run: StoredMapRun, input: Json, evaluations: Evaluations): number;
  /** Continues a child; answers whether it could be. */
  redriveChild(executionId: number, evaluations: Evaluations): boolean;
  runningChildren(run: StoredMapRun): number[];
  statusOf(executionId: number): ExecutionStatus;
  resultOf(executionId: number): MapResult;
}

/** So many children run at a time where the state sets no limit. */
const CONCURRENCY_MAX = 1_000;
/** So many children begin, and so many items are stored, in one transaction. */
const PER_COMMIT_MAX = 100;
const ITEMS_PER_COMMIT_MAX = 1_000;
const ITEM_BYTES_PER_COMMIT_MAX = 1_000_000;
const CHILDREN_PER_READ = 200;
/** Step Functions quotas, "Maximum items in a Map Run"; also what the store has keys for. */
const ITEMS_MAX = 100_000_000;
/** After a fault it is tried again so much later, then twice as much later each time, up to the last. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 30_000;
/** A fault that has not passed after so many attempts never will; but a disk that takes nothing is waited for. */
const ATTEMPTS_MAX = 4;

/**
 * Runs distributed Maps: reads the items, begins an execution for each or for a batch of them, so many at a time, counts how they
 * end, and brings the result to the execution that waits. All it knows is rows, so after a crash it reads them and goes on.
 */
export class MapRuns {
  readonly #store: MapRunStore;
  readonly #io: MapIo;
  readonly #host: MapRunHost;
  /** Runs that are being advanced now; one that is not here is advanced when one of its children ends. */
  readonly #advancing = new Set<number>();
  /** Of these, the ones that something has happened to since. */
  readonly #stale = new Set<number>();
  /** How often each has met a fault since it last went on. */
  readonly #faults = new Map<number, number>();

  constructor(store: MapRunStore, io: MapIo, host: MapRunHost) {
    this.#store = store;
    this.#io = io;
    this.#host = host;
  }

  /** Takes up the runs that were under way. */
  goOn(): void {
    for (const id of this.#store.runningMapRuns()) this.#schedule(id);
  }

  /** Within a transaction. */
  begin(place: Pick<StoredMapRun, 'executionId' | 'revisionId' | 'processorPath'>, effect: RunMap): void {
    const { items, ...plan } = effect.plan;
    const id = this.#store.insertMapRun({
      arn: effect.mapRunArn,
      ...place,
      effectId: effect.effectId,
      frameId: effect.frameId,
      label: effect.label,
      plan,
      tolerance: effect.tolerance,
      maxConcurrency: effect.maxConcurrency,
      redriveCount: 0,
      redrivenAtMs: null,
      startedAtMs: this.#host.now(),
      status: 'RUNNING',
      stoppedAtMs: null,
      itemCount: plan.reader === undefined ? items.length : null,
      nextItem: 0,
      nextChild: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
    });
    for (const [index, item] of items.entries()) this.#store.appendItem(id, index, jsonText(item));
    this.#schedule(id);
  }

  /** Within a transaction: what did not succeed is done again, and what never began is begun. */
  redrive({ mapRunArn, effectId }: RedriveMap): void {
    const run = this.#store.findMapRun(mapRunArn);
    if (run === undefined) throw new Error(`the store has lost Map Run ${mapRunArn}`);
    const redriveCount = run.redriveCount + 1;
    this.#store.configureMapRun(run.id, { ...run, effectId, redriveCount, redrivenAtMs: this.#host.now() });
    this.#store.updateMapRun(run.id, { ...run, status: 'RUNNING', stoppedAtMs: null, running: 0, failed: 0 });
    this.#store.awaitRedrive(run.id);
    this.#schedule(run.id);
  }

  /** Within a transaction: it goes on by other rules. */
  configure(run: StoredMapRun, settings: MapRunSettings): void {
    this.#store.configureMapRun(run.id, settings);
    this.#schedule(run.id);
  }

  /** Within a transaction: the effect that waited is over, and so is the run. */
  closed(executionId: number, effectId: number, evaluations: Evaluations): void {
    const run = this.#store.mapRunOf(executionId, effectId);
    if (run?.status === 'RUNNING') this.#end(run, 'ABORTED', evaluations);
  }

  /** Within a transaction: a child has ended. What follows from it is worked out in a transaction of its own. */
  childEnded(executionId: number, status: ExecutionStatus): void {
    const child = this.#store.findChild(executionId);
    const run = child && this.#store.loadMapRun(child.mapRunId);
    if (child === undefined || run === undefined || run.status !== 'RUNNING') return;
    const succeeded = status === 'SUCCEEDED';
    this.#store.updateMapRun(run.id, {
      ...run,
      running: run.running - 1,
      succeeded: run.succeeded + (succeeded ? child.items : 0),
      failed: run.failed + (succeeded ? 0 : child.items),
    });
    this.#schedule(run.id);
  }

  #schedule(id: number): void {
    if (this.#advancing.has(id)) {
      this.#stale.add(id);
      return;
    }
    this.#advancing.add(id);
    this.#stale.delete(id);
    setImmediate(() => {
      this.#advance(id).then(
        () => this.#faults.delete(id),
        (fault: unknown) => this.#stumbled(id, fault),
      );
    });
  }

  /** All that is needed is rows, so it is tried again from them; a fault that does not pass ends the run. */
  #stumbled(id: number, fault: unknown): void {
    if (this.#host.isClosing()) return;
    const attempts = (this.#faults.get(id) ?? 0) + 1;
    this.#faults.set(id, attempts);
    const message = fault instanceof Error ? fault.message : String(fault);
    // Once: the later attempts meet the same.
    if (attempts === 1) this.#host.log('map-run.fault', { mapRunArn: this.#store.loadMapRun(id)?.arn, fault: message });
    const isForGood = attempts >= ATTEMPTS_MAX && !(fault instanceof ServiceUnavailable);
    const again = (): void => {
      const delayMs = Math.min(RETRY_MS * 2 ** (attempts - 1), RETRY_MS_MAX);
      void this.#host.pause(delayMs).then(() => {
        this.#advancing.delete(id);
        this.#schedule(id);
      });
    };
    if (!isForGood) again();
    else this.#giveUp(id, message).then(() => this.#advancing.delete(id), again);
  }

  async #giveUp(id: number, fault: string): Promise<void> {
    const run = await this.#host.transact(() => this.#store.loadMapRun(id));
    const cause = `The engine met a fault of its own, which is worth a report: ${fault}`;
    if (run !== undefined) await this.#conclude(run, failure(run, 'States.Runtime', cause));
    this.#faults.delete(id);
  }

  /** Begins children until as many run as may, a few in each transaction; then ends the run, or rests until a child ends. */
  async #advance(id: number): Promise<void> {
    const run = await this.#host.transact(() => this.#store.loadMapRun(id));
    const isRead = run?.status !== 'RUNNING' || run.itemCount !== null || (await this.#read(run));
    let more = isRead;
    while (more) more = await this.#host.transact((evaluations) => this.#beginChildren(id, evaluations));
    if (isRead) await this.#finish(id);
    this.#advancing.delete(id);
    // A child that ended meanwhile may have left its place to one that nobody else would begin.
    if (this.#stale.has(id)) this.#schedule(id);
  }

  /** Reads the items and stores them; `itemCount` is written after the last. Answers whether it could. */
  async #read(run: StoredMapRun): Promise<boolean> {
    const { reader } = run.plan;
    if (reader === undefined) return true;
    try {
      // What was read before the process died is read again.
      await this.#deleteItems(run.id);
      const itemCount = await this.#storeItems(run, reader);
      return (
        itemCount !== undefined &&
        (await this.#ifStill(run, (now) => this.#store.updateMapRun(run.id, { ...now, itemCount })))
      );
    } catch (error) {
      if (!(error instanceof MapIoError)) throw error;
      await this.#conclude(run, failure(run, error.error, error.message));
      return false;
    }
  }

  /** Stores the items as they come, a few in each transaction. Answers with their count, `undefined` if the run was ended meanwhile. */
  async #storeItems(run: StoredMapRun, reader: ItemReaderPlan): Promise<number | undefined> {
    const { maxItems = 0 } = reader;
    if (maxItems < 0) throw new MapIoError('States.ItemReaderFailed', 'field MaxItems must be positive');
    let stored = 0;
    let texts: string[] = [];
    let bytes = 0;
    const store = async (): Promise<boolean> => {
      const [first, some] = [stored, texts];
      stored += some.length;
      texts = [];
      bytes = 0;
      return await this.#ifStill(run, () => {
        for (const [offset, text] of some.entries()) this.#store.appendItem(run.id, first + offset, text);
      });
    };
    for await (const item of this.#io.readItems(reader, run.arn)) {
      if (stored + texts.length >= ITEMS_MAX)
        throw new MapIoError('States.ItemReaderFailed', `A Map Run has at most ${ITEMS_MAX} items.`);
      const text = jsonText(item);
      texts.push(text);
      bytes += text.length;
      if (stored + texts.length === maxItems) break;
      const isFull = texts.length >= ITEMS_PER_COMMIT_MAX || bytes >= ITEM_BYTES_PER_COMMIT_MAX;
      if (isFull && !(await store())) return undefined;
    }
    return (await store()) ? stored : undefined;
  }

  /** Does the work in a transaction, unless the run was aborted meanwhile, and maybe redriven. */
  #ifStill({ id, effectId }: StoredMapRun, work: (now: StoredMapRun) => void): Promise<boolean> {
    return this.#host.transact(() => {
      const now = this.#store.loadMapRun(id);
      if (now?.status !== 'RUNNING' || now.effectId !== effectId) return false;
      work(now);
      return true;
    });
  }

  async #deleteItems(id: number): Promise<void> {
    const some = (): number => this.#store.deleteItems(id, ITEMS_PER_COMMIT_MAX);
    while ((await this.#host.transact(some)) > 0);
  }

  /** Within a transaction. Answers whether there is more to begin now. */
  #beginChildren(id: number, evaluations: Evaluations): boolean {
    for (let begun = 0; begun < PER_COMMIT_MAX; begun++) {
      const run = this.#store.loadMapRun(id);
      if (run === undefined || run.status !== 'RUNNING' || run.itemCount === null) return false;
      const concurrency = Math.min(run.maxConcurrency || CONCURRENCY_MAX, CONCURRENCY_MAX);
      if (run.running >= concurrency || tooManyFailed(run)) return false;
      const unsuccessful = this.#nextToRedrive(run);
      if (unsuccessful !== undefined) {
        this.#redriveChild(run, unsuccessful, evaluations);
        continue;
      }
      if (run.nextItem >= run.itemCount) return false;
      const next = evaluations.attempt(() => this.#attemptInput(run, run.itemCount ?? 0, evaluations));
      if ('items' in next) {
        this.#beginChild(run, next, evaluations);
        continue;
      }
      // The children that have begun are kept; what the next one needs comes after them.
      if (begun > 0) return true;
      if (next instanceof NeedsEvaluation) throw next;
      this.#concludeNow(run, failure(run, next.error, next.cause), evaluations);
    }
    return true;
  }

  /** The next input; or why the state fails, where its ItemSelector can make none of an item. */
  #attemptInput(run: StoredMapRun, itemCount: number, evaluations: Evaluations): NextInput | NoInput {
    try {
      return this.#nextInput(run, itemCount, evaluations);
    } catch (thrown) {
      if (!(thrown instanceof EvaluationError)) throw thrown;
      const { error = 'States.Runtime', cause = '' } = thrown.statesError;
      return { error, cause };
    }
  }

  #beginChild(run: StoredMapRun, { input, items }: NextInput, evaluations: Evaluations): void {
    const executionId = this.#host.startChild(run, input, evaluations);
    this.#store.updateMapRun(run.id, {
      ...run,
      nextItem: run.nextItem + items,
      nextChild: run.nextChild + 1,
      running: run.running + 1,
    });
    this.#store.insertChild({ executionId, mapRunId: run.id, index: run.nextChild, items });
    // It may have ended in the very transition that started it.
    const status = this.#host.statusOf(executionId);
    if (status !== 'RUNNING') this.childEnded(executionId, status);
  }

  #nextToRedrive(run: StoredMapRun): MapRunChild | undefined {
    return run.redriveCount === 0 ? undefined : this.#store.nextAwaitingRedrive(run.id);
  }

  #redriveChild(run: StoredMapRun, { executionId, items }: MapRunChild, evaluations: Evaluations): void {
    const isRedriven = this.#host.redriveChild(executionId, evaluations);
    // It may have ended in the very transition that continued it, and been counted.
    const now = this.#store.loadMapRun(run.id) ?? run;
    const counted = isRedriven ? { running: now.running + 1 } : { failed: now.failed + items };
    this.#store.updateMapRun(run.id, { ...now, ...counted });
  }

  /** One item, or as many as a batch takes. */
  #nextInput(run: StoredMapRun, itemCount: number, evaluations: Evaluations): NextInput {
    const itemAt = (index: number): Json =>
      this.#host.itemInput(run, index, JSON.parse(this.#store.readItem(run.id, index)) as Json, evaluations);
    const { batch } = run.plan;
    if (batch === undefined) return { input: itemAt(run.nextItem), items: 1 };
    const shared = batch.input === undefined ? {} : { BatchInput: batch.input };
    const items: Json[] = [];
    let bytes = Buffer.byteLength(jsonText({ ...shared, Items: [] }));
    for (let index = run.nextItem; index < itemCount; index++) {
      if (batch.maxItems !== undefined && batch.maxItems > 0 && items.length >= batch.maxItems) break;
      const item = itemAt(index);
      bytes += Buffer.byteLength(jsonText(item)) + 1;
      const full = (batch.maxBytes ?? 0) > 0 ? bytes > (batch.maxBytes ?? 0) : isTooLarge([...items, item]);
      if (full && items.length > 0) break;
      items.push(item);
    }
    return { input: { ...shared, Items: items }, items: items.length };
  }

  /** When nothing is left and nothing runs, or too much has failed, whoever waits is told. */
  async #finish(id: number): Promise<void> {
    const run = await this.#host.transact(() => this.#ended(id));
    if (run === undefined) return;
    if (tooManyFailed(run)) {
      const cause = 'The specified tolerated failure threshold was exceeded';
      await this.#conclude(run, failure(run, 'States.ExceedToleratedFailureThreshold', cause));
      return;
    }
    try {
      // Every item has become a child, which has it in its input.
      await this.#deleteItems(id);
      const results = await this.#results(run);
      await this.#conclude(run, { type: 'MapRunSucceeded', effectId: run.effectId, results });
    } catch (error) {
      if (!(error instanceof MapIoError)) throw error;
      await this.#conclude(run, failure(run, error.error, error.message));
    }
  }

  async #conclude(run: StoredMapRun, body: SignalBody): Promise<void> {
    await this.#host.transact((evaluations) => this.#concludeNow(run, body, evaluations));
  }

  /** Within a transaction: the end of the run and what follows from it for whoever waits are one commit. */
  #concludeNow({ id, effectId }: StoredMapRun, body: SignalBody, evaluations: Evaluations): void {
    const run = this.#store.loadMapRun(id);
    // Aborted, and maybe redriven, while this was worked out: then it is another effect that waits.
    if (run?.status !== 'RUNNING' || run.effectId !== effectId) return;
    this.#host.signal(run.executionId, body, evaluations);
    this.#end(run, body.type === 'MapRunSucceeded' ? 'SUCCEEDED' : 'FAILED', evaluations);
  }

  /** The run, where nothing is left to do in it. */
  #ended(id: number): StoredMapRun | undefined {
    const run = this.#store.loadMapRun(id);
    if (run?.status !== 'RUNNING' || run.itemCount === null) return undefined;
    if (tooManyFailed(run)) return run;
    if (run.nextItem < run.itemCount || run.running > 0) return undefined;
    return this.#nextToRedrive(run) === undefined ? run : undefined;
  }

  async #results(run: StoredMapRun): Promise<Json> {
    const { writer } = run.plan;
    if (isObject(writer?.parameters) && 'Bucket' in writer.parameters)
      return await this.#io.writeResults(writer, { mapRunArn: run.arn, children: this.#children(run) });
    // A writer that names no place says how the state's own result looks.
    const transformation = writer === undefined ? 'COMPACT' : writer.config['Transformation'];
    const results: Json[] = [];
    for await (const child of this.#children(run)) {
      if (child.status === 'SUCCEEDED') results.push(...resultRows(child, transformation));
    }
    return results;
  }

  /** The children in the order of the items, a few in each transaction, so that a run of very many keeps nobody waiting. */
  async *#children(run: StoredMapRun): AsyncGenerator<MapResult> {
    for (let from = 0; from < run.nextChild; from += CHILDREN_PER_READ) {
      const limit = Math.min(CHILDREN_PER_READ, run.nextChild - from);
      yield* await this.#host.transact(() =>
        this.#store.childrenOf(run.id, from, limit).map(({ executionId }) => this.#host.resultOf(executionId)),
      );
    }
  }

  /** Within a transaction: children that still run are stopped, and none begins any more. */
  #end(run: StoredMapRun, status: StoredMapRun['status'], evaluations: Evaluations): void {
    this.#store.updateMapRun(run.id, { ...run, status, stoppedAtMs: this.#host.now() });
    // The items that never began are kept for a redrive.
    if (status !== 'SUCCEEDED') this.#store.abandonRedrive(run.id);
    for (const executionId of this.#host.runningChildren(run)) {
      this.#host.signal(executionId, { type: 'StopExecution' }, evaluations);
    }
  }
}

interface NextInput {
  readonly input: Json;
  readonly items: number;
}

interface NoInput {
  readonly error: string;
  readonly cause: string;
}

function tooManyFailed(run: StoredMapRun): boolean {
  return exceeds(run.tolerance, run.failed, run.itemCount ?? 0);
}

function failure({ effectId }: StoredMapRun, error: string, cause: string): SignalBody {
  return { type: 'MapRunFailed', effectId, error, cause };
}
