import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  chanceFrom,
  EvaluationError,
  QueryEvaluationError,
  queryRulesOf,
  type ContextObject,
  type Json,
  type JsonObject,
  type State,
  type StateGraph,
  type StateMachineDefinition,
  type StateScope,
} from '../../asl/src/index.ts';
import { Evaluations, NeedsEvaluation } from '../src/evaluations.ts';
import { createJsonataEvaluator } from '../src/jsonata/evaluator.ts';

/** The cases recorded from Step Functions, which lie beside the project where it is developed. */
const FOLDER = fileURLToPath(new URL('../../../../shared/conformance/cases', import.meta.url));
const skip = existsSync(FOLDER) ? false : 'there are no recorded cases beside the project';

const evaluator = createJsonataEvaluator();
after(() => evaluator.close());

interface Recorded {
  readonly id: string;
  readonly kind: string;
  readonly definition?: StateMachineDefinition;
  readonly input: string;
  readonly expect: { readonly history?: readonly RecordedEvent[] };
}

type RecordedEvent = { readonly type: string } & { readonly [details: string]: JsonObject | undefined };

/** What was seen between the entry of a JSONata state and its end. */
interface Visit {
  readonly definition: StateMachineDefinition;
  readonly name: string;
  readonly state: State;
  readonly input: Json;
  readonly variables: JsonObject;
  readonly events: readonly RecordedEvent[];
}

test('fields, variables and failures of JSONata states are those that Step Functions recorded', { skip }, async () => {
  let compared = 0;
  for (const area of readdirSync(FOLDER)) {
    for (const recorded of recordedIn(area)) {
      for (const visit of visitsIn(recorded)) {
        if (await isAsRecorded(visit, recorded.id)) compared += 1;
      }
    }
  }
  assert.ok(compared >= 60, `only ${compared} visits of a state were compared`);
});

/** Answers whether there was something to compare. */
async function isAsRecorded(visit: Visit, id: string): Promise<boolean> {
  const expected = outcomeOf(visit);
  const work = workOf(visit);
  if (expected === undefined || work === undefined) return false;
  assert.deepEqual(await outcome(work, visit.variables), expected, `${id}: ${visit.name}`);
  return true;
}

/** What the events say that became of the state. */
function outcomeOf({ events }: Visit): unknown {
  const [end] = events.slice(-1);
  const failed = end?.['evaluationFailedEventDetails'];
  if (failed !== undefined) {
    const cause = textOf(failed['cause']).replace(/^An error occurred .*? \(entered at the event id #\d+\)\. /, '');
    return { error: failed['error'], cause, location: failed['location'] };
  }
  if (end?.type === 'ExecutionFailed') return end['executionFailedEventDetails'] ?? {};
  const left = end?.['stateExitedEventDetails'];
  if (left === undefined) return undefined;
  const assigned = left['assignedVariables'];
  return { output: decoded(left['output']), ...(assigned !== undefined && { assigned: decodedMembers(assigned) }) };
}

/** The rules that say what becomes of it; `undefined` where it takes more than one state to know. */
function workOf(visit: Visit): ((scope: StateScope) => unknown) | undefined {
  const { definition, state, input, events } = visit;
  const rules = queryRulesOf(definition, state);
  const result = events.find(({ type }) => /^(Task|LambdaFunction)Succeeded$/.test(type));
  const hasFailed = events.some(({ type }) => type === 'EvaluationFailed');
  switch (state.Type) {
    case 'Pass':
      return (scope) => rules.pass(state, input, scope);
    case 'Succeed':
      return (scope) => rules.passThrough(state, input, scope);
    case 'Choice':
      return (scope) => {
        const { next: _, ...leaving } = rules.choose(state, input, scope);
        return leaving;
      };
    case 'Fail':
      return (scope) => rules.fail(state, input, scope);
    case 'Wait':
      return hasFailed ? (scope) => rules.waitUntil(state, input, scope) : undefined;
    case 'Map':
      return hasFailed ? (scope) => rules.items(state, input, scope) : undefined;
    case 'Task':
      if (hasFailed) return (scope) => rules.task(state, input, scope);
      if (result === undefined) return undefined;
      return (scope) => {
        assert.deepEqual(rules.task(state, input, scope).parameters, parametersIn(events));
        return rules.result(state, input, resultIn(result), scope);
      };
    default:
      return undefined;
  }
}

async function outcome(work: (scope: StateScope) => unknown, variables: JsonObject): Promise<unknown> {
  const evaluations = new Evaluations((request) => evaluator.evaluate(request));
  for (;;) {
    const scope: StateScope = {
      context: {} as ContextObject,
      variables,
      chance: chanceFrom([1, 2, 3, 4]),
      at: 0,
      evaluate: (request) => evaluations.evaluate(request, ''),
    };
    try {
      const done = evaluations.attempt(() => work(scope));
      if (!(done instanceof NeedsEvaluation)) return done;
      await evaluations.answer(done);
    } catch (thrown) {
      if (!(thrown instanceof EvaluationError)) throw thrown;
      const { error, cause } = thrown.statesError;
      return { error, cause, location: thrown instanceof QueryEvaluationError ? thrown.location : undefined };
    }
  }
}

function* recordedIn(area: string): Iterable<Recorded> {
  for (const file of readdirSync(join(FOLDER, area))) {
    const { cases } = JSON.parse(readFileSync(join(FOLDER, area, file), 'utf8')) as { cases: Recorded[] };
    yield* cases;
  }
}

function* visitsIn({ definition, input, expect, kind }: Recorded): Iterable<Visit> {
  if (kind !== 'execution' || definition === undefined || expect.history === undefined) return;
  const states = statesIn(definition);
  let variables: JsonObject = {};
  for (const [index, event] of expect.history.entries()) {
    const entered = event['stateEnteredEventDetails'];
    if (entered === undefined) continue;
    const name = textOf(entered['name']);
    const rest = expect.history.slice(index + 1);
    const end = rest.findIndex((later) => isEnd(later, name));
    const events = rest.slice(0, end + 1);
    const state = states.get(name);
    if (state !== undefined && (state.QueryLanguage ?? definition.QueryLanguage) === 'JSONata') {
      // A placeholder that stands for anything stands for the input that the execution was started with.
      const seen = JSON.stringify(entered['input']);
      const given: Json = seen.includes('<any:') ? JSON.parse(input) : decoded(entered['input']);
      yield { definition, name, state, input: given, variables, events };
    }
    const assigned = events.at(-1)?.['stateExitedEventDetails']?.['assignedVariables'];
    if (assigned !== undefined) variables = { ...variables, ...decodedMembers(assigned) };
  }
}

function isEnd(event: RecordedEvent, name: string): boolean {
  if (event.type === 'EvaluationFailed' || event.type === 'ExecutionFailed') return true;
  return event['stateExitedEventDetails']?.['name'] === name;
}

function statesIn(graph: StateGraph): ReadonlyMap<string, State> {
  const inner = Object.values(graph.States).flatMap((state) => {
    if (state.Type === 'Parallel') return [...state.Branches];
    return state.Type === 'Map' && state.ItemProcessor !== undefined ? [state.ItemProcessor] : [];
  });
  return new Map([...Object.entries(graph.States), ...inner.flatMap((nested) => [...statesIn(nested)])]);
}

function parametersIn(events: readonly RecordedEvent[]): Json {
  for (const event of events) {
    const parameters = event['taskScheduledEventDetails']?.['parameters'];
    const input = event['lambdaFunctionScheduledEventDetails']?.['input'];
    if (parameters !== undefined || input !== undefined) return decoded(parameters ?? input);
  }
  return assert.fail('nothing was scheduled');
}

function resultIn(event: RecordedEvent): Json {
  return decoded((event['taskSucceededEventDetails'] ?? event['lambdaFunctionSucceededEventDetails'])?.['output']);
}

function textOf(value: Json | undefined): string {
  assert(typeof value === 'string');
  return value;
}

/** The recording tool had decoded what begins with a brace, and left other JSON as text. */
function decoded(value: Json | undefined): Json {
  return typeof value === 'string' ? (JSON.parse(value) as Json) : (value ?? null);
}

function decodedMembers(values: Json): JsonObject {
  return Object.fromEntries(Object.entries(values as JsonObject).map(([name, value]) => [name, decoded(value)]));
}
