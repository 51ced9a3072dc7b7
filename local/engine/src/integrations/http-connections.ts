import { isObject, jsonText, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { callAws, type AwsConnection } from './aws/call.ts';
import { optimisedCodec } from './aws/codec.ts';
import { operationOf, serviceModel } from './aws/model-files.ts';
import {
  parseSecretConnection,
  type ConnectionDocument,
  type Connections,
  type OAuthClient,
} from './connection-document.ts';
import { endpointVariable } from './endpoints.ts';
import { escapedQuery } from './escape.ts';
import { exchange, HttpFailure } from './http-exchange.ts';
import type { FindConnection, HttpConnection } from './http-task.ts';

/** A connection cannot be used. The message names it, and nothing of what it holds. */
export class ConnectionFailure extends Error {}

export interface HttpConnectionsOptions {
  /** @default none */
  readonly known?: Connections;
  /** Where EventBridge and Secrets Manager are asked for all others. */
  readonly aws: AwsConnection;
}

/**
 * Finds the connections of HTTP tasks: those that this machine was given, else as AWS does it, by DescribeConnection of
 * EventBridge and the secret that it names. The tokens that OAuth servers grant are kept in memory until they expire.
 */
export function httpConnections({ known, aws }: HttpConnectionsOptions): FindConnection {
  const granted = new Map<string, GrantedToken>();

  const grantOf = async (arn: string, client: OAuthClient, signal: AbortSignal): Promise<GrantedToken> => {
    const kept = granted.get(arn);
    if (kept !== undefined && kept.expiresAtMs > Date.now()) return kept;
    const token = await requestToken(client, aws, signal);
    granted.set(arn, token);
    return token;
  };

  return async (arn, signal) => {
    const name = connectionName(arn);
    const document = known?.get(arn) ?? known?.get(name) ?? (await describedConnection(name, aws, signal));
    if (document === undefined) return undefined;
    const { authorization, invocation } = document;
    switch (authorization.type) {
      case 'API_KEY':
        return withHeaders(invocation, { [authorization.name]: authorization.value });
      case 'BASIC':
        return withHeaders(invocation, { Authorization: basic(authorization.username, authorization.password) });
      case 'OAUTH_CLIENT_CREDENTIALS': {
        const { headers } = await grantOf(arn, authorization, signal);
        return { ...withHeaders(invocation, headers), onUnauthorized: () => void granted.delete(arn) };
      }
    }
  };
}

/** `arn:aws:events:region:account:connection/name/id` */
function connectionName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

function withHeaders(
  invocation: ConnectionDocument['invocation'],
  headers: Readonly<Record<string, string>>,
): HttpConnection {
  return { ...invocation, headers: { ...invocation.headers, ...headers } };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

interface GrantedToken {
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAtMs: number;
}

/** A token is not used in its last minute: it could expire on its way. */
const SPARE_MS = 60_000;
/** A server that does not say how long its tokens are good is asked for each task. */
const LIFE_SECONDS_DEFAULT = 0;

/** @see RFC 6749, 4.4 "Client Credentials Grant" and 2.3.1 "Client Password" */
async function requestToken(client: OAuthClient, aws: AwsConnection, signal: AbortSignal): Promise<GrantedToken> {
  const { headers, queryParameters, bodyParameters } = client.request;
  const base = new URL(client.endpoint);
  const form = { grant_type: 'client_credentials', ...bodyParameters };
  const hasBody = client.method !== 'GET';
  const query: [string, string][] = [
    ...base.searchParams,
    ...Object.entries({ ...queryParameters, ...(!hasBody && form) }),
  ];
  const request = {
    method: client.method,
    base,
    path: base.pathname + escapedQuery(query),
    headers: {
      accept: 'application/json',
      ...(hasBody && { 'content-type': 'application/x-www-form-urlencoded' }),
      authorization: basic(encodeURIComponent(client.clientId), encodeURIComponent(client.clientSecret)),
      ...lowerCased(headers),
      host: base.host,
    },
    body: hasBody ? Buffer.from(escapedQuery(Object.entries(form)).slice(1)) : Buffer.alloc(0),
  };
  try {
    return grantedToken(await exchange(request, aws.limits, signal));
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown;
    throw new ConnectionFailure(`its authorization server did not answer: ${thrown.message}`, { cause: thrown });
  }
}

function grantedToken({ statusCode, body }: { statusCode: number; body: Buffer }): GrantedToken {
  if (statusCode < 200 || statusCode >= 300)
    throw new ConnectionFailure(`its authorization server answered with status ${statusCode}`);
  const reply = jsonObject(body.toString());
  const { access_token: token, token_type: type, expires_in: life } = reply as Record<string, Json | undefined>;
  if (typeof token !== 'string') throw new ConnectionFailure('its authorization server granted no access_token');
  // `bearer` in any letters is the same type, and not every API takes it so.
  const scheme = typeof type !== 'string' || type.toLowerCase() === 'bearer' ? 'Bearer' : type;
  const seconds = typeof life === 'number' || typeof life === 'string' ? Number(life) : LIFE_SECONDS_DEFAULT;
  return {
    headers: { Authorization: `${scheme} ${token}` },
    expiresAtMs: Date.now() + (Number.isFinite(seconds) ? seconds * 1000 : 0) - SPARE_MS,
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** `undefined` where there is no EventBridge, or it has no such connection. */
async function describedConnection(
  name: string,
  aws: AwsConnection,
  signal: AbortSignal,
): Promise<ConnectionDocument | undefined> {
  if (aws.endpoints('EventBridge') === undefined) return undefined;
  const found = await ask('eventbridge', 'describeConnection', { Name: name }, aws, signal);
  if (found === undefined) return undefined;
  const { AuthorizationType: type, ConnectionState: state, SecretArn: secretArn, AuthParameters: described } = found;
  if (state !== undefined && state !== 'AUTHORIZED') throw new ConnectionFailure(`its state is ${jsonText(state)}`);
  const kept = await ask('secretsmanager', 'getSecretValue', { SecretId: secretArn ?? '' }, aws, signal);
  const secret = kept?.['SecretString'];
  if (typeof secret !== 'string') throw new ConnectionFailure('its secret is not there');
  try {
    return parseSecretConnection(type, isObject(described) ? described : {}, jsonObject(secret));
  } catch (error) {
    throw new ConnectionFailure(`it ${error instanceof Error ? error.message : 'cannot be read'}`, { cause: error });
  }
}

/** `undefined` where the service does not know of it. */
async function ask(
  service: string,
  action: string,
  parameters: JsonObject,
  aws: AwsConnection,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const model = serviceModel(service);
  const operation = model && operationOf(model, action);
  if (model === undefined || operation === undefined) throw new Error(`the model of ${service} has no ${action}`);
  const answer = await callAws(operation, parameters, optimisedCodec(model), aws, signal);
  if (answer.kind === 'output') return answer.output;
  if (answer.kind === 'unreached') throw new ConnectionFailure(`${model.serviceId} cannot be asked: ${answer.reason}`);
  if (answer.errorName === 'ResourceNotFoundException' || HAS_NO_CONNECTIONS.test(answer.code)) return undefined;
  throw new ConnectionFailure(`${model.serviceId} answers ${answer.code}`);
}

/** What stands in for EventBridge may know nothing of connections. */
const HAS_NO_CONNECTIONS = /UnknownOperation|InvalidAction|NotImplemented|UnsupportedOperation/;

/** What stands in a secret is in no error, so a text that is no JSON is an object that holds nothing. */
function jsonObject(source: string): JsonObject {
  try {
    const value = JSON.parse(source) as Json;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What to do about a connection that nobody knows. A whole host is EventBridge itself, and knows those of the file alone. */
export function howToName(): string {
  const variables = `${endpointVariable('EventBridge')} and ${endpointVariable('Secrets Manager')}`;
  return `Name it in the file of --connections; \`countersign engine\` also asks at ${variables}`;
}
