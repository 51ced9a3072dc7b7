import type { ExitCode } from './exit-code.ts';

/**
 * The end of a command, in words for the person who gave it: one sentence that says what was wrong, and one step that
 * leads on. `main.ts` is the only place that prints it.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly nextStep: string;
  /** Lines under the sentence, such as each fault of a refused order, or what a failed program said. */
  readonly details: readonly string[];

  constructor(exitCode: ExitCode, message: string, nextStep: string, details: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.nextStep = nextStep;
    this.details = details;
  }
}
