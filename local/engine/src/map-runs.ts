import { exceeds, isObject, isTooLarge, jsonText, type Json } from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';
import type { RedriveMap, RunMap } from './effect.ts';
import { NeedsEvaluation, type Evaluations } from './evaluations.ts';
import { MapIoError, type MapIo, type MapResult } from './map-io.ts';
import type { MapRunChild, MapRunSettings, MapRunStore, StoredMapRun } from './map-run-store.ts';
import type { SignalBody } from './signal.ts';

/** What a Map Run needs of the engine. */
export interface MapRunHost {
  now(): number;
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
  described(executionId: number): MapResult;
}

/** So many children run at a time where the state sets no limit. */
const CONCURRENCY_MAX = 1_000;
/** So many children begin, and so many items are stored, in one transaction. */
const PER_COMMIT_MAX = 100;
const ITEMS_PER_COMMIT_MAX = 1_000;
const CHILDREN_PER_READ = 500;
const RETRY_MS = 250;

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
      this.#advance(id).catch(() => {
        // The disk takes nothing now. All that is needed is rows, so it is tried again from them.
        this.#advancing.delete(id);
        setTimeout(() => this.#schedule(id), RETRY_MS).unref();
      });
    });
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

  /** Reads the items and stores them, a few in each transaction; `itemCount` is written after the last. Answers whether it could. */
  async #read(run: StoredMapRun): Promise<boolean> {
    const { reader } = run.plan;
    if (reader === undefined) return true;
    try {
      const { maxItems = 0 } = reader;
      if (maxItems < 0) throw new MapIoError('States.ItemReaderFailed', 'field MaxItems must be positive');
      const all = await this.#io.readItems(reader);
      const items = maxItems === 0 ? all : all.slice(0, maxItems);
      await this.#host.transact(() => this.#store.deleteItems(run.id));
      for (let from = 0; from < items.length; from += ITEMS_PER_COMMIT_MAX) {
        const some = items.slice(from, from + ITEMS_PER_COMMIT_MAX);
        await this.#host.transact(() => {
          for (const [offset, item] of some.entries()) this.#store.appendItem(run.id, from + offset, jsonText(item));
        });
      }
      return await this.#host.transact(() => {
        // It may have been aborted while it was read.
        const now = this.#store.loadMapRun(run.id);
        if (now?.status !== 'RUNNING') return false;
        this.#store.updateMapRun(run.id, { ...now, itemCount: items.length });
        return true;
      });
    } catch (error) {
      if (!(error instanceof MapIoError)) throw error;
      await this.#conclude(run, failure(run, error.error, error.message));
      return false;
    }
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
      const next = evaluations.attempt(() => this.#nextInput(run, run.itemCount ?? 0, evaluations));
      // The children that have begun are kept; the one that needs an answer is begun after it.
      if (next instanceof NeedsEvaluation && begun > 0) return true;
      if (next instanceof NeedsEvaluation) throw next;
      this.#beginChild(run, next, evaluations);
    }
    return true;
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
    const { status } = this.#host.described(executionId);
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
      const results = await this.#results(run);
      await this.#conclude(run, { type: 'MapRunSucceeded', effectId: run.effectId, results });
    } catch (error) {
      if (!(error instanceof MapIoError)) throw error;
      await this.#conclude(run, failure(run, error.error, error.message));
    }
  }

  /** The end of the run and what follows from it for whoever waits are one commit. */
  async #conclude({ id, effectId }: StoredMapRun, body: SignalBody): Promise<void> {
    await this.#host.transact((evaluations) => {
      const run = this.#store.loadMapRun(id);
      // Aborted, and maybe redriven, while this was worked out: then it is another effect that waits.
      if (run?.status !== 'RUNNING' || run.effectId !== effectId) return;
      this.#host.signal(run.executionId, body, evaluations);
      this.#end(run, body.type === 'MapRunSucceeded' ? 'SUCCEEDED' : 'FAILED', evaluations);
    });
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
    if (isObject(writer?.parameters) && 'Bucket' in writer.parameters) {
      const children = await this.#ofChildren(run, (child) => [child]);
      return await this.#io.writeResults(writer, { mapRunArn: run.arn, children });
    }
    return await this.#ofChildren(run, ({ status, output }) =>
      status === 'SUCCEEDED' ? [JSON.parse(output ?? 'null') as Json] : [],
    );
  }

  /** Something of each child, read a few in a transaction, so that a run of very many keeps nobody waiting. */
  async #ofChildren<T>(run: StoredMapRun, pick: (child: MapResult) => T[]): Promise<T[]> {
    const picked: T[] = [];
    for (let from = 0; from < run.nextChild; from += CHILDREN_PER_READ) {
      const some = await this.#host.transact(() =>
        this.#store
          .childrenOf(run.id, from, Math.min(CHILDREN_PER_READ, run.nextChild - from))
          .flatMap(({ executionId }) => pick(this.#host.described(executionId))),
      );
      for (const one of some) picked.push(one);
    }
    return picked;
  }

  /** Within a transaction: children that still run are stopped, and none begins any more. */
  #end(run: StoredMapRun, status: StoredMapRun['status'], evaluations: Evaluations): void {
    this.#store.updateMapRun(run.id, { ...run, status, stoppedAtMs: this.#host.now() });
    // The items that never began are kept for a redrive.
    if (status === 'SUCCEEDED') this.#store.deleteItems(run.id);
    else this.#store.abandonRedrive(run.id);
    for (const executionId of this.#host.runningChildren(run)) {
      this.#host.signal(executionId, { type: 'StopExecution' }, evaluations);
    }
  }
}

interface NextInput {
  readonly input: Json;
  readonly items: number;
}

function tooManyFailed(run: StoredMapRun): boolean {
  return exceeds(run.tolerance, run.failed, run.itemCount ?? 0);
}

function failure({ effectId }: StoredMapRun, error: string, cause: string): SignalBody {
  return { type: 'MapRunFailed', effectId, error, cause };
}
