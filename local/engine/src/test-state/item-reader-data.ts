import { EvaluationError, isArray, isObject, type ItemReaderPlan, type Json } from '../../../asl/src/index.ts';

export interface ReadItems {
  readonly items: readonly Json[];
  /** Whether ItemsPointer led to them. */
  readonly isPointedAt: boolean;
}

/**
 * What an ItemReader makes of data as it stands in its source: JSON and JSON lines. Of other formats nothing is said.
 *
 * @throws {EvaluationError} States.ItemReaderFailed where that gives no items.
 */
export function readItems(data: string, { config, maxItems = 0 }: ItemReaderPlan): ReadItems | undefined {
  const { InputType: type = 'JSON', ItemsPointer: pointer } = config;
  if (type !== 'JSON' && type !== 'JSONL') return undefined;
  const found = type === 'JSON' ? parse(data) : data.split('\n').filter(hasText).map(parse);
  const isPointedAt = type === 'JSON' && typeof pointer === 'string';
  const items = isPointedAt ? pointedAt(found, pointer) : found;
  if (!isArray(items)) throw failed('Attempting to map over non-iterable node.');
  return { items: maxItems > 0 ? items.slice(0, maxItems) : items, isPointedAt };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw failed('Unable to parse the data of the item reader as JSON.');
  }
}

function hasText(line: string): boolean {
  return line.trim() !== '';
}

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
function pointedAt(value: Json, pointer: string): Json | undefined {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<Json | undefined>((within, step) => {
    if (isArray(within)) return /^(0|[1-9]\d*)$/.test(step) ? within[Number(step)] : undefined;
    return isObject(within) && Object.hasOwn(within, step) ? within[step] : undefined;
  }, value);
}

function failed(cause: string): EvaluationError {
  return new EvaluationError('States.ItemReaderFailed', cause);
}
