import { PAYLOAD_BYTES_MAX } from '../../../asl/src/index.ts';
import { threw } from './failure.ts';

/** Deeper values could not be read by the process that asked without using up its stack. */
const DEPTH_MAX = 1_000;

/**
 * The JSON text of what an expression gave.
 *
 * @throws {UnfitResult} if it is or holds a function, or is larger than a state may hand on.
 */
export function resultText(value: unknown): string {
  requireJson(value);
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > PAYLOAD_BYTES_MAX) throw tooLarge();
  return text;
}

/** Says, after "The JSONata expression … ", what is wrong with the value. */
export class UnfitResult extends Error {}

/**
 * Looks at all that is in the value before it is made into a text: an expression can refer to one value so often that its text
 * would fill the memory. It stops as soon as there is too much, so the work is bounded, too.
 */
function requireJson(value: unknown): void {
  let size = 0;
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    size += typeof value === 'string' ? value.length : 1;
    if (isFunction(value))
      throw new UnfitResult("returned an unexpected result type. Expected JSON, but was 'function'");
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new UnfitResult(threw(`D1001: Number out of range: ${value}`));
    }
    if (typeof value === 'object' && value !== null) {
      if (depth >= DEPTH_MAX) throw new UnfitResult(`returned a value that is nested more than ${DEPTH_MAX} deep`);
      // A sequence of JSONata's is an array with members of its own, which are none of its items.
      const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      size += members.length;
      if (size <= PAYLOAD_BYTES_MAX) for (const member of members) open.push({ value: member, depth: depth + 1 });
    }
    if (size > PAYLOAD_BYTES_MAX) throw tooLarge();
  }
}

/** JSONata's own functions and those that an expression defines are objects with a mark. */
function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && ('_jsonata_function' in value || '_jsonata_lambda' in value);
}

function tooLarge(): UnfitResult {
  return new UnfitResult(`returned a value that is larger than ${PAYLOAD_BYTES_MAX} bytes`);
}
