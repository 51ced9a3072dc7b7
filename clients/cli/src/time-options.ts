import type { Command } from 'commander';
import { dataCommand, httpUrl } from './command.ts';
import { endpointOfEnvironment, LOCAL_ENDPOINT } from './step-functions-options.ts';
import { caOption } from './trust.ts';

export interface TimeOptions {
  endpoint?: string;
  json?: true;
}

/** A command that speaks to a host whose time can be moved on. */
export function timeCommand(name: string, summary: string, examples: readonly string[]): Command {
  return dataCommand(`countersign time ${name}`, summary, examples)
    .option(
      '--endpoint <url>',
      `AWS endpoint of \`countersign start --time-travel\` (default: AWS_ENDPOINT_URL or ${LOCAL_ENDPOINT})`,
      httpUrl,
    )
    .addOption(caOption());
}

export function timeEndpoint({ endpoint }: TimeOptions): string {
  return endpoint ?? endpointOfEnvironment('AWS_ENDPOINT_URL');
}
