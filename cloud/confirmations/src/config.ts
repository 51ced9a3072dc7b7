type Environment = Readonly<Record<string, string | undefined>>;

/** What every function of this service is told by its environment. */
export interface StoreConfig {
  /** The bucket of waits and records. */
  readonly bucket: string;
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readStoreConfig(environment: Environment): StoreConfig {
  const { CONFIRMATIONS_BUCKET } = readAll(environment, 'CONFIRMATIONS_BUCKET');
  return Object.freeze({ bucket: CONFIRMATIONS_BUCKET });
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readAll<Name extends string>(
  environment: Environment,
  ...names: Name[]
): Readonly<Record<Name, string>> {
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
