import { HostError } from '../../../local/host/src/index.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { isLoopback } from './loopback.ts';
import type { ServerVoice } from './server-voice.ts';

export function warnOfOpenHost(host: string, voice: ServerVoice): void {
  if (isLoopback(host)) return;
  voice.warn(`--host ${host} opens this to your network, and nobody is asked who they are. Only 127.0.0.1 is private.`);
}

/** The host's expected refusals in the command line's form; anything else passes. */
export async function withHostErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HostError) throw new CliError(exitCode.failure, error.message, error.nextStep);
    throw error;
  }
}
