import type { StepFunctionsOptions } from '../step-functions-options.ts';

/** What a check has found. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  /** What is there, in a few words. */
  readonly found: string;
  /** What to do about it, where it is not well. */
  readonly nextStep?: string;
}

/** What to look at: the same that `start` and the other commands are given. */
export interface Patient extends StepFunctionsOptions {
  readonly data: string;
  readonly port: number;
  readonly awsPort: number;
  readonly url: string;
  readonly docker?: true;
  /** What follows from the rest of the data is put right. */
  readonly repair?: true;
}

/** One thing that can be wrong with a machine. A check never throws for what it looks for. */
export interface Check {
  readonly name: string;
  look(patient: Patient): Promise<Finding>;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

export function warn(found: string, nextStep: string): Finding {
  return { status: 'warn', found, nextStep };
}

export function fail(found: string, nextStep: string): Finding {
  return { status: 'fail', found, nextStep };
}
