import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Engine } from '../../engine/src/index.ts';
import type { Action } from './action.ts';
import { errorAnswer } from './error-answer.ts';
import {
  AccessDeniedException,
  ProtocolError,
  UnknownOperationException,
  UnsupportedMediaTypeException,
} from './errors.ts';
import { createBodyMemory } from './body-memory.ts';
import { parseBody } from './parse-body.ts';
import type { JsonBody } from './parse-request.ts';
import { ClientGone, readBody } from './read-body.ts';
import { clientOf, Turns, type Load } from './turns.ts';

export interface AwsJsonOptions {
  /** Told of failures that are ours, and of actions that nobody here knows. Never sees what a request or answer carries. */
  log: ApiLog;
  /** A longer body is refused while it comes in. */
  maxBodyBytes: number;
  /** How much is taken on at once; what is more is throttled. */
  load: Load;
  /** What the bodies of all requests that are not carried out yet may hold; beyond it, long ones are throttled. */
  bodiesBytesMax: number;
  /**
   * The names, without port, that a request may call this server by; another one in `Host` is refused. A page can make its own
   * name point here, but no address, so addresses are always taken. Clients put `sync-` before either for TestState and
   * StartSyncExecution.
   */
  allowedHosts: readonly string[];
  /** Whether who asks may: called before an action is carried out. @default everybody may do everything */
  admit?: (request: IncomingMessage, body: Buffer, action: string, input: JsonBody) => Refusal | undefined;
}

/** A request that is not let in, by the name and status of its error. */
export interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly message: string;
}

export interface ApiLog {
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
  error(event: string, fields: Readonly<Record<string, unknown>>): void;
}

const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** So soon a client may try again that was told of a full disk. */
const RETRY_AFTER_SECONDS = 1;

/** A client that is still sending reads our refusal first if we wait a moment before we hang up. */
const LINGER_MS = 1000;

/** Answers requests in the AWS JSON 1.0 protocol: the action is named in `x-amz-target`, `<service>.<action>`. */
export function serveAwsJson(
  service: string,
  actions: ReadonlyMap<string, Action>,
  engine: Engine,
  options: AwsJsonOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const turns = new Turns(options.load, (count) => options.log.warn('step-functions-api.throttled', { count }));
  const memory = createBodyMemory(options.bodiesBytesMax);
  /** What `Host` last said that was let in; most often all clients say the same. */
  let knownHost: string | undefined;
  return (request, response) => void serve(request, response);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const lease = memory.lease();
    try {
      // The body comes first: whoever is refused has been heard out, and the connection can go on.
      const body = await readBody(request, options.maxBodyBytes, lease);
      const action = actionFor(request);
      const input = parseBody(body);
      const name = nameOf(request);
      admit(request, body, name, input);
      const turn = turns.enter(name, clientOf(request));
      if (turn !== undefined) await turn;
      try {
        lease.release();
        // Whoever has gone while it waited begins nothing: it will ask again.
        if (turn !== undefined && response.closed) return;
        const answer = await action(engine, input, { hungUp: () => hungUp(response) });
        send(response, 200, requestId, typeof answer === 'string' ? answer : JSON.stringify(answer));
      } finally {
        turns.leave(name);
      }
    } catch (error) {
      refuse(request, response, requestId, error);
    } finally {
      lease.release();
    }
  }

  function nameOf({ headers }: IncomingMessage): string {
    return String(headers['x-amz-target']).slice(service.length + 1);
  }

  function admit(request: IncomingMessage, body: Buffer, action: string, input: JsonBody): void {
    const refusal = options.admit?.(request, body, action, input);
    if (refusal !== undefined) throw new ProtocolError(refusal.name, refusal.status, refusal.message);
  }

  /** What the head of a request asks for, or the reason why it is not answered. */
  function actionFor({ method, url, headers }: IncomingMessage): Action {
    if (headers.host === undefined || headers.host !== knownHost) checkHost(headers.host ?? '');
    if (method !== 'POST' || url !== '/') throw new UnknownOperationException(404, 'Requests go to POST /');
    // Browsers send this type to another origin only after asking, and we never allow it.
    if (mediaType(headers['content-type']) !== CONTENT_TYPE)
      throw new UnsupportedMediaTypeException(`The content type has to be ${CONTENT_TYPE}`);
    if ((headers['content-encoding'] ?? 'identity') !== 'identity')
      throw new UnsupportedMediaTypeException('Compressed requests are not accepted');
    return actionNamed(String(headers['x-amz-target'] ?? ''));
  }

  function checkHost(given: string): void {
    const host = given.replace(/:\d+$/, '').toLowerCase();
    const name = host.replace(/^sync-/, '');
    if (!isAddress(name) && !options.allowedHosts.some((allowed) => allowed === host || allowed === name))
      throw new AccessDeniedException(`This server is not called '${host}'`);
    knownHost = given;
  }

  function actionNamed(target: string): Action {
    const prefix = `${service}.`;
    const action = target.startsWith(prefix) ? actions.get(target.slice(prefix.length)) : undefined;
    if (action !== undefined) return action;
    options.log.warn('step-functions-api.unknown-action', { target });
    throw new UnknownOperationException(400, `There is no action '${target}' here`);
  }

  function refuse(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown): void {
    if (error instanceof ClientGone) return;
    const { status, body } = errorAnswer(error);
    if (status >= 500) {
      const action = String(request.headers['x-amz-target'] ?? '');
      options.log.error('step-functions-api.failed', { action, requestId, error });
    }
    // What has not been read yet is not waited for.
    if (!request.readableEnded) sendAndHangUp(response, status, requestId, body);
    else send(response, status, requestId, body);
  }
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function hungUp(response: ServerResponse): AbortSignal {
  if (response.closed) return AbortSignal.abort();
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === CONTENT_TYPE) return contentType;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

function send(response: ServerResponse, status: number, requestId: string, body: string): void {
  const headers = headersFor(requestId, body);
  if (status === 503) headers['retry-after'] = RETRY_AFTER_SECONDS;
  response.writeHead(status, headers).end(body);
}

/** Answers although the request is not read to its end. Closing at once could take the answer away from the client again. */
function sendAndHangUp(response: ServerResponse, status: number, requestId: string, body: string): void {
  response.writeHead(status, { ...headersFor(requestId, body), connection: 'close' }).write(body);
  const hangUp = setTimeout(() => response.destroy(), LINGER_MS).unref();
  response.once('close', () => clearTimeout(hangUp));
}

function headersFor(requestId: string, body: string): Record<string, string | number> {
  return {
    'x-amzn-RequestId': requestId,
    'content-type': CONTENT_TYPE,
    'content-length': Buffer.byteLength(body),
  };
}
