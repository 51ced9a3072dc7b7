import type { Chance, Entropy } from './chance.ts';
import { QueryEvaluationError } from './evaluation.ts';
import type { EvaluationAnswer, EvaluationRequest, FieldExpression, StatesVariable } from './evaluation.ts';
import { jsonataExpression, type JsonataExpression } from './jsonata-expression.ts';
import { isArray, isObject, type Json, type JsonObject } from './json.ts';

/** What the expressions of a state can see, and who works them out. */
export interface JsonataScope {
  readonly states: StatesVariable;
  readonly variables: JsonObject;
  readonly chance: Chance;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Knows the answer, or throws something of its own that stops the work until it is known. It is asked once a call, at most. */
  readonly evaluate: (request: EvaluationRequest) => EvaluationAnswer;
}

/**
 * Fills a field of a JSONata state: each text `{% … %}` in it becomes what its expression gives, all else stays as it is
 * written. A template is read once, and one without expressions is its own result. An expression that only follows names, as
 * `$states.input.orderId` does, is looked up on the spot; the others are asked for together.
 *
 * @param field names the template in causes: `Output`, `Catch[0]/Output`.
 * @throws {QueryEvaluationError} if an expression fails, or gives nothing.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export function fillJsonata(template: Json, field: string, scope: JsonataScope): Json {
  return fillTogether([{ field, template }], scope)[0] ?? null;
}

/** As {@link fillJsonata} for several fields that see the same, such as Assign and Output: one request for all of them, in this order. */
export function fillJsonataFields<Field extends string>(
  fields: Readonly<Record<Field, Json>>,
  scope: JsonataScope,
): Readonly<Record<Field, Json>> {
  const parts = Object.entries<Json>(fields).map(([field, template]) => ({ field, template }));
  const values = fillTogether(parts, scope);
  return Object.fromEntries(parts.map(({ field }, index) => [field, values[index] ?? null])) as Record<Field, Json>;
}

function fillTogether(parts: readonly { field: string; template: Json }[], scope: JsonataScope): readonly Json[] {
  const templates = parts.map(({ template }) => compiled(template));
  const places = templates.flatMap(({ places }, index) =>
    places.map(({ path, expression }) => ({ field: `${parts[index]?.field ?? ''}${path}`, expression })),
  );
  if (places.length === 0) return parts.map(({ template }) => template);
  const values = evaluateAll(places, scope)[Symbol.iterator]();
  return templates.map(({ fill }) => fill(() => values.next().value ?? null));
}

/** An expression, and where it stands. */
export interface Place {
  readonly field: string;
  readonly expression: JsonataExpression;
}

function evaluateAll(places: readonly Place[], scope: JsonataScope): readonly Json[] {
  const found = places.map(({ expression }) => lookUp(expression, scope));
  const open = places.filter((_, index) => found[index] === undefined);
  if (open.length === 0) return found.filter((value) => value !== undefined);
  const answer = scope.evaluate(requestFor(open, scope));
  if ('failure' in answer) {
    const { error, cause, location } = answer.failure;
    throw new QueryEvaluationError(cause, location, error);
  }
  const answers = answer.values[Symbol.iterator]();
  return found.map((value) => (value === undefined ? (answers.next().value ?? null) : value));
}

export function requestFor(
  places: readonly Place[],
  { states, variables, chance, at }: JsonataScope,
): EvaluationRequest {
  const expressions: FieldExpression[] = places.map(({ field, expression }) => ({ field, text: expression.text }));
  const members = new Set(places.flatMap(({ expression }) => expression.statesMembers));
  const names = new Set(places.flatMap(({ expression }) => [...expression.names]));
  return {
    expressions,
    states: pick(states, (member) => members.has(member)),
    variables: pick(variables, (name) => names.has(name)),
    at,
    entropy: drawEntropy(chance),
  };
}

/** A variable can be large, and the context hold a secret: what no expression names stays at home. */
function pick<Value extends object>(values: Value, isNamed: (name: keyof Value & string) => boolean): Value {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isNamed(name as keyof Value & string))) as Value;
}

/** Of its own for each request, or the `$uuid()` of two states in a row would be the same. */
function drawEntropy(chance: Chance): Entropy {
  const draw = (): number => Math.floor(chance.random() * 2 ** 32) | 0;
  return [draw(), draw(), draw(), draw()];
}

/**
 * What a path of names leads to, through objects only: there JSONata does nothing but look up. Where an array is on the way, or
 * nothing is found, JSONata has its own say.
 */
export function lookUp({ path }: JsonataExpression, { states, variables }: JsonataScope): Json | undefined {
  if (path === undefined) return undefined;
  const [root = '', ...names] = path;
  let value: Json | undefined = root === 'states' ? states : ownMember(variables, root);
  for (const name of names) value = isObject(value) ? ownMember(value, name) : undefined;
  const isLive = root === 'states' && (names.length === 0 || (names.length === 1 && names[0] === 'context'));
  // The context object shows its state as it is when it is looked at, so it cannot be handed on as a value.
  return isLive ? undefined : value;
}

function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A template that was read: where its expressions are, in the order in which `fill` takes their values. */
interface Template {
  readonly places: readonly { readonly path: string; readonly expression: JsonataExpression }[];
  readonly fill: (next: () => Json) => Json;
}

const templates = new WeakMap<object, Template>();

function compiled(template: Json): Template {
  if (typeof template !== 'object' || template === null) return compileScalar(template);
  let known = templates.get(template);
  if (known === undefined) templates.set(template, (known = compileContainer(template)));
  return known;
}

function compileScalar(template: Json): Template {
  const expression = typeof template === 'string' ? jsonataExpression(template) : undefined;
  if (expression === undefined) return { places: [], fill: () => template };
  return { places: [{ path: '', expression }], fill: (next) => next() };
}

function compileContainer(template: readonly Json[] | JsonObject): Template {
  const members = isArray(template)
    ? template.map((item, index) => compileMember(`[${index}]`, item))
    : Object.entries(template).map(([name, value]) => compileMember(`/${name}`, value));
  const places = members.flatMap(({ places }) => places);
  if (places.length === 0) return { places, fill: () => template };
  if (isArray(template)) return { places, fill: (next) => members.map(({ fill }) => fill(next)) };
  const names = Object.keys(template);
  // Not by assignment: that of `__proto__` would change what the object is, not what it holds.
  return { places, fill: (next) => Object.fromEntries(members.map(({ fill }, index) => [names[index], fill(next)])) };
}

function compileMember(step: string, template: Json): Template {
  const { places, fill } = compiled(template);
  return { places: places.map(({ path, expression }) => ({ path: `${step}${path}`, expression })), fill };
}
