import { rememberByText } from './bounded-cache.ts';
import type { Chance } from './chance.ts';
import type { ContextObject } from './context-object.ts';
import { parseIntrinsicCall } from './intrinsic-call.ts';
import { callIntrinsic, type ExpressionScope } from './intrinsics.ts';
import { compilePath, pathNotFound, valueAt, type Variables } from './json-path.ts';
import { isArray, isObject, type Json, type JsonObject } from './json.ts';
import { EvaluationError } from './states-error.ts';
import { SyntaxFault } from './text-reader.ts';
import { workDone } from './work.ts';

/**
 * Fills a payload template: Parameters, ResultSelector, ItemSelector or Assign of a state in JSONPath. A member `name.$` holds
 * a path or a call of an intrinsic function and becomes the member `name` with its value; all else stays as it is written. A
 * template is compiled when it is first filled, and one that has nothing to fill is its own result.
 *
 * @throws {EvaluationError} States.Runtime or States.IntrinsicFailure if a path finds nothing or a function fails.
 * @see https://states-language.net/spec.html#payload-template
 */
export function fillTemplate(
  template: Json,
  root: Json,
  context: ContextObject,
  variables: Variables,
  chance: Chance,
): Json {
  if (typeof template !== 'object' || template === null) return template;
  let fill = fills.get(template);
  if (fill === undefined) fills.set(template, (fill = compileTemplate(template) ?? (() => template)));
  return fill({ root, context, variables, chance, workBefore: workDone() });
}

/**
 * The value of a text that holds a path or a call, as that of a member `name.$`: ErrorPath and CausePath of a Fail state.
 * `field` names the place in the cause if the path finds nothing.
 *
 * @throws {EvaluationError} as {@link fillTemplate}
 */
export function evaluateExpression(
  expression: string,
  field: string,
  root: Json,
  context: ContextObject,
  variables: Variables,
  chance: Chance,
): Json {
  return compileExpression(expression)({ root, context, variables, chance }, field);
}

/** What was done before the template was begun. */
interface TemplateScope extends ExpressionScope {
  readonly workBefore: number;
}

type Fill = (scope: TemplateScope) => Json;
type Expression = (scope: ExpressionScope, field: string) => Json;

const fills = new WeakMap<object, Fill>();

/** `undefined` if there is nothing to fill. */
function compileTemplate(template: Json): Fill | undefined {
  if (isArray(template)) return compileArray(template);
  return isObject(template) ? compileObject(template) : undefined;
}

function compileArray(template: readonly Json[]): Fill | undefined {
  const items = template.map(compileTemplate);
  if (items.every((fill) => fill === undefined)) return undefined;
  const parts = template.map((item, index) => items[index] ?? (() => item));
  return (scope) => parts.map((fill) => fill(scope));
}

function compileObject(template: JsonObject): Fill | undefined {
  const members = Object.entries(template).map(([name, value]) => compileMember(name, value));
  if (members.every(({ fill }) => fill === undefined)) return undefined;
  const parts = members.map(({ name, value, fill }) => ({ name, fill: fill ?? (() => value) }));
  return (scope) => {
    const filled: Record<string, Json> = {};
    for (const { name, fill } of parts) setMember(filled, name, fill(scope));
    return filled;
  };
}

function compileMember(name: string, value: Json): { name: string; value: Json; fill: Fill | undefined } {
  if (!name.endsWith('.$') || typeof value !== 'string') return { name, value, fill: compileTemplate(value) };
  const expression = compileExpression(value);
  return { name: name.slice(0, -2), value, fill: (scope) => withinBounds(expression(scope, name), scope) };
}

/** Each expression has bounds of its own, and a template may hold tens of thousands. */
function withinBounds(value: Json, { workBefore }: TemplateScope): Json {
  if (workDone() - workBefore <= WORK_MAX) return value;
  throw new EvaluationError('States.Runtime', 'The expressions of the template look at too many values in all.');
}

/** In values and characters: some tens of milliseconds. */
const WORK_MAX = 5_000_000;

/** Setting `__proto__` would change what the object is, not what it holds. */
function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

const compileExpression: (text: string) => Expression = rememberByText((text) =>
  text.startsWith('$') ? pathExpression(text) : callExpression(text),
);

function pathExpression(text: string): Expression {
  const path = compilePath(text);
  return ({ root, context, variables }, field) => {
    const value = valueAt(path, root, context, variables);
    if (value === undefined) throw pathNotFound(text, field, root);
    return value;
  };
}

function callExpression(text: string): Expression {
  try {
    const call = parseIntrinsicCall(text);
    return (scope) => callIntrinsic(call, scope);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new EvaluationError(
      'States.Runtime',
      `'${text}' is no JSONPath and no call of an intrinsic function: ${error.message}`,
    );
  }
}
