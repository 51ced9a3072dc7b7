import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Chance } from './chance.ts';
import type { ContextObject } from './context-object.ts';
import { type IntrinsicArgument, type IntrinsicCall, type IntrinsicName, unescapeText } from './intrinsic-call.ts';
import { javaText } from './java-text.ts';
import { isEqualJson } from './json-equality.ts';
import { type CompiledPath, valueAt, type Variables } from './json-path.ts';
import { JSON_DEPTH_MAX } from './json-syntax.ts';
import { isArray, isObject, type Json, type JsonObject, jsonText } from './json.ts';
import { EvaluationError } from './states-error.ts';
import { countWork } from './work.ts';

/** What an expression can see: the document that `$` names, and the rest of the world. */
export interface ExpressionScope {
  readonly root: Json;
  readonly context: ContextObject;
  readonly variables: Variables;
  readonly chance: Chance;
}

/**
 * Calls an intrinsic function, the calls among its arguments first.
 *
 * @throws {EvaluationError} States.IntrinsicFailure if an argument is not what the function takes, or its path finds nothing.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
export function callIntrinsic(call: IntrinsicCall, scope: ExpressionScope): Json {
  const values = call.arguments.map((argument, index) => valueOf(argument, isFormatTemplate(call, index), call, scope));
  try {
    const result = FUNCTIONS[call.name](values, scope.chance);
    countWork(costOf(call.name, values, result));
    return result;
  } catch (error) {
    if (error instanceof ArgumentFault) throw intrinsicFailure(call, error.message);
    // A value that a text cannot be made of: too long, or nested so deeply that the stack ends.
    if (error instanceof RangeError) throw intrinsicFailure(call, 'Invalid arguments: the value is too large.');
    throw error;
  }
}

/** In characters: whoever makes or compares values looks at all of them. */
function costOf(name: IntrinsicName, values: readonly Json[], result: Json): number {
  if (TAKES_NO_LOOK.has(name)) return 1;
  const characters = [...values, result].reduce<number>((sum, value) => sum + lengthOf(value), 0);
  return name === 'States.ArrayUnique' ? characters * UNIQUE_COST : characters;
}

function lengthOf(value: Json): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? jsonText(value).length : 1;
}

const TAKES_NO_LOOK: ReadonlySet<IntrinsicName> = new Set(['States.ArrayLength', 'States.ArrayGetItem']);
/** Each item is made into a text of its own. */
const UNIQUE_COST = 20;

/** The template of a Format keeps its escapes, because there `\{` is a brace and `{` may open a place. */
function isFormatTemplate({ name }: IntrinsicCall, index: number): boolean {
  return name === 'States.Format' && index === 0;
}

function valueOf(
  argument: IntrinsicArgument,
  keepsEscapes: boolean,
  call: IntrinsicCall,
  scope: ExpressionScope,
): Json {
  switch (argument.type) {
    case 'literal':
      return argument.value;
    case 'text':
      return keepsEscapes ? argument.written : unescapeText(argument.written);
    case 'call':
      return callIntrinsic(argument, scope);
    default:
      return argumentAt(argument.path, call, scope);
  }
}

function argumentAt(path: CompiledPath, call: IntrinsicCall, { root, context, variables }: ExpressionScope): Json {
  const value = valueAt(path, root, context, variables);
  if (value !== undefined) return value;
  const where = `could not be found in the input '${jsonText(root)}'`;
  throw intrinsicFailure(call, `The JsonPath argument for the field '${path.text}' ${where}`);
}

function intrinsicFailure(call: IntrinsicCall, reason: string): EvaluationError {
  return new EvaluationError(
    'States.IntrinsicFailure',
    `The function '${call.text}' had the following error: ${reason}`,
  );
}

/** Says what is wrong with an argument; the caller knows the call. */
class ArgumentFault extends Error {}

type IntrinsicFunction = (values: readonly Json[], chance: Chance) => Json;

const FUNCTIONS: Readonly<Record<IntrinsicName, IntrinsicFunction>> = {
  'States.Format': ([template, ...values]) => format(text(template), values),
  'States.StringToJson': ([value]) => parseJson(text(value)),
  'States.JsonToString': ([value = null]) => withinLimit(jsonText(value)),
  'States.Array': (values) => arrayOf(values),
  'States.ArrayPartition': ([array, size]) => partition(list(array), integer(size)),
  'States.ArrayContains': ([array, wanted = null]) => list(array).some((item) => isEqualJson(item, wanted)),
  'States.ArrayRange': ([first, last, step]) => range(integer(first), integer(last), integer(step)),
  'States.ArrayGetItem': ([array, index]) => itemAt(list(array), integer(index)),
  'States.ArrayLength': ([array]) => list(array).length,
  'States.ArrayUnique': ([array]) => unique(list(array)),
  'States.Base64Encode': ([value]) => encodeBase64(shortText(value)),
  'States.Base64Decode': ([value]) => decodeBase64(shortText(value)),
  'States.Hash': ([value = null, algorithm]) => hash(value, text(algorithm)),
  'States.JsonMerge': ([base, over, isDeep]) => merge(object(base), object(over), isDeep),
  'States.MathRandom': ([from, to, seed], chance) => randomBetween(integer(from), integer(to), seed, chance),
  'States.MathAdd': ([one, other]) => integer(one) + integer(other),
  'States.StringSplit': ([value, delimiters]) => split(text(value), text(delimiters)),
  'States.UUID': (_, chance) => chance.uuid(),
};

/** No state can hand on more than 262,144 bytes; without a bound, calls within calls could multiply that without end. */
const RESULT_SIZE_MAX = 1_048_576;
/** The most characters that Base64Encode, Base64Decode and Hash take. Developer Guide, "Intrinsic functions" */
const SHORT_TEXT_MAX = 10_000;
/** The most items that ArrayRange makes. Developer Guide, "Intrinsic functions" */
const RANGE_LENGTH_MAX = 1000;

function format(template: string, values: readonly Json[]): string {
  const places = template.match(TEMPLATE_PLACE)?.filter((part) => part === '{}').length ?? 0;
  if (places !== values.length) {
    throw new ArgumentFault(`Invalid arguments: the template has ${places} {} and there are ${values.length} values.`);
  }
  let next = 0;
  let size = template.length;
  return template.replaceAll(TEMPLATE_PLACE, (part) => {
    if (part !== '{}') return part.slice(1);
    const value = javaText(values[next] ?? null);
    next += 1;
    size += value.length;
    requireSize(size);
    return value;
  });
}

const TEMPLATE_PLACE = /\\['{}\\]|\{\}/g;

function parseJson(value: string): Json {
  let parsed: Json;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new ArgumentFault('Invalid arguments: the text is not JSON.');
  }
  if (isNestedDeeper(parsed, JSON_DEPTH_MAX)) {
    throw new ArgumentFault(`Invalid arguments: the JSON is nested more than ${JSON_DEPTH_MAX} deep.`);
  }
  return parsed;
}

function isNestedDeeper(value: Json, depthMax: number): boolean {
  let level = containers([value]);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap((container) => containers(Object.values<Json>(container)));
  }
  return false;
}

function containers(values: readonly Json[]): (readonly Json[] | JsonObject)[] {
  return values.filter((value) => typeof value === 'object' && value !== null);
}

function arrayOf(values: readonly Json[]): Json {
  let size = 0;
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    size += typeof value === 'string' ? value.length : 1;
    requireSize(size);
    if (isArray(value)) for (const item of value) open.push(item);
    if (isObject(value)) for (const name of Object.keys(value)) open.push(name, value[name] ?? null);
  }
  return values;
}

function partition(array: readonly Json[], size: number): Json {
  if (size <= 0) throw new ArgumentFault(`Invalid arguments: a chunk has at least one item, but was ${size}.`);
  return Array.from({ length: Math.ceil(array.length / size) }, (_, index) =>
    array.slice(index * size, (index + 1) * size),
  );
}

function range(first: number, last: number, step: number): Json {
  if (step === 0) throw new ArgumentFault('Invalid arguments: the step must not be 0.');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_LENGTH_MAX) {
    throw new ArgumentFault(`Invalid arguments: the range has more than ${RANGE_LENGTH_MAX} items.`);
  }
  return Array.from({ length }, (_, index) => first + index * step);
}

function itemAt(array: readonly Json[], index: number): Json {
  const item = index < 0 ? undefined : array[index];
  if (item === undefined) {
    throw new ArgumentFault(`Invalid arguments: there is no item ${index} in an array of ${array.length}.`);
  }
  return item;
}

function unique(array: readonly Json[]): Json {
  const firsts = new Map<string, Json>();
  for (const item of array) {
    const key = JSON.stringify(item, sortMembers);
    if (!firsts.has(key)) firsts.set(key, item);
  }
  return [...firsts.values()];
}

function sortMembers(_: string, value: Json): Json {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function encodeBase64(value: string): string {
  return btoa(Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join(''));
}

function decodeBase64(value: string): string {
  try {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ArgumentFault('Invalid arguments: the text is not Base64.');
  }
}

const HASHES: ReadonlyMap<string, (data: Uint8Array) => Uint8Array> = new Map([
  ['MD5', md5],
  ['SHA-1', sha1],
  ['SHA-256', sha256],
  ['SHA-384', sha384],
  ['SHA-512', sha512],
]);

function hash(value: Json, algorithm: string): string {
  const digest = HASHES.get(algorithm);
  if (digest === undefined) {
    throw new ArgumentFault(`Invalid arguments: ${algorithm} is not one of ${[...HASHES.keys()].join(', ')}.`);
  }
  const data = shortText(typeof value === 'string' ? value : jsonText(value));
  return bytesToHex(digest(new TextEncoder().encode(data)));
}

/** A deep merge is reserved for the future. Developer Guide, "Intrinsic functions" */
function merge(base: JsonObject, over: JsonObject, isDeep: Json | undefined): Json {
  if (isDeep !== false)
    throw new ArgumentFault('Invalid arguments: the third argument must be false, for a shallow merge.');
  return { ...base, ...over };
}

/** From `from` up to, and without, `to`. A seed, which is not mixed with chance, gives the same number each time. */
function randomBetween(from: number, to: number, seed: Json | undefined, chance: Chance): number {
  if (from >= to) throw new ArgumentFault(`Invalid arguments: ${from} is not less than ${to}.`);
  const drawn = seed === undefined ? chance.random() : seededRandom(integer(seed));
  return from + Math.floor(drawn * (to - from));
}

/** Mixes the bits of a seed as SplitMix32 does. */
function seededRandom(seed: number): number {
  let bits = (seed + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

/** Each character of `delimiters` parts the text, and what is empty between two of them is left out. */
function split(value: string, delimiters: string): Json {
  const ends = new Set(delimiters);
  const parts: string[] = [];
  let part = '';
  for (const character of value) {
    if (!ends.has(character)) part += character;
    else if (part !== '') {
      parts.push(part);
      part = '';
    }
  }
  return part === '' ? parts : [...parts, part];
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string')
    throw new ArgumentFault(`Invalid arguments: a string is needed, but was ${shown(value)}.`);
  return value;
}

function shortText(value: Json | undefined): string {
  const given = text(value);
  if (given.length > SHORT_TEXT_MAX) {
    throw new ArgumentFault(`Invalid arguments: the text is longer than ${SHORT_TEXT_MAX} characters.`);
  }
  return given;
}

/** Rounds as Java does: halves go up, so 2.5 becomes 3 and -2.5 becomes -2. */
function integer(value: Json | undefined): number {
  if (typeof value !== 'number')
    throw new ArgumentFault(`Invalid arguments: a number is needed, but was ${shown(value)}.`);
  return Math.round(value) + 0;
}

function list(value: Json | undefined): readonly Json[] {
  if (!isArray(value)) throw new ArgumentFault(`Invalid arguments: an array is needed, but was ${shown(value)}.`);
  return value;
}

function object(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new ArgumentFault(`Invalid arguments: an object is needed, but was ${shown(value)}.`);
  return value;
}

/** The kind of a value, not the value: it may be a secret or very long. */
function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null';
  return isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function withinLimit(value: string): string {
  requireSize(value.length);
  return value;
}

function requireSize(size: number): void {
  if (size > RESULT_SIZE_MAX) throw new ArgumentFault('Invalid arguments: the result is too large.');
}
