/** Something in a definition that Step Functions complains about, in the words of ValidateStateMachineDefinition. */
export interface Problem {
  readonly severity: 'ERROR' | 'WARNING';
  readonly code: ProblemCode;
  readonly message: string;
  /** `/States/Wait/Seconds`, or the line and column where the text is no JSON. Absent where it is all of the definition. */
  readonly location?: string;
}

export type ProblemCode =
  | 'INVALID_JSON_DESCRIPTION'
  | 'SCHEMA_VALIDATION_FAILED'
  | 'MISSING_TRANSITION_TARGET'
  | 'DUPLICATE_STATE_NAME'
  | 'MISSING_TERMINAL_STATE'
  | 'NO_DOLLAR';

/**
 * The message of an `InvalidDefinition` error: `Invalid State Machine Definition: 'CODE: message at /location'`, with all
 * errors one after the other. Warnings are left out, since they refuse nothing.
 */
export function describeProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'ERROR').map(describe);
  return `Invalid State Machine Definition: '${errors.join(', ')}'`;
}

function describe({ code, message, location }: Problem): string {
  return location === undefined ? `${code}: ${message}` : `${code}: ${message} at ${location}`;
}

/** Names and values in a message or a location are cut after so many characters, or a hostile definition would be repeated in full. */
const QUOTED_LENGTH_MAX = 256;

export function quotable(text: string): string {
  return text.length <= QUOTED_LENGTH_MAX ? text : `${text.slice(0, QUOTED_LENGTH_MAX)}...`;
}
