import type { QueryLanguage, State, StateGraph, StateMachineDefinition } from './definition.ts';
import { parseIntrinsicCall, type IntrinsicArgument } from './intrinsic-call.ts';
import { jsonataExpression } from './jsonata-expression.ts';
import { isArray, isObject, type Json } from './json.ts';
import { tokens } from './validate/expression-syntax.ts';

/**
 * The variables that the paths and expressions of each state read, by the state's name; a state that reads none is left out.
 *
 * @see Step Functions API Reference, DescribeStateMachine, variableReferences
 */
export function variableReferences(definition: StateMachineDefinition): Readonly<Record<string, readonly string[]>> {
  const byDefault = definition.QueryLanguage ?? 'JSONPath';
  const states = statesIn(definition);
  // A variable may have the name of a function, and then hides it.
  const assigned = new Set(states.flatMap(([, state]) => assignedNames(state as unknown as Json)));
  const isVariable = (name: string): boolean => assigned.has(name) || !FUNCTIONS.has(name);
  const references = states.map(([name, state]) => {
    const read = referencesOf(state, state.QueryLanguage ?? byDefault);
    return [name, [...new Set(read)].filter(isVariable)] as const;
  });
  return Object.fromEntries(references.filter(([, names]) => names.length > 0));
}

function statesIn(graph: StateGraph): readonly (readonly [string, State])[] {
  return Object.entries(graph.States).flatMap((entry) => [entry, ...graphsOf(entry[1]).flatMap(statesIn)]);
}

function graphsOf(state: State): readonly StateGraph[] {
  if (state.Type === 'Parallel') return state.Branches;
  if (state.Type !== 'Map') return [];
  return [state.ItemProcessor, state.Iterator].filter((graph) => graph !== undefined);
}

/** What the Assigns of the state, of its rules and of its catchers set. */
function assignedNames(part: Json): readonly string[] {
  return children(part).flatMap(([name, value]) => {
    if (NOT_EVALUATED.has(name)) return [];
    return name === 'Assign' && isObject(value) ? Object.keys(value) : assignedNames(value);
  });
}

/** Other states, and words that nobody evaluates. */
const NOT_EVALUATED: ReadonlySet<string> = new Set(['Comment', 'Branches', 'ItemProcessor', 'Iterator', 'Result']);

function referencesOf(state: State, queryLanguage: QueryLanguage): readonly string[] {
  const fields = Object.entries(state as unknown as Readonly<Record<string, Json>>);
  const read = queryLanguage === 'JSONata' ? inJsonata : inJsonPath;
  return fields.filter(([name]) => !NOT_EVALUATED.has(name)).flatMap(([name, value]) => read(name, value));
}

/** Payload templates: a member in one is a path only if its name ends in `.$`. */
const TEMPLATES: ReadonlySet<string> = new Set([
  'Parameters',
  'ResultSelector',
  'ItemSelector',
  'Assign',
  'BatchInput',
  'Credentials',
]);

function inJsonPath(name: string, value: Json): readonly string[] {
  if (typeof value === 'string') {
    return name.endsWith('Path') || name === 'Variable' || name.endsWith('.$') ? inPathOrCall(value) : [];
  }
  return TEMPLATES.has(name)
    ? inTemplate(value)
    : children(value).flatMap(([child, inner]) => inJsonPath(child, inner));
}

function inTemplate(template: Json): readonly string[] {
  return children(template).flatMap(([name, value]) =>
    typeof value === 'string' && name.endsWith('.$') ? inPathOrCall(value) : inTemplate(value),
  );
}

function inPathOrCall(text: string): readonly string[] {
  return text.startsWith('$') ? inPath(text) : parseIntrinsicCall(text).arguments.flatMap(inArgument);
}

function inArgument(argument: IntrinsicArgument): readonly string[] {
  if (argument.type === 'call') return argument.arguments.flatMap(inArgument);
  return argument.type === 'path' ? inPath(argument.path.text) : [];
}

function inPath(path: string): readonly string[] {
  const name = /^\$([\p{ID_Start}_][\p{ID_Continue}]*)/u.exec(path)?.[1];
  return name === undefined ? [] : [name];
}

function inJsonata(_: string, value: Json): readonly string[] {
  if (typeof value !== 'string') return children(value).flatMap(([name, inner]) => inJsonata(name, inner));
  const expression = jsonataExpression(value);
  return expression === undefined ? [] : freeVariables(expression.text);
}

/** The variables that an expression reads and does not bind itself. */
function freeVariables(expression: string): readonly string[] {
  const read = new Set<string>();
  const bound = new Set<string>();
  const words = Array.from(tokens(expression), ({ text }) => text);
  for (const [index, word] of words.entries()) {
    if (/^\$[^$]/.test(word)) (isBinding(words, index) ? bound : read).add(word.slice(1));
    // The parameters of a function: everything up to the bracket that closes them.
    if (word === 'function' || word === 'λ') {
      const end = words.indexOf(')', index);
      for (const parameter of words.slice(index + 2, end)) bound.add(parameter.slice(1));
    }
  }
  return [...read].filter((name) => !bound.has(name));
}

/** `$x := …`, `…@$x` and `…#$x`. */
function isBinding(words: readonly string[], index: number): boolean {
  const before = words[index - 1];
  return words[index + 1] === ':=' || before === '@' || before === '#';
}

/** Those of JSONata 2.0.6 and those that Step Functions adds; and `$states`, which is there without being assigned. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `states
  abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent
  distinct each encodeUrl encodeUrlComponent error eval exists filter floor formatBase formatInteger formatNumber fromMillis
  hash join keys length lookup lowercase map match max merge millis min not now number pad parse parseInteger partition power
  random range reduce replace reverse round shuffle sift single sort split spread sqrt string substring substringAfter
  substringBefore sum toMillis trim type uppercase uuid zip`.split(/\s+/),
);

function children(value: Json): readonly (readonly [string, Json])[] {
  if (isArray(value)) return value.map((item) => ['', item]);
  return isObject(value) ? Object.entries(value) : [];
}
