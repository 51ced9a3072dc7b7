import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { isLoopback } from './loopback.ts';

/** @throws {CliError} if an app that asks nobody who they are would be open to others. */
export function requirePrivacyWithoutAuth({ auth, host }: { auth: boolean; host: string }): void {
  if (auth || isLoopback(host)) return;
  throw new CliError(
    exitCode.usage,
    `--no-auth and --host ${host} together would let your whole network in.`,
    'Leave one of them out.',
  );
}

/** @throws {CliError} if others could move the clock on. */
export function requirePrivacyForTimeTravel({ timeTravel, host }: { timeTravel?: true; host: string }): void {
  if (!timeTravel || isLoopback(host)) return;
  throw new CliError(
    exitCode.usage,
    `--time-travel and --host ${host} together would let your whole network move the clock on.`,
    'Leave one of them out.',
  );
}

/** The host's expected refusals in the command line's form; anything else passes. */
export async function withHostErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Whoever has thrown one has loaded it; commands that throw none do not wait for it.
    const { HostError } = await import('../../../local/host/src/index.ts');
    if (error instanceof HostError) throw new CliError(exitCode.failure, error.message, error.nextStep);
    throw error;
  }
}
