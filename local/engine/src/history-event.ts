import { jsonText, type Json, type JsonObject } from '../../asl/src/index.ts';

/**
 * One event as GetExecutionHistory sends it. `timestamp` is epoch seconds, the way the wire has it.
 *
 * @see Step Functions API Reference, HistoryEvent
 */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

/** Nothing is ever cut here; the member is there because the service always sends it. */
export const NOT_TRUNCATED = { truncated: false };

export function inputMembers(input: Json): { input: string; inputDetails: object } {
  return { input: jsonText(input), inputDetails: NOT_TRUNCATED };
}

export function outputMembers(output: Json): { output: string; outputDetails: object } {
  return { output: jsonText(output), outputDetails: NOT_TRUNCATED };
}

/** The variables that a state has set. */
export function assignedMembers(assigned: JsonObject): object {
  const texts = Object.fromEntries(Object.entries(assigned).map(([name, value]) => [name, jsonText(value)]));
  return { assignedVariables: texts, assignedVariablesDetails: NOT_TRUNCATED };
}

/** `taskFailedEventDetails` for `TaskFailed`; entering and leaving a state have one name for all its types. */
export function detailsMember(type: string): string {
  let member = members.get(type);
  if (member === undefined) members.set(type, (member = memberFor(type)));
  return member;
}

/** Types are few, and to make a name costs more than to find it. */
const members = new Map<string, string>();

function memberFor(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}
