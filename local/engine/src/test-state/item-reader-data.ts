import { EvaluationError, type ItemReaderPlan, type Json } from '../../../asl/src/index.ts';
import { csvItems, jsonItems, jsonLinesItems } from '../integrations/item-formats.ts';
import { MapIoError } from '../map-io.ts';

export interface ReadItems {
  readonly items: readonly Json[];
  /** Whether ItemsPointer led to them. */
  readonly isPointedAt: boolean;
}

/**
 * What an ItemReader makes of data as it stands in its source. A manifest only names where the items stand, and of Parquet
 * nothing is known here: of these there is `undefined`.
 *
 * @throws {EvaluationError} States.ItemReaderFailed where that gives no items.
 */
export function readItems(data: string, reader: ItemReaderPlan): ReadItems | undefined {
  const { config, maxItems = 0 } = reader;
  const type = config['InputType'] ?? 'JSON';
  const all = itemsIn(data, type, reader);
  if (all === undefined) return undefined;
  const isPointedAt = type === 'JSON' && config['ItemsPointer'] !== undefined;
  return { items: maxItems > 0 ? all.slice(0, maxItems) : all, isPointedAt };
}

function itemsIn(data: string, type: Json, { config }: ItemReaderPlan): readonly Json[] | undefined {
  try {
    if (type === 'JSON') return jsonItems(data, config);
    if (type === 'JSONL') return jsonLinesItems(data);
    return type === 'CSV' ? csvItems(data, config) : undefined;
  } catch (thrown) {
    if (!(thrown instanceof MapIoError)) throw thrown;
    throw new EvaluationError(thrown.error, thrown.message);
  }
}
