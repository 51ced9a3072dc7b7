import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { isPreflight, preflightResponse, withCors } from './api-gateway-cors.ts';
import type { CorsConfiguration } from './api-gateway-cors.ts';
import { httpApiEvent } from './api-gateway-event.ts';
import type { ApiIdentity, ReceivedRequest } from './api-gateway-event.ts';
import { messageResponse, parseFunctionResult } from './api-gateway-response.ts';
import type { ClientResponse } from './api-gateway-response.ts';
import { createRouter } from './api-gateway-routes.ts';
import type { Route, SelectedRoute } from './api-gateway-routes.ts';
import { discardRequestBody, readRequestBody } from './request-body.ts';

export type { CorsConfiguration } from './api-gateway-cors.ts';
export type { Route } from './api-gateway-routes.ts';

export interface HttpApiOptions extends ApiIdentity {
  /** `$default`: the API answers at the root. */
  stage: '$default';
  routes: readonly Route[];
  cors?: CorsConfiguration;
  /** Lambda's Invoke. What it throws is taken by its name, as Lambda's errors have it. */
  invoke: (request: InvokeByApi) => Promise<{ payload: string; functionError?: string }>;
  /** Asks whether a route takes one more request. @default it does */
  throttle?: (routeKey: string) => boolean;
  /** Asks whether the API may invoke what is behind a route; what it throws fails the integration. @default it may */
  admit?: (route: Route) => void;
  /** Epoch milliseconds, for the request's time. @default Date.now */
  now?: () => number;
  log: Log;
}

export interface InvokeByApi {
  functionName: string;
  payload: string;
  /** Aborted when the API waits no longer; the promise is then to be rejected. */
  signal: AbortSignal;
}

export interface HttpApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** API Gateway quotas for HTTP APIs: payload size 10 MB, maximum integration timeout 30 seconds. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
const TIMEOUT_MS_MAX = 30_000;

/**
 * An HTTP API of API Gateway on this machine: routes to Lambda functions, payload format 2.0.
 *
 * @throws {HostError} for a route key that is none.
 */
export function createHttpApi(options: HttpApiOptions): HttpApi {
  const { cors, now = Date.now, log } = options;
  const selectRoute = createRouter(options.routes);

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedAtMs = now();
    const requestId = newRequestId();
    const { method = '', headers } = message;
    const { rawPath, rawQueryString } = splitTarget(message.url ?? '/');
    // Of a server as a whole one can ask `*`, and there is no route to that.
    const selected = rawPath.startsWith('/') ? selectRoute(method, rawPath) : undefined;
    logWhenClosed(response, { method, route: selected?.route.routeKey, requestId });

    if (cors !== undefined && headers.origin !== undefined && isPreflight(method, headers)) {
      discardRequestBody(message);
      return send(response, preflightResponse(cors, headers.origin), requestId);
    }
    const respond = (answered: ClientResponse) => {
      const final = cors === undefined ? answered : withCors(answered, cors, headers.origin);
      send(response, final, requestId);
    };
    if (selected === undefined) {
      discardRequestBody(message);
      return respond(messageResponse(404, 'Not Found'));
    }
    // Before anybody is asked who they are: guessing is throttled as well.
    if (options.throttle?.(selected.route.routeKey) === false) {
      discardRequestBody(message);
      return respond(messageResponse(429, 'Too Many Requests'));
    }
    const authorized = await selected.route.authorize?.({ headers, rawQueryString });
    if (authorized !== undefined && 'refusal' in authorized) {
      discardRequestBody(message);
      return respond(authorized.refusal);
    }
    const body = await readRequestBody(message, BODY_BYTES_MAX);
    if (body === undefined) return respond(messageResponse(413, 'Request Entity Too Large'));
    const request = { message, rawPath, rawQueryString, body, requestId, receivedAtMs, ...authorized };
    return respond(await integrate(request, selected));
  }

  async function integrate(request: ReceivedRequest, selected: SelectedRoute): Promise<ClientResponse> {
    const { target: functionName, timeoutMs = TIMEOUT_MS_MAX } = selected.route;
    const fail = (statusCode: number, message: string, reason: unknown) => {
      log.error('api.integration.failed', { requestId: request.requestId, functionName, reason });
      return messageResponse(statusCode, message);
    };
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      options.admit?.(selected.route);
      const payload = JSON.stringify(httpApiEvent(request, selected, options));
      const result = await options.invoke({ functionName, payload, signal: timeout.signal });
      if (result.functionError !== undefined) return fail(500, 'Internal Server Error', errorTypeOf(result.payload));
      return parseFunctionResult(result.payload);
    } catch (error) {
      if (timeout.signal.aborted) return fail(503, 'Service Unavailable', `no answer within ${timeoutMs} ms`);
      const name = error instanceof Error ? error.name : '';
      if (name === 'RequestTooLargeException') return fail(413, 'Request Entity Too Large', error);
      if (name === 'TooManyRequestsException') return fail(503, 'Service Unavailable', error);
      return fail(500, 'Internal Server Error', error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** One line a request, when nothing more of it will come. No body, no header, and of the target only the route. */
  function logWhenClosed(
    response: ServerResponse,
    fields: { method: string; route: string | undefined; requestId: string },
  ): void {
    const startedAt = performance.now();
    response.once('close', () => {
      const ms = Math.round((performance.now() - startedAt) * 10) / 10;
      const outcome = response.writableFinished ? { status: response.statusCode } : { clientGone: true };
      log.info('api.request', { ...fields, ...outcome, ms });
    });
  }

  return {
    handle(message, response) {
      answer(message, response).catch((error: unknown) => {
        // The client that did not finish its request is gone; anything else is a fault of ours, and the client waits.
        if (message.destroyed && !message.complete) return;
        log.error('api.failed', { error });
        if (response.headersSent) response.destroy();
        else send(response, messageResponse(500, 'Internal Server Error'), newRequestId());
      });
    },
  };
}

function send(
  response: ServerResponse,
  { statusCode, headers, cookies, body }: ClientResponse,
  requestId: string,
): void {
  response.statusCode = statusCode;
  for (const [name, value] of headers) response.setHeader(name, value);
  if (cookies.length > 0) response.appendHeader('set-cookie', cookies);
  response.setHeader('apigw-requestid', requestId);
  response.end(body);
}

/** Path and query string as the client sent them. A target may also be a whole URL. RFC 9112, section 3.2.2. */
function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
  const path = target.replace(/^https?:\/\/[^\/?]*/v, '');
  const at = path.indexOf('?');
  const rawPath = at === -1 ? path : path.slice(0, at);
  return { rawPath: rawPath === '' ? '/' : rawPath, rawQueryString: at === -1 ? '' : path.slice(at + 1) };
}

function errorTypeOf(payload: string): unknown {
  const error: unknown = JSON.parse(payload);
  return typeof error === 'object' && error !== null && 'errorType' in error ? error.errorType : 'Unhandled';
}

/** As API Gateway makes them, `JKJaXmPLvHcESHA=`. */
function newRequestId(): string {
  return `${randomBytes(12).toString('base64url').slice(0, 15)}=`;
}
