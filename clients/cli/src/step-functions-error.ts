import { CliError } from './cli-error.ts';
import { endpointName, type ExecutionsOptions } from './executions-options.ts';
import { exitCode } from './exit-code.ts';

/** Puts into words why Step Functions did not answer as asked. What it does not know is our own mistake and passes. */
export async function askStepFunctions<Answer>(
  options: ExecutionsOptions,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Error ? (inWords(error, options) ?? error) : error;
  }
}

function inWords(error: Error, options: ExecutionsOptions): CliError | undefined {
  if (error instanceof CliError) return error;
  const place = endpointName(options);
  if (isUnreachable(error)) {
    return new CliError(
      exitCode.failure,
      `No Step Functions answers at ${place}.`,
      '`countersign start` starts one on this machine; --endpoint or AWS_ENDPOINT_URL names another, --endpoint aws is AWS.',
    );
  }
  if (error.name.endsWith('DoesNotExist')) {
    return new CliError(
      exitCode.notFound,
      `${error.message}.`.replace(/\.\.$/, '.'),
      '`countersign executions list` shows what is there.',
    );
  }
  if (/^Invalid(?:Arn|Token|Name)$|^ValidationException$/.test(error.name)) {
    return new CliError(
      exitCode.usage,
      `Step Functions refused: ${error.message}`,
      'Give a name or an ARN as `countersign executions list` shows it.',
    );
  }
  if (/^CredentialsProviderError$|^ExpiredToken|^UnrecognizedClient|^AccessDenied|^InvalidSignature/.test(error.name)) {
    return new CliError(
      exitCode.failure,
      `AWS did not let us ask: ${error.message}`,
      'Sign in (`aws sso login`), or name a profile that may: --profile NAME.',
    );
  }
  if (/region is missing/i.test(error.message)) {
    return new CliError(
      exitCode.failure,
      'No AWS region is set.',
      'Set AWS_REGION, or name a profile that has one: --profile NAME.',
    );
  }
  if ('$metadata' in error) {
    return new CliError(
      exitCode.failure,
      `Step Functions at ${place} answered ${error.name}: ${error.message}`,
      'Try again; if it stays, look at the log where it runs.',
    );
  }
  return undefined;
}

function isUnreachable(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN'].includes(code) ||
    error.name === 'TimeoutError'
  );
}
