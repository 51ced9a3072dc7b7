import type { SFN, SFNClientConfig } from '@aws-sdk/client-sfn';
import { type Command, InvalidArgumentError } from 'commander';
import { dataCommand, httpUrl } from './command.ts';
import { isLoopback } from './loopback.ts';
import { packageVersion } from './repository.ts';

const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

export interface ExecutionsOptions {
  endpoint?: string;
  profile?: string;
  json?: true;
}

/** A command that speaks to Step Functions. */
export function executionsCommand(name: string, summary: string, examples: readonly string[]): Command {
  return dataCommand(`countersign executions ${name}`, summary, examples)
    .option(
      '--endpoint <url>',
      `where Step Functions is; aws: as your AWS configuration says (default: AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL or ${LOCAL_ENDPOINT})`,
      endpoint,
    )
    .option('--profile <name>', 'a profile of your AWS configuration; means --endpoint aws');
}

/** Names the place that is asked, for messages. */
export function endpointName(options: ExecutionsOptions): string {
  return endpointUrl(options) ?? 'AWS';
}

export async function stepFunctions(options: ExecutionsOptions): Promise<SFN> {
  const url = endpointUrl(options);
  // Loaded here, so that commands without AWS do not wait for its SDK.
  const { SFN } = await import('@aws-sdk/client-sfn');
  return new SFN({
    // StartSyncExecution and TestState would go to a host named `sync-127.0.0.1` otherwise.
    disableHostPrefix: url !== undefined,
    customUserAgent: `countersign/${packageVersion()}`,
    ...(options.profile !== undefined && { profile: options.profile }),
    ...(url !== undefined && { endpoint: url }),
    ...(url !== undefined && isLoopback(new URL(url).hostname) && onThisMachine()),
  });
}

/** The local endpoint reads the signature but does not check it, so it needs no account of yours, and gets none. */
function onThisMachine(): SFNClientConfig {
  return {
    region: process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
}

function endpointUrl({ endpoint, profile }: ExecutionsOptions): string | undefined {
  if (endpoint === 'aws' || (endpoint === undefined && profile !== undefined)) return undefined;
  return endpoint ?? (process.env['AWS_ENDPOINT_URL_SFN'] || process.env['AWS_ENDPOINT_URL'] || LOCAL_ENDPOINT);
}

function endpoint(text: string): string {
  if (text === 'aws') return text;
  try {
    return httpUrl(text);
  } catch {
    throw new InvalidArgumentError('An endpoint is a URL such as http://127.0.0.1:4566, or aws.');
  }
}
