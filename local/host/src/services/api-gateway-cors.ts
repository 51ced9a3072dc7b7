import type { IncomingHttpHeaders } from 'node:http';
import type { ClientResponse } from './api-gateway-response.ts';

/** An HTTP API's CORS configuration. `*` stands for all; an origin may also be `https://*` or `http://*`. */
export interface CorsConfiguration {
  allowOrigins?: readonly string[];
  allowMethods?: readonly string[];
  allowHeaders?: readonly string[];
  exposeHeaders?: readonly string[];
  allowCredentials?: boolean;
  maxAgeSeconds?: number;
}

/** True for the request in which a browser asks whether it may make another. The API answers it; no route is needed. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

export function preflightResponse(cors: CorsConfiguration, origin: string): ClientResponse {
  const headers = originHeaders(cors, origin);
  if (headers.size > 0) {
    setList(headers, 'access-control-allow-methods', cors.allowMethods);
    setList(headers, 'access-control-allow-headers', cors.allowHeaders);
    if (cors.maxAgeSeconds !== undefined) headers.set('access-control-max-age', String(cors.maxAgeSeconds));
  }
  return { statusCode: 204, headers, cookies: [], body: '' };
}

/** The configured headers take the place of those the function has set: an API with CORS ignores the latter. */
export function withCors(
  response: ClientResponse,
  cors: CorsConfiguration,
  origin: string | undefined,
): ClientResponse {
  const headers = new Map([...response.headers].filter(([name]) => !name.startsWith('access-control-')));
  const own = origin === undefined ? new Map<string, string>() : originHeaders(cors, origin);
  if (own.size > 0) setList(own, 'access-control-expose-headers', cors.exposeHeaders);
  const vary = [headers.get('vary'), own.get('vary')].filter((value) => value !== undefined);
  if (vary.length > 0) own.set('vary', vary.join(', '));
  return { ...response, headers: new Map([...headers, ...own]) };
}

/** Empty for an origin that is not allowed: the browser then refuses by itself. */
function originHeaders(
  { allowOrigins = [], allowCredentials = false }: CorsConfiguration,
  origin: string,
): Map<string, string> {
  const headers = new Map<string, string>();
  const isAny = allowOrigins.includes('*');
  if (!isAny && !allowOrigins.some((allowed) => isSameOrigin(allowed, origin))) return headers;
  headers.set('access-control-allow-origin', isAny ? '*' : origin);
  if (allowCredentials) headers.set('access-control-allow-credentials', 'true');
  if (!isAny) headers.set('vary', 'Origin');
  return headers;
}

function isSameOrigin(allowed: string, origin: string): boolean {
  return allowed.endsWith('://*') ? origin.startsWith(allowed.slice(0, -1)) : allowed === origin;
}

function setList(headers: Map<string, string>, name: string, values: readonly string[] = []): void {
  if (values.length > 0) headers.set(name, values.join(','));
}
