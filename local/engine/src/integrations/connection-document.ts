import { isArray, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';

/** How whoever uses an EventBridge connection shows who they are, and what they add to each request. All of it may be secret. */
export interface ConnectionDocument {
  readonly authorization: Authorization;
  readonly invocation: HttpParameters;
}

/** By the name or the ARN of the connection. */
export type Connections = ReadonlyMap<string, ConnectionDocument>;

export type Authorization =
  | { readonly type: 'API_KEY'; readonly name: string; readonly value: string }
  | { readonly type: 'BASIC'; readonly username: string; readonly password: string }
  | ({ readonly type: 'OAUTH_CLIENT_CREDENTIALS' } & OAuthClient);

export interface OAuthClient {
  readonly endpoint: string;
  readonly method: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly request: HttpParameters;
}

export interface HttpParameters {
  readonly headers: Readonly<Record<string, string>>;
  readonly queryParameters: Readonly<Record<string, string>>;
  readonly bodyParameters: Readonly<Record<string, string>>;
}

/**
 * Reads the connections of this machine: an object of `AuthorizationType` and `AuthParameters`, as CreateConnection takes them, by
 * the name or the ARN of the connection.
 *
 * @throws {TypeError} if it cannot be understood. The message names the connection and the field, and no value.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html
 */
export function parseConnections(value: unknown): Connections {
  if (!isObject(value as Json)) throw new TypeError('connections have to be a JSON object by their names');
  const entries = Object.entries(value as JsonObject).map(([name, given]): [string, ConnectionDocument] => {
    const fields = objectOf(given);
    try {
      return [name, parseConnection(fields['AuthorizationType'], objectOf(fields['AuthParameters']))];
    } catch (error) {
      throw new TypeError(`the connection "${name}" ${error instanceof Error ? error.message : 'is none'}`, {
        cause: error,
      });
    }
  });
  return new Map(entries);
}

/**
 * The secret that EventBridge keeps of a connection holds the parameters flat and in snake case; which of them may be read
 * elsewhere, DescribeConnection tells as well.
 *
 * @throws {TypeError} if something is missing. The message names the field, and no value.
 */
export function parseSecretConnection(
  authorizationType: Json | undefined,
  described: JsonObject,
  secret: JsonObject,
): ConnectionDocument {
  const oauth = objectOf(member(described, 'OAuthParameters'));
  return parseConnection(authorizationType, {
    ApiKeyAuthParameters: { ...objectOf(member(described, 'ApiKeyAuthParameters')), ...secret },
    BasicAuthParameters: { ...objectOf(member(described, 'BasicAuthParameters')), ...secret },
    OAuthParameters: { ...oauth, ...secret, ClientParameters: { ...objectOf(oauth['ClientParameters']), ...secret } },
    InvocationHttpParameters:
      member(secret, 'InvocationHttpParameters') ?? member(described, 'InvocationHttpParameters') ?? {},
  });
}

function parseConnection(type: Json | undefined, parameters: JsonObject): ConnectionDocument {
  const part = (name: string): JsonObject => objectOf(member(parameters, name));
  return { authorization: authorizationOf(type, part), invocation: httpParameters(part('InvocationHttpParameters')) };
}

function authorizationOf(type: Json | undefined, part: (name: string) => JsonObject): Authorization {
  switch (type) {
    case 'API_KEY': {
      const given = part('ApiKeyAuthParameters');
      return { type, name: text(given, 'ApiKeyName'), value: text(given, 'ApiKeyValue') };
    }
    case 'BASIC': {
      const given = part('BasicAuthParameters');
      return { type, username: text(given, 'Username'), password: text(given, 'Password') };
    }
    case 'OAUTH_CLIENT_CREDENTIALS':
      return { type, ...oauthClient(part('OAuthParameters')) };
    default:
      throw new TypeError('has no AuthorizationType API_KEY, BASIC or OAUTH_CLIENT_CREDENTIALS');
  }
}

function oauthClient(given: JsonObject): OAuthClient {
  const client = objectOf(member(given, 'ClientParameters'));
  const endpoint = text(given, 'AuthorizationEndpoint');
  if (!['http:', 'https:'].includes(URL.parse(endpoint)?.protocol ?? ''))
    throw new TypeError('has an AuthorizationEndpoint that is no URL');
  return {
    endpoint,
    method: member(given, 'HttpMethod') === undefined ? 'POST' : text(given, 'HttpMethod'),
    clientId: text(client, 'ClientID'),
    clientSecret: text(client, 'ClientSecret'),
    request: httpParameters(objectOf(member(given, 'OAuthHttpParameters'))),
  };
}

function httpParameters(given: JsonObject): HttpParameters {
  return {
    headers: byKey(member(given, 'HeaderParameters')),
    queryParameters: byKey(member(given, 'QueryStringParameters')),
    bodyParameters: byKey(member(given, 'BodyParameters')),
  };
}

function byKey(list: Json | undefined): Record<string, string> {
  const items = isArray(list) ? list.filter(isObject) : [];
  return Object.fromEntries(items.map((item) => [text(item, 'Key'), text(item, 'Value')]));
}

function text(given: JsonObject, name: string): string {
  const value = member(given, name);
  if (typeof value !== 'string' || value === '') throw new TypeError(`has no ${name}`);
  return value;
}

/** `ApiKeyName` and `api_key_name` are the same. */
function member(given: JsonObject, name: string): Json | undefined {
  const plain = (text: string): string => text.replace(/_/g, '').toLowerCase();
  return Object.entries(given).find(([key]) => plain(key) === plain(name))?.[1];
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
