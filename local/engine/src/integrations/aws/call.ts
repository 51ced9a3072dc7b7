import type { JsonObject } from '../../../../asl/src/index.ts';
import type { AwsCredentials, CredentialsFor } from '../credentials.ts';
import { endpointVariable, type Endpoints } from '../endpoints.ts';
import { escapedQuery } from '../escape.ts';
import { exchange, HttpFailure, type HttpLimits } from '../http-exchange.ts';
import { signedHeaders } from '../signature.ts';
import { givenMember, structureOf, type Codec } from './codec.ts';
import type { NamedOperation } from './model-files.ts';
import type { Operation } from './model.ts';
import { awsReply, type AwsReply } from './reply.ts';
import { awsRequest } from './request.ts';
import { plainText } from './scalars.ts';

export interface AwsConnection {
  readonly endpoints: Endpoints;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Those for a service in particular. */
  readonly credentialsFor?: CredentialsFor;
  readonly limits: HttpLimits;
}

/** No reply came. */
export interface Unreached {
  readonly kind: 'unreached';
  readonly reason: string;
}

/**
 * Calls an operation of an AWS service, once, in the service's own protocol. `rawBody` stands in for the parameter that is
 * streamed, which Step Functions sends as JSON.
 *
 * @throws {MissingParameter} if a parameter is missing that the path of the request is made of.
 */
export async function callAws(
  { name, operation }: NamedOperation,
  parameters: JsonObject,
  codec: Codec,
  connection: AwsConnection,
  signal: AbortSignal,
  rawBody?: Buffer,
): Promise<AwsReply | Unreached> {
  const { serviceId, signingName } = codec.model;
  const endpoint = connection.endpoints(serviceId);
  if (endpoint === undefined) return { kind: 'unreached', reason: noEndpoint(serviceId) };
  const request = awsRequest(name, operation, parameters, codec, rawBody);
  const base = new URL(endpoint);
  base.hostname = hostPrefix(operation, parameters, base, codec) + base.hostname;
  const { query } = request;
  const signable = { ...request, base, host: base.host, path: base.pathname.replace(/\/$/, '') + request.path };
  const credentials = connection.credentialsFor?.(serviceId) ?? connection.credentials;
  const scope = { service: signingName, region: connection.region, credentials };
  try {
    const headers = operation.unsigned === true ? request.headers : await signedHeaders(signable, scope);
    const sent = { ...signable, path: signable.path + escapedQuery(query), headers };
    return awsReply(operation, await exchange(sent, connection.limits, signal), codec);
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return { kind: 'unreached', reason: thrown.message };
    throw thrown;
  }
}

function noEndpoint(serviceId: string): string {
  return `there is no endpoint for ${serviceId}. Set ${endpointVariable(serviceId)}, or AWS_ENDPOINT_URL for all services`;
}

/** Some operations have a host of their own at AWS; whoever stands in for AWS has one host for all. */
function hostPrefix({ hostPrefix: prefix, input }: Operation, parameters: JsonObject, base: URL, codec: Codec): string {
  if (prefix === undefined || !/\.amazonaws\.com(\.cn)?$/.test(base.hostname)) return '';
  const labels = Object.entries(structureOf(codec, input)?.members ?? {}).filter(
    ([, { hostLabel }]) => hostLabel === true,
  );
  const filled = labels.reduce(
    (text, [member]) => text.replace(`{${member}}`, () => plainText(givenMember(parameters, member, codec) ?? '')),
    prefix,
  );
  return /^([A-Za-z0-9-]+\.?)+$/.test(filled) ? filled : '';
}
