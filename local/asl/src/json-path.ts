import { rememberByText } from './bounded-cache.ts';
import type { ContextObject } from './context-object.ts';
import { javaClass, javaText } from './java-text.ts';
import { isArray, isObject, type Json, type JsonObject, jsonText, withMember } from './json.ts';
import { follow, select, TooMuchWork } from './json-path-evaluation.ts';
import { type Key, parseSteps, type Path } from './json-path-syntax.ts';
import { EvaluationError } from './states-error.ts';
import { SyntaxFault, TextReader } from './text-reader.ts';

/** The variables that states have assigned, by name. */
export type Variables = JsonObject;

const NO_VARIABLES: Variables = {};

/**
 * The value at a path: `$…` in the document that the state works on, `$$…` in the context object, `$name…` in the variables. A
 * definite path gives its value, any other one a list, which is empty if nothing matches.
 *
 * This is what InputPath, OutputPath, ItemsPath and the `…SecondsPath` of a Task do. Where AWS says it in other words (a
 * member of a template, the Variable of a Choice, the SecondsPath of a Wait), use {@link findPath} or {@link pathNotFound}.
 *
 * @throws {EvaluationError} States.Runtime, "Invalid path '$.a' : No results for path: $['a']", if a definite path finds nothing.
 */
export function evaluatePath(path: string, root: Json, context: ContextObject, variables?: Variables): Json {
  const compiled = compilePath(path);
  const value = valueAt(compiled, root, context, variables);
  if (value === undefined)
    throw invalidPath(path, whyNothing(compiled, documentOf(compiled, root, context, variables)));
  return value;
}

/** As {@link evaluatePath}, with `undefined` where a definite path finds nothing. */
export function findPath(path: string, root: Json, context: ContextObject, variables?: Variables): Json | undefined {
  return valueAt(compilePath(path), root, context, variables);
}

/** What AWS says of a path in a template (`field` is then the member, `value.$`) and of ErrorPath and CausePath. */
export function pathNotFound(path: string, field: string, input: Json): EvaluationError {
  const where = `could not be found in the input '${jsonText(input)}'`;
  return new EvaluationError('States.Runtime', `The JSONPath '${path}' specified for the field '${field}' ${where}`);
}

/** Whether a text is a path at all. */
export function isPath(text: string): boolean {
  return parsePath(text) !== undefined;
}

/** Whether a path names exactly one place: names and places of an array, one by one. The place may be in the context object or a variable. */
export function isReferencePath(text: string): boolean {
  const path = parsePath(text)?.path;
  return path?.keys !== undefined && path.aggregate === undefined && path.keys.every(isForwards);
}

/** Whether a result can be put there: a reference path into the state's own input. */
export function isResultPath(text: string): boolean {
  return isReferencePath(text) && parsePath(text)?.root === 'input';
}

/**
 * Puts a result into a copy of the input. Objects that are missing on the way are made; the place of an array must be there.
 * `undefined` stands for `$`, which makes the result all there is; with `null` the input stays as it is.
 *
 * @throws {EvaluationError} States.ResultPathMatchFailure if the way leads through a value that cannot hold the next step.
 */
export function applyResultPath(input: Json, resultPath: string | null | undefined, result: Json): Json {
  if (resultPath === null) return input;
  if (resultPath === undefined) return result;
  const keys = compilePath(resultPath).path.keys ?? [];

  const holders: { holder: Json; key: Key }[] = [];
  let place: Json | undefined = input;
  for (const key of keys) {
    const holder: Json = place === undefined ? {} : place;
    if (!canHold(holder, key)) throw resultPathMatchFailure(resultPath, input);
    holders.push({ holder, key });
    place = follow([key], holder);
  }
  return holders.reduceRight((value, { holder, key }) => withChild(holder, key, value), result);
}

function canHold(holder: Json, key: Key): boolean {
  return typeof key === 'string' ? isObject(holder) : isArray(holder) && key < holder.length;
}

function withChild(holder: Json, key: Key, value: Json): Json {
  if (isArray(holder)) return holder.with(Number(key), value);
  return withMember(isObject(holder) ? holder : {}, String(key), value);
}

function resultPathMatchFailure(resultPath: string, input: Json): EvaluationError {
  const cause = `Unable to apply ReferencePath ${resultPath} to input ${jsonText(input)}`;
  return new EvaluationError('States.ResultPathMatchFailure', cause);
}

/** A path that was read once, for whoever evaluates it often. */
export interface CompiledPath {
  readonly text: string;
  readonly root: 'input' | 'context' | 'variables';
  readonly path: Path;
}

/** @throws {EvaluationError} States.Runtime if the text is no path; a definition that was validated has none such. */
export const compilePath: (text: string) => CompiledPath = rememberByText((text) => {
  try {
    return readPath(text);
  } catch (error) {
    if (error instanceof SyntaxFault) throw invalidPath(text, error.message);
    throw error;
  }
});

/** The value of a compiled path, or `undefined`. A path of names only, as nearly all are, costs a few lookups. */
export function valueAt(
  compiled: CompiledPath,
  root: Json,
  context: ContextObject,
  variables: Variables = NO_VARIABLES,
): Json | undefined {
  try {
    return select(compiled.path, documentOf(compiled, root, context, variables));
  } catch (error) {
    if (error instanceof TooMuchWork) throw invalidPath(compiled.text, error.message);
    throw error;
  }
}

function documentOf({ root }: CompiledPath, input: Json, context: ContextObject, variables = NO_VARIABLES): Json {
  if (root === 'input') return input;
  return root === 'context' ? context : variables;
}

function parsePath(text: string): CompiledPath | undefined {
  try {
    return readPath(text);
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined;
    throw error;
  }
}

function readPath(text: string): CompiledPath {
  const reader = new TextReader(text);
  const compiled = readPathHere(reader, '');
  if (!reader.isAtEnd()) reader.fail('expected . or [');
  return compiled;
}

/** Reads a path that is part of something else, up to one of the characters in `stops`. */
export function readPathHere(reader: TextReader, stops: string): CompiledPath {
  const start = reader.position;
  reader.expect('$');
  const isContext = reader.take('$');
  const variable = isContext ? undefined : reader.match(VARIABLE_NAME);
  const path = parseSteps(reader, stops, variable);
  const root = isContext ? 'context' : variable === undefined ? 'input' : 'variables';
  return { text: reader.text.slice(start, reader.position), root, path };
}

/** Unicode Standard Annex 31, as JSONata's and JavaScript's own. */
const VARIABLE_NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;

function isForwards(key: Key): boolean {
  return typeof key === 'string' || key >= 0;
}

function invalidPath(path: string, reason: string): EvaluationError {
  return new EvaluationError('States.Runtime', `Invalid path '${path}' : ${reason}`);
}

/** Why a definite path found nothing, in the words of Jayway's JsonPath. */
function whyNothing({ root, path }: CompiledPath, document: Json): string {
  let at = '$';
  let value: Json | undefined = document;
  for (const [index, key] of (path.keys ?? []).entries()) {
    const reason = whyNoChild(value, key, at, root === 'context');
    if (reason !== undefined) return reason;
    value = follow([key], value);
    at += fragment(key);
    if (value === undefined) {
      const isLast = index === (path.keys?.length ?? 0) - 1;
      return isLast || typeof key === 'number' ? NO_RESULTS + place(path) : `Missing property in path ${at}`;
    }
  }
  return NO_RESULTS + place(path);
}

const NO_RESULTS = 'No results for path: ';

function whyNoChild(value: Json, key: Key, at: string, isSecret: boolean): string | undefined {
  if (typeof key === 'string') {
    if (isObject(value)) return undefined;
    const expected = `Expected to find an object with property ['${key}'] in path ${at} but found '${javaClass(value)}'.`;
    return `${expected} This is not a json object according to the JsonProvider: '${JSON_PROVIDER}'.`;
  }
  if (value === null) return `The path ${at} is null`;
  if (isArray(value)) return undefined;
  const filter = `Filter: [${key}] can only be applied to arrays.`;
  // The context object may hold a task token.
  return isSecret ? filter : `${filter} Current context is: ${javaText(value)}`;
}

const JSON_PROVIDER = 'com.jayway.jsonpath.spi.json.JacksonJsonProvider';

function place({ keys = [], aggregate }: Path): string {
  return `$${keys.map(fragment).join('')}${aggregate === undefined ? '' : `.${aggregate}()`}`;
}

function fragment(key: Key): string {
  return typeof key === 'string' ? `['${key}']` : `[${key}]`;
}
