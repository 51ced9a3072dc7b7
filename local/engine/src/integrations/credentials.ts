export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Credentials that are of use at some services only, by the ids of their SDKs: those of a role are of none elsewhere. */
export type CredentialsFor = (serviceId: string) => AwsCredentials | undefined;

/** What stands in a request to a service that does not look at its signature. */
export const LOCAL_CREDENTIALS: AwsCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The credentials in the environment, by the names that every AWS SDK reads. @returns `undefined` if there are none */
export function credentialsFrom(environment: Readonly<Record<string, string | undefined>>): AwsCredentials | undefined {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'] ?? '';
  const sessionToken = environment['AWS_SESSION_TOKEN'] ?? '';
  if (accessKeyId === '' || secretAccessKey === '') return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) };
}
