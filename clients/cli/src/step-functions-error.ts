import { CliError } from './cli-error.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { endpointName, endpointUrl, type StepFunctionsOptions } from './step-functions-options.ts';
import { tryTls, untrusted } from './trust.ts';

/** What to try after a refusal, by the error's name. */
export type NextSteps = Readonly<Partial<Record<string, string>>>;

/** Puts into words why Step Functions did not answer as asked. What it does not know is our own mistake and passes. */
export async function askStepFunctions<Answer>(
  options: StepFunctionsOptions,
  ask: () => Promise<Answer>,
  nextSteps: NextSteps = {},
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Error ? (inWords(error, options, nextSteps) ?? error) : error;
  }
}

/** The errors of Step Functions that say something of what was asked, and not of the way there. */
const REFUSALS: Readonly<Record<string, readonly [ExitCode, nextStep: string]>> = {
  ExecutionAlreadyExists: [exitCode.conflict, 'Give another --name; the same name with the same input is the same.'],
  ExecutionNotRedrivable: [exitCode.conflict, '`countersign executions show` tells where it stands.'],
  ExecutionLimitExceeded: [exitCode.failure, 'Wait until some of those that run have ended.'],
  StateMachineDeleting: [exitCode.conflict, '`countersign machines list` shows what is there.'],
  StateMachineTypeNotSupported: [exitCode.usage, 'Express workflows keep no executions to look at.'],
  InvalidExecutionInput: [exitCode.usage, 'An input is JSON of at most 256 KiB.'],
  InvalidOutput: [exitCode.usage, 'An output is JSON of at most 256 KiB.'],
  InvalidDefinition: [exitCode.usage, '`countersign machines validate FILE` shows each fault with its line.'],
  TaskTimedOut: [exitCode.expired, 'It was answered before, has timed out, or its execution has ended.'],
};

function inWords(error: Error, options: StepFunctionsOptions, nextSteps: NextSteps): CliError | undefined {
  if (error instanceof CliError) return error;
  const place = endpointName(options);
  const distrust = untrusted(place, error);
  if (distrust !== undefined) return distrust;
  if (isUnreachable(error)) {
    return new CliError(
      exitCode.failure,
      `No Step Functions answers at ${place}.`,
      endpointUrl(options) === undefined
        ? 'Check your network, the region (--region), and whether your AWS configuration names another endpoint.'
        : `\`countersign start\` starts one on this machine; --endpoint or AWS_ENDPOINT_URL names another, --endpoint aws is AWS.${tryTls(place, error)}`,
    );
  }
  const [refusal, usualNextStep] = REFUSALS[error.name] ?? [];
  if (refusal !== undefined && usualNextStep !== undefined)
    return new CliError(refusal, sentence(error.message || error.name), nextSteps[error.name] ?? usualNextStep);
  if (error.name.endsWith('DoesNotExist')) {
    const listing = error.name.startsWith('StateMachine') ? 'machines' : 'executions';
    const nextStep = nextSteps[error.name] ?? `\`countersign ${listing} list\` shows what is there.`;
    return new CliError(exitCode.notFound, sentence(error.message), nextStep);
  }
  if (error.name === 'InvalidToken') {
    const nextStep =
      nextSteps['InvalidToken'] ?? 'A --cursor is the nextCursor of the page before, from the same Step Functions.';
    return new CliError(exitCode.usage, `Step Functions refused: ${error.message}`, nextStep);
  }
  if (/^Invalid(?:Arn|Name)$|^ValidationException$/.test(error.name)) {
    return new CliError(
      exitCode.usage,
      `Step Functions refused: ${error.message}`,
      nextSteps[error.name] ?? 'Give a name or an ARN as `countersign executions list` shows it.',
    );
  }
  if (/^CredentialsProviderError$|^ExpiredToken|^UnrecognizedClient|^AccessDenied|^InvalidSignature/.test(error.name)) {
    return new CliError(
      exitCode.failure,
      `${place} did not let us ask: ${error.message}`,
      endpointUrl(options) === undefined
        ? 'Sign in (`aws sso login`), or name a profile that may: --profile NAME.'
        : 'It takes the keys that it was started with (--credentials): name a profile that has one, --profile NAME, beside --endpoint.',
    );
  }
  if (/region is missing/i.test(error.message)) {
    return new CliError(
      exitCode.failure,
      'No AWS region is set.',
      'Give --region, set AWS_REGION, or name a profile that has one: --profile NAME.',
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

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function isUnreachable(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN'].includes(code) ||
    error.name === 'TimeoutError'
  );
}
