type Environment = Readonly<Record<string, string | undefined>>;

export interface StoreConfig {
  readonly taskTokenBucket: string;
}

export interface ApiConfig extends StoreConfig {
  readonly stateMachineArn: string;
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readStoreConfig(environment: Environment): StoreConfig {
  const { TASK_TOKEN_BUCKET } = readAll(environment, 'TASK_TOKEN_BUCKET');
  return Object.freeze({ taskTokenBucket: TASK_TOKEN_BUCKET });
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readApiConfig(environment: Environment): ApiConfig {
  const { TASK_TOKEN_BUCKET, STATE_MACHINE_ARN } = readAll(environment, 'TASK_TOKEN_BUCKET', 'STATE_MACHINE_ARN');
  return Object.freeze({ taskTokenBucket: TASK_TOKEN_BUCKET, stateMachineArn: STATE_MACHINE_ARN });
}

function readAll<Name extends string>(environment: Environment, ...names: Name[]): Readonly<Record<Name, string>> {
  assertPresent(environment, names);
  return environment;
}

function assertPresent<Name extends string>(
  environment: Environment,
  names: readonly Name[],
): asserts environment is Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Error(`environment variables missing: ${missing.join(', ')}`);
}
