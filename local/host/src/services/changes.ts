import type { RequestListener, ServerResponse } from 'node:http';
import { refuse } from '../http-server.ts';

/** What of this machine has changed. Nothing of what it has become is told: whoever wants that asks for it. */
export type Subject = 'executions' | 'objects' | 'mails' | 'time' | 'log';

/** Tells pages that something has changed, so that they need not ask again and again. */
export interface Changes {
  /** Costs next to nothing, and nothing where nobody listens. */
  note(subject: Subject): void;
  /** `GET …/changes`: server-sent events, each a JSON array of subjects. Whoever comes back has to ask for all of it. */
  readonly handle: RequestListener;
  /** Ends the streams, or no server could close. */
  close(): void;
}

/** What comes together is told together, and never more often than this. */
const PAUSE_MS = 250;
/** What somebody does is rarely one change: the record is written, the execution goes on, a wait is deleted. */
const GATHER_MS = 100;
/** Finds out who has gone, and keeps what lies between from giving the connection up. */
const HEARTBEAT_MS = 15_000;
/** A browser has six connections to an origin; these are the pages of a busy desk. */
const STREAMS_MAX = 32;
/** Who has not read so much has stopped reading. They come back, and ask for everything. */
const UNREAD_BYTES_MAX = 16_384;
/** How soon a browser comes back, in the words of server-sent events. */
const RETRY_MS = 1_000;

export function createChanges(): Changes {
  const streams = new Set<ServerResponse>();
  const noted = new Set<Subject>();
  let toldAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let isClosed = false;

  function tell(): void {
    timer = undefined;
    toldAtMs = performance.now();
    const message = `data: ${JSON.stringify([...noted])}\n\n`;
    noted.clear();
    for (const stream of streams) send(stream, message);
  }

  function note(subject: Subject): void {
    if (streams.size === 0) return;
    noted.add(subject);
    timer ??= setTimeout(tell, Math.max(GATHER_MS, toldAtMs + PAUSE_MS - performance.now())).unref();
  }

  function open(response: ServerResponse): void {
    streams.add(response);
    response.once('close', () => leave(response));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    heartbeat ??= setInterval(() => {
      for (const stream of streams) send(stream, ':\n\n');
    }, HEARTBEAT_MS).unref();
  }

  function leave(response: ServerResponse): void {
    streams.delete(response);
    if (streams.size > 0) return;
    clearInterval(heartbeat);
    clearTimeout(timer);
    heartbeat = undefined;
    timer = undefined;
    noted.clear();
  }

  return {
    note,
    handle(request, response) {
      if (request.method !== 'GET') return refuse(response, 405, 'MethodNotAllowed', 'This is read with GET.');
      if (isClosed || streams.size >= STREAMS_MAX) {
        return refuse(
          response,
          503,
          'ServiceUnavailable',
          `There are ${STREAMS_MAX} streams at most. Ask now and then.`,
        );
      }
      // Behind a body that is not read it would never be seen that who sent it has gone.
      request.resume();
      open(response);
    },
    close() {
      isClosed = true;
      for (const stream of streams) stream.end();
    },
  };
}

function send(stream: ServerResponse, message: string): void {
  if (stream.writableLength > UNREAD_BYTES_MAX) stream.destroy();
  else stream.write(message);
}
