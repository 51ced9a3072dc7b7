import type { Json } from './json.ts';

/** 256 KiB of UTF-8. Step Functions quotas, "Maximum input or output size for a task, state, or execution". */
export const PAYLOAD_BYTES_MAX = 262_144;
/** A limit of ours: deeper values cannot be turned into text without using up the stack. */
const PAYLOAD_DEPTH_MAX = 1_000;

/**
 * Whether the value's JSON text is longer than a payload may be, or nested deeper. It stops counting there: a template can refer
 * to one large value so often that its text would not fit into memory.
 */
export function isTooLarge(value: Json): boolean {
  // To count the characters of a text takes longer than all the rest, and hardly a payload is so large that it needs to be done.
  return sizeUpTo(value, 0, AT_MOST) > PAYLOAD_BYTES_MAX && sizeUpTo(value, 0, EXACTLY) > PAYLOAD_BYTES_MAX;
}

/** What is smaller is sized anew sooner than it is remembered: an entry for each small object keeps the garbage collector busy. */
const KNOWN_BYTES_MIN = 1_024;

interface Measure {
  /** The size of a text within JSON, with its quotes and escapes. */
  readonly ofText: (text: string) => number;
  /** State data never changes, and most of it goes through many states. */
  readonly known: WeakMap<object, number>;
}

/** No unit of a text takes more than an escape of six bytes. */
const AT_MOST: Measure = { ofText: (text) => text.length * 6 + 2, known: new WeakMap() };
const EXACTLY: Measure = { ofText: textSize, known: new WeakMap() };

function sizeUpTo(value: Json, depth: number, measure: Measure): number {
  if (typeof value === 'string') return value.length + 2 > PAYLOAD_BYTES_MAX ? Infinity : measure.ofText(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  if (depth >= PAYLOAD_DEPTH_MAX) return Infinity;
  const known = measure.known.get(value);
  if (known !== undefined) return known;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      bytes += sizeUpTo(item, depth + 1, measure) + 1;
      if (bytes > PAYLOAD_BYTES_MAX + 1) return beyond(value, measure);
    }
  } else {
    for (const [name, item] of Object.entries(value)) {
      bytes += measure.ofText(name) + sizeUpTo(item, depth + 1, measure) + 2;
      if (bytes > PAYLOAD_BYTES_MAX + 1) return beyond(value, measure);
    }
  }
  // One comma fewer than items.
  const size = bytes > 2 ? bytes - 1 : bytes;
  if (size >= KNOWN_BYTES_MIN) measure.known.set(value, size);
  return size;
}

/** A value that is large by the bound alone is not walked again for it. An exact size may be too much for the depth it was met at. */
function beyond(value: object, measure: Measure): number {
  if (measure === AT_MOST) measure.known.set(value, Infinity);
  return Infinity;
}

function textSize(text: string): number {
  let bytes = 2;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes += bytesOf(text, index);
    else if (unit === 0x22 || unit === 0x5c) bytes += 2;
    else if (unit >= 0x20) bytes += 1;
    else bytes += SHORT_ESCAPES.includes(unit) ? 2 : 6;
  }
  return bytes;
}

/** Backspace, tab, line feed, form feed and carriage return have an escape of two characters. */
const SHORT_ESCAPES = [0x08, 0x09, 0x0a, 0x0c, 0x0d];

/** A surrogate pair is four bytes in two units; half of one alone is written as an escape of six. */
function bytesOf(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x800) return 2;
  if (unit < 0xd800 || unit > 0xdfff) return 3;
  const partner = unit < 0xdc00 ? text.charCodeAt(index + 1) : text.charCodeAt(index - 1);
  const isPaired = unit < 0xdc00 ? partner >= 0xdc00 && partner <= 0xdfff : partner >= 0xd800 && partner < 0xdc00;
  return isPaired ? 2 : 6;
}

/** What the service says of a result that is too large; `what` is the state, the function's ARN or the service. */
export function tooLargeCause(what: string): string {
  return `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`;
}
