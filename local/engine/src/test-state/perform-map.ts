import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  exceeds,
  jsonText,
  type BatchPlan,
  type Failure,
  type FailureTolerance,
  type Json,
  type MapState,
} from '../../../asl/src/index.ts';
import { itemProcessorOf } from '../execution.ts';
import type { Bench } from './bench.ts';
import { readItems } from './item-reader-data.ts';
import type { Outcome } from './perform.ts';

/** All of a Map but its iterations, which the mock stands for. */
export async function performMap(bench: Bench, state: MapState): Promise<Outcome> {
  const { input, mocked, subject } = bench.test;
  const { rules } = subject;
  const { items, batch } = await itemsOf(bench, state);
  bench.inspection.maxConcurrency = await bench.inspected((scope) => rules.maxConcurrency(state, input, scope));
  const tolerance = await bench.inspected((scope) => rules.tolerance(state, input, scope));
  if (tolerance.count !== undefined) bench.inspection.toleratedFailureCount = tolerance.count;
  if (tolerance.percentage !== undefined) bench.inspection.toleratedFailurePercentage = tolerance.percentage;
  if (items !== undefined) await showIterationInputs(bench, state, items, batch);

  if (mocked === undefined) throw new Error('a Map state is tested with a mock only');
  if ('failure' in mocked) return mocked;
  const failure = tooManyFailures(bench, tolerance, items?.length ?? 0);
  if (failure !== undefined) return { failure };
  return { leaving: await bench.inspected((scope) => rules.result(state, input, mocked.result, scope)) };
}

interface Items {
  /** `undefined` where they stand in a source that the test does not show. */
  readonly items: readonly Json[] | undefined;
  readonly batch?: BatchPlan | undefined;
}

async function itemsOf(bench: Bench, state: MapState): Promise<Items> {
  const { input, subject, configuration } = bench.test;
  if (itemProcessorOf(state).ProcessorConfig?.Mode !== 'DISTRIBUTED')
    return { items: await bench.inspected((scope) => subject.rules.items(state, input, scope)) };
  const { reader, items, batch } = await bench.inspected((scope) => subject.rules.distributedMap(state, input, scope));
  if (reader === undefined) return { items, batch };
  const { mapItemReaderData: data } = configuration;
  if (data === undefined) return { items: undefined };
  const read = readItems(data, reader);
  if (read === undefined) return { items: undefined };
  if (read.isPointedAt) bench.inspection.afterItemsPointer = jsonText(read.items);
  return { items: read.items, batch };
}

async function showIterationInputs(
  bench: Bench,
  state: MapState,
  items: readonly Json[],
  batch: BatchPlan | undefined,
): Promise<void> {
  const inputs = await iterationInputs(bench, state, items);
  if (inputs === undefined) return;
  if (state.ItemSelector !== undefined || state.Parameters !== undefined)
    bench.inspection.afterItemSelector = jsonText(inputs);
  if (batch !== undefined) bench.inspection.afterItemBatcher = jsonText(batchesOf(inputs, batch));
}

/** What ItemSelector makes of each item; `undefined` where it is more than can be shown. */
async function iterationInputs(
  bench: Bench,
  state: MapState,
  items: readonly Json[],
): Promise<readonly Json[] | undefined> {
  const { input, context, subject } = bench.test;
  const inputs: Json[] = [];
  let bytes = 0;
  let turnEndsAt = performance.now() + TURN_MS_MAX;
  for (const [Index, Value] of items.entries()) {
    const ofItem = { ...context, Map: { Item: { Index, Value } } };
    const made = await bench.worked((scope) => subject.rules.itemInput(state, input, Value, scope), ofItem);
    bytes += bytesOf(made) + 1;
    if (bytes > PAYLOAD_BYTES_MAX) return undefined;
    inputs.push(made);
    if (performance.now() < turnEndsAt) continue;
    await nextTurn();
    turnEndsAt = performance.now() + TURN_MS_MAX;
  }
  return inputs;
}

/** After so long, others have their turn: a Map may have very many items. */
const TURN_MS_MAX = 10;

/** Step Functions quotas, "Maximum input or output size for a task, state, or execution". */
const PAYLOAD_BYTES_MAX = 262_144;

/** A batch takes as many items as it may hold, and one at least. */
function batchesOf(items: readonly Json[], { maxItems, maxBytes, input }: BatchPlan): Json[] {
  const shared = input === undefined ? {} : { BatchInput: input };
  const emptyBytes = bytesOf({ ...shared, Items: [] });
  const batches: Json[] = [];
  let open: Json[] = [];
  let bytes = Infinity;
  for (const item of items) {
    bytes += bytesOf(item) + 1;
    const isFull = bytes > (maxBytes || PAYLOAD_BYTES_MAX) || open.length >= (maxItems || Infinity);
    if (isFull || open.length === 0) {
      open = [];
      batches.push({ ...shared, Items: open });
      bytes = emptyBytes + bytesOf(item);
    }
    open.push(item);
  }
  return batches;
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(jsonText(value));
}

/** Only where the state says what it takes: the service is silent where it says nothing, even for a distributed Map. */
function tooManyFailures(bench: Bench, tolerance: FailureTolerance, itemCount: number): Failure | undefined {
  const { mapIterationFailureCount: failed = 0 } = bench.test.configuration;
  const isStated = tolerance.count !== undefined || tolerance.percentage !== undefined;
  if (!isStated || !exceeds(tolerance, failed, itemCount)) return undefined;
  const cause = 'The specified tolerated failure threshold was exceeded';
  return { error: 'States.ExceedToleratedFailureThreshold', cause };
}
