import { existsSync, realpathSync } from 'node:fs';
import { HostError } from '../errors.ts';
import { credentialsEnvironment, type RoleCredentials } from './role-credentials.ts';

/** A function as CreateFunction describes it. */
export interface FunctionConfiguration {
  functionName: string;
  arn: string;
  /** The directory that is `/var/task` on AWS. */
  codeDir: string;
  /** File and export, as in `index.handler`. */
  handler: string;
  /** `nodejs22.x`, `nodejs24.x`, …: the behaviour of that runtime, on the Node that runs this host. */
  runtime: string;
  timeoutSeconds: number;
  memoryMb: number;
  environment: Readonly<Record<string, string>>;
  /** What it calls others with: those of its role. @default a name that says nothing */
  credentials?: RoleCredentials;
  /** At most so many invocations at a time; more are refused with TooManyRequestsException. @default no limit of its own */
  reservedConcurrency?: number;
}

/** @throws {HostError} if this machine cannot run the function. */
export function checkFunction(configuration: FunctionConfiguration): FunctionConfiguration {
  const { functionName, runtime, codeDir } = configuration;
  if (!/^nodejs\d+\.x$/v.test(runtime)) {
    throw new HostError(
      `The function "${functionName}" has the runtime "${runtime}", and this machine runs Node.js functions only.`,
      'Give it a Node.js runtime, such as nodejs24.x.',
    );
  }
  if (!existsSync(codeDir)) {
    throw new HostError(
      `The code of the function "${functionName}" is missing: ${codeDir}`,
      'Synthesize the app again.',
    );
  }
  return { ...configuration, codeDir: realpathSync(codeDir) };
}

/**
 * All the environment a function instance gets. Nothing of the host's own is passed on, and the names by which a function
 * knows itself cannot be overwritten, as on AWS.
 *
 * @see Lambda Developer Guide, "Defined runtime environment variables"
 */
export function instanceEnvironment(
  configuration: FunctionConfiguration,
  logStreamName: string,
): Record<string, string> {
  const { functionName, arn, codeDir, handler, runtime, memoryMb, environment, credentials } = configuration;
  const region = arn.split(':')[3] ?? '';
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    // Not the home of whoever runs the host: the SDK would read the credentials and settings in its .aws folder.
    HOME: '/home/sbx_user1051',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
    TZ: ':UTC',
    ...environment,
    ...(credentials === undefined ? {} : credentialsEnvironment(credentials)),
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: codeDir,
    _HANDLER: handler,
  };
}
