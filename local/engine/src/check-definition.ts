import { describeProblems, parseDefinition, type Problem } from '../../asl/src/index.ts';
import type { StateMachineType } from './api.ts';
import { InvalidDefinition } from './errors.ts';
import { unsupported } from './unsupported.ts';

export interface ValidateStateMachineDefinition {
  readonly definition: string;
  /** `STANDARD` where absent. */
  readonly type?: StateMachineType;
  /** The least that is told: `ERROR`, where absent, leaves the warnings out. */
  readonly severity?: Problem['severity'];
  readonly maxResults?: number;
}

export interface DefinitionDiagnosis {
  /** `OK` where a state machine can be created with this definition, warnings or not. */
  readonly result: 'OK' | 'FAIL';
  readonly diagnostics: readonly Problem[];
  /** There are more than were asked for. */
  readonly truncated: boolean;
}

/** Step Functions API Reference, ValidateStateMachineDefinition: "The default and maximum value is 100." */
const DIAGNOSTICS_MAX = 100;

/** Says of a definition what CreateStateMachine would refuse it for, and what it deserves a warning for. */
export function validateStateMachineDefinition(request: ValidateStateMachineDefinition): DefinitionDiagnosis {
  const { definition, type = 'STANDARD', severity = 'ERROR', maxResults = DIAGNOSTICS_MAX } = request;
  const problems = problemsOf(definition, type);
  const told = severity === 'ERROR' ? problems.filter(isError) : problems;
  return {
    result: problems.some(isError) ? 'FAIL' : 'OK',
    diagnostics: told.slice(0, maxResults),
    truncated: told.length > maxResults,
  };
}

/** @throws {InvalidDefinition} naming every error. */
export function checkDefinition(definition: string, type: StateMachineType): void {
  const errors = problemsOf(definition, type).filter(isError);
  if (errors.length > 0) throw new InvalidDefinition(describeProblems(errors));
}

function problemsOf(definition: string, type: StateMachineType): readonly Problem[] {
  const parsed = parseDefinition(definition, { type });
  return 'problems' in parsed ? parsed.problems : [...unsupported(parsed.definition), ...parsed.warnings];
}

function isError({ severity }: Problem): boolean {
  return severity === 'ERROR';
}
