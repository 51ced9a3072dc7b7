import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { schemeOf } from '../http-server.ts';
import type { JwtContext } from './api-gateway-jwt-claims.ts';
import type { SelectedRoute } from './api-gateway-routes.ts';

export interface ApiIdentity {
  apiId: string;
  stage: string;
  region: string;
  accountId: string;
}

export interface ReceivedRequest {
  message: IncomingMessage;
  rawPath: string;
  rawQueryString: string;
  body: Buffer;
  requestId: string;
  /** Epoch milliseconds. */
  receivedAtMs: number;
  /** Of a route that asks who calls. */
  jwt?: JwtContext;
}

/** The Lambda proxy event, payload format 2.0. Members without content are absent. */
export interface HttpApiEvent {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: HttpApiRequestContext;
  body?: string;
  pathParameters?: Record<string, string>;
  isBase64Encoded: boolean;
}

export interface HttpApiRequestContext {
  accountId: string;
  apiId: string;
  authorizer?: { jwt: JwtContext };
  domainName: string;
  domainPrefix: string;
  http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
  requestId: string;
  routeKey: string;
  stage: string;
  time: string;
  timeEpoch: number;
}

/**
 * Values that occur more than once are joined by commas, header names are lower case, and cookies stand apart from the
 * headers. The path and the query string are passed on as the client sent them; path parameters are decoded.
 *
 * @see API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", Payload format version
 */
export function httpApiEvent(
  request: ReceivedRequest,
  { route, pathParameters }: SelectedRoute,
  api: ApiIdentity,
): HttpApiEvent {
  const { rawPath, rawQueryString, body } = request;
  const { headers, cookies } = eventHeaders(request);
  const queryStringParameters = joinValues(new URLSearchParams(rawQueryString));
  const isBase64Encoded = body.length > 0 && !isText(body, headers);
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(Object.keys(queryStringParameters).length > 0 && { queryStringParameters }),
    requestContext: requestContext(request, route.routeKey, headers, api),
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    isBase64Encoded,
  };
}

function requestContext(
  { message, rawPath, requestId, receivedAtMs, jwt }: ReceivedRequest,
  routeKey: string,
  headers: Record<string, string>,
  { accountId, apiId, region, stage }: ApiIdentity,
): HttpApiRequestContext {
  const domainName = headers['host'] ?? `${apiId}.execute-api.${region}.amazonaws.com`;
  return {
    accountId,
    apiId,
    ...(jwt !== undefined && { authorizer: { jwt } }),
    domainName,
    domainPrefix: domainName.split('.')[0] ?? '',
    http: {
      method: message.method ?? '',
      path: rawPath,
      protocol: `HTTP/${message.httpVersion}`,
      sourceIp: sourceIp(message),
      userAgent: headers['user-agent'] ?? '',
    },
    requestId,
    routeKey,
    stage,
    time: commonLogTime(receivedAtMs),
    timeEpoch: receivedAtMs,
  };
}

/** They speak of the connection, not of the request, so they end here. RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function eventHeaders({ message, body, receivedAtMs }: ReceivedRequest): {
  headers: Record<string, string>;
  cookies: string[];
} {
  const sent = Array.from({ length: message.rawHeaders.length / 2 }, (_, index): [string, string] => {
    const [name = '', value = ''] = message.rawHeaders.slice(index * 2, index * 2 + 2);
    return [name.toLowerCase(), value];
  });
  const cookies = sent
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
  const headers = joinValues(sent.filter(([name]) => name !== 'cookie' && !HOP_BY_HOP.has(name)));
  const forwardedFor = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwardedFor === undefined ? sourceIp(message) : `${forwardedFor}, ${sourceIp(message)}`;
  headers['x-forwarded-port'] = String(message.socket.localPort ?? '');
  headers['x-forwarded-proto'] = schemeOf(message.socket);
  headers['x-amzn-trace-id'] ??= newTraceId(receivedAtMs);
  if (body.length > 0) headers['content-length'] = String(body.length);
  return { headers, cookies };
}

/** Names are the client's: an own property each, `__proto__` as well. */
function joinValues(pairs: Iterable<[string, string]>): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const earlier = joined.get(name);
    joined.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(joined);
}

const TEXT_TYPES = /^(?:text\/|application\/(?:json|javascript|xml)$)|\+(?:json|xml)$/v;

/**
 * A body of a text type goes to the function as it is; any other is Base64, forms included, as is one that says nothing
 * of its type. AWS documents the rule only for Application Load Balancers ("Lambda functions as targets"); HTTP APIs
 * have been seen to do the same. What is not UTF-8 would not survive as text, whatever it says it is.
 */
function isText(body: Buffer, headers: Record<string, string>): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  return TEXT_TYPES.test(type) && !isEncoded && isUtf8(body);
}

function sourceIp(message: IncomingMessage): string {
  return (message.socket.remoteAddress ?? '').replace(/^::ffff:/v, '');
}

function newTraceId(epochMs: number): string {
  const seconds = Math.floor(epochMs / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/v.exec(new Date(epochMs).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
