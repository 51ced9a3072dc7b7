import type { SFN, SFNClientConfig } from '@aws-sdk/client-sfn';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError } from './cli-error.ts';
import { dataCommand, httpUrl } from './command.ts';
import { exitCode } from './exit-code.ts';
import { isLoopback } from './loopback.ts';
import { packageVersion } from './repository.ts';
import { heardDate } from './server-clock.ts';
import { caOption } from './trust.ts';

export const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

export interface StepFunctionsOptions {
  endpoint?: string;
  profile?: string;
  region?: string;
  json?: true;
}

/** A command that speaks to Step Functions, here or on AWS. */
export function stepFunctionsCommand(path: string, summary: string, examples: readonly string[]): Command {
  return withEndpoint(dataCommand(`countersign ${path}`, summary, examples));
}

export function withEndpoint(command: Command): Command {
  return command
    .option(
      '--endpoint <url>',
      `where Step Functions is; aws: as your AWS configuration says (default: AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL or ${LOCAL_ENDPOINT})`,
      endpoint,
    )
    .option('--profile <name>', 'a profile of your AWS configuration; alone it means --endpoint aws')
    .option('--region <name>', 'the AWS region (default: as your AWS configuration says)')
    .addOption(caOption());
}

/** Names the place that is asked, for messages. */
export function endpointName(options: StepFunctionsOptions): string {
  return endpointUrl(options) ?? 'AWS';
}

/** @returns undefined where AWS itself is meant */
export function endpointUrl({ endpoint, profile }: StepFunctionsOptions): string | undefined {
  if (endpoint === 'aws' || (endpoint === undefined && profile !== undefined)) return undefined;
  return endpoint ?? endpointOfEnvironment('AWS_ENDPOINT_URL_SFN', 'AWS_ENDPOINT_URL');
}

/** The first of these variables that is set. @throws {CliError} if it holds no URL. */
export function endpointOfEnvironment(...names: readonly string[]): string {
  const name = names.find((each) => process.env[each]);
  if (name === undefined) return LOCAL_ENDPOINT;
  try {
    return httpUrl(process.env[name] ?? '');
  } catch {
    throw new CliError(
      exitCode.usage,
      `${name} is "${process.env[name] ?? ''}", which is no URL.`,
      `Set it to one such as ${LOCAL_ENDPOINT}, or give --endpoint.`,
    );
  }
}

/** Whether it is this machine that is asked: whatever answers there costs nothing and has no real credentials to see. */
export function isOnThisMachine(options: StepFunctionsOptions): boolean {
  const url = endpointUrl(options);
  return url !== undefined && isLoopback(new URL(url).hostname);
}

export async function stepFunctions(options: StepFunctionsOptions): Promise<SFN> {
  const url = endpointUrl(options);
  const { profile, region } = options;
  // The SDK reads a profile's endpoint_url only of the one that is named here.
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  // Loaded here, so that commands without AWS do not wait for its SDK.
  const { SFN } = await import('@aws-sdk/client-sfn');
  const client = new SFN({
    // StartSyncExecution and TestState would go to a host named `sync-127.0.0.1` otherwise.
    disableHostPrefix: url !== undefined,
    customUserAgent: `countersign/${packageVersion()}`,
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(url !== undefined && { endpoint: url }),
    ...(isOnThisMachine(options) && onThisMachine(options)),
  });
  hearTheTime(client);
  return client;
}

/**
 * The local endpoint needs no account of yours, and gets none unless you name it: where it was started with `--credentials`,
 * or is the near end of a tunnel, it wants a key that a profile holds.
 */
function onThisMachine({ profile, region }: StepFunctionsOptions): SFNClientConfig {
  return {
    region: region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(profile === undefined && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
    maxAttempts: 1,
  };
}

function hearTheTime(client: SFN): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { response } = answer;
      if (typeof response === 'object' && response !== null && 'headers' in response) {
        const headers: unknown = response.headers;
        if (typeof headers === 'object' && headers !== null) heardDate(Reflect.get(headers, 'date'));
      }
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'hearTheTime' },
  );
}

function endpoint(text: string): string {
  if (text === 'aws') return text;
  try {
    return httpUrl(text);
  } catch {
    throw new InvalidArgumentError('An endpoint is a URL such as http://127.0.0.1:4566, or aws.');
  }
}
