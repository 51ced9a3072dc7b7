import type { State, StateMachineDefinition } from './definition.ts';
import { findJsonFault } from './json-syntax.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Problem } from './problem.ts';
import { graphsOf, graphsWithin, type Graph } from './validate/graphs.ts';
import type { Place, WorkflowType } from './validate/place.ts';
import { checkState } from './validate/state.ts';
import { duplicateNames, missingTargets, missingTerminalState, unreachableStates } from './validate/transitions.ts';

export type { WorkflowType } from './validate/place.ts';

/** Step Functions takes no longer definition. Service quotas, "Maximum request size". */
export const DEFINITION_LENGTH_MAX = 1_048_576;

/** One more than ValidateStateMachineDefinition returns at most, so that its caller can see that there are more. */
export const PROBLEM_COUNT_MAX = 101;

export interface ParseOptions {
  readonly type: WorkflowType;
}

/**
 * Reads the definition of a state machine and checks all that Step Functions checks when one is created.
 *
 * The definition is the JSON itself, with the warnings that it deserves. A text that is refused gives its problems instead,
 * at least one of them an error: all of them, up to {@link PROBLEM_COUNT_MAX} of each severity.
 *
 * @see Step Functions API Reference, ValidateStateMachineDefinition
 */
export function parseDefinition(
  text: string,
  { type }: ParseOptions,
):
  | { readonly definition: StateMachineDefinition; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] } {
  const json = parseObject(text);
  if ('problem' in json) return { problems: [json.problem] };

  const { QueryLanguage: own } = json.object;
  const place: Place = { location: '/', workflowType: type, queryLanguage: own === 'JSONata' ? own : 'JSONPath' };
  const problems = problemsIn([], graphsOf(json.object, place));
  return isStateMachine(json.object, problems) ? { definition: json.object, warnings: problems } : { problems };
}

/** Reads one state by itself, as TestState does: the states that it names need not be there. */
export function parseState(
  text: string,
  { type }: ParseOptions,
): { readonly state: State; readonly warnings: readonly Problem[] } | { readonly problems: readonly Problem[] } {
  const json = parseObject(text);
  if ('problem' in json) return { problems: [json.problem] };

  const place: Place = { location: '/', workflowType: type, queryLanguage: 'JSONPath' };
  const problems = problemsIn([checkState(json.object, place)], graphsWithin(json.object, place));
  return isState(json.object, problems) ? { state: json.object, warnings: problems } : { problems };
}

/** The checks are the type written out: what they find no error in is of it. */
function isStateMachine(_object: unknown, problems: readonly Problem[]): _object is StateMachineDefinition {
  return !problems.some(isError);
}

function isState(_object: unknown, problems: readonly Problem[]): _object is State {
  return !problems.some(isError);
}

function parseObject(text: string): { readonly object: JsonObject } | { readonly problem: Problem } {
  if (text.length > DEFINITION_LENGTH_MAX) {
    return { problem: refusal(`Definition must have length less than or equal to ${DEFINITION_LENGTH_MAX}`) };
  }
  if (text.trim() === '') return { problem: refusal(NO_OBJECT) };
  const fault = findJsonFault(text);
  if (fault !== undefined) return { problem: { severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', ...fault } };
  const value: Json = JSON.parse(text);
  return isObject(value) ? { object: value } : { problem: refusal(NO_OBJECT) };
}

const NO_OBJECT = 'Definition must be a valid JSON object';

function refusal(message: string): Problem {
  return { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message };
}

function problemsIn(states: readonly Iterable<Problem>[], graphs: readonly Graph[]): readonly Problem[] {
  const found = collect([
    ...states,
    ...graphs.map(({ check, value, place }) => check(value, place)),
    ...graphs.map(missingTargets),
    duplicateNames(graphs),
  ]);
  // Where something is wrong with a state, whatever lies beyond it is out of reach: to say so would only hide the cause.
  if (found.some(isError)) return found;
  return [...found, ...collect([...graphs.map(unreachableStates), ...graphs.map(missingTerminalState)])];
}

/** Stops looking once there are errors enough; warnings never take their place. */
function collect(checks: readonly Iterable<Problem>[]): readonly Problem[] {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  for (const check of checks) {
    for (const problem of check) {
      const list = isError(problem) ? errors : warnings;
      if (list.length < PROBLEM_COUNT_MAX) list.push(problem);
      if (errors.length === PROBLEM_COUNT_MAX) return [...errors, ...warnings];
    }
  }
  return [...errors, ...warnings];
}

function isError({ severity }: Problem): boolean {
  return severity === 'ERROR';
}
