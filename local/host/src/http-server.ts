import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { HostError } from './errors.ts';
import type { HostTime } from './time/host-time.ts';

export interface HttpServer {
  /** With the address that was bound, never `localhost`: with that the S3 client makes host names of bucket names. */
  readonly url: string;
  /** Takes no more requests, lets those under way end for so long, and then ends them. */
  close(drainMs: number): Promise<void>;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What listens there, for the sentence that says why it cannot. */
  readonly purpose: string;
  /** What its answers are dated by. @default the machine's */
  readonly time?: HostTime;
  readonly handle: RequestListener;
}

/** A client that cannot send its headers in this time is holding a connection, not asking for something. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Nor does any request of these protocols take longer to arrive on one machine. */
const REQUEST_TIMEOUT_MS = 60_000;
/** How often Node looks for such clients; by default only every 30 seconds. */
const CONNECTIONS_CHECKING_INTERVAL_MS = 2_000;
/** Longer than SDK clients keep an idle connection, so that none sends on one that is just being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** @throws {HostError} if the address or port cannot be had. */
export async function startHttpServer({ host, port, purpose, time, handle }: HttpServerOptions): Promise<HttpServer> {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECKING_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  let isClosing = false;
  const server = createServer(limits, (request, response) => {
    // A connection that is answered after the closing began would otherwise be kept for the next request.
    response.once('close', () => isClosing && setImmediate(() => server.closeIdleConnections()));
    if (time?.offsetMs() !== undefined) response.setHeader('date', new Date(time.now()).toUTCString());
    if (isForThisMachine(request, host)) handle(request, response);
    else refuse(response, 403, 'ForeignHost', 'This server answers requests to this machine only.');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, host, port, purpose)));
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address and a port');
  return {
    url: `http://${reachable(address.address)}:${address.port}`,
    close: (drainMs) =>
      new Promise((resolve) => {
        isClosing = true;
        const impatience = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearTimeout(impatience);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** Answers with an error body that SDK clients of the JSON protocols can read. */
export function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ __type: type, message }));
}

/** By what names, without port, clients may call a server that listens at `host`. `further` are those that only its owner knows. */
export function namesOfThisMachine(host: string, further: readonly string[] = []): string[] {
  const own = isLoopback(host)
    ? []
    : Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  const names = ['127.0.0.1', 'localhost', '::1', host, ...(isLoopback(host) ? [] : [hostname(), ...own, ...further])];
  return [...new Set(names.map((name) => (isIP(name) === 6 ? `[${name}]` : name.toLowerCase())))];
}

/**
 * A page from elsewhere can make its own name point to 127.0.0.1 and then speak with this server as with its own
 * (DNS rebinding). An address cannot be made to point elsewhere, so only names are asked about.
 */
function isForThisMachine(request: IncomingMessage, host: string): boolean {
  if (!isLoopback(host)) return true;
  const name = (request.headers.host ?? '').replace(/:\d*$/v, '').toLowerCase();
  return isIP(name.replace(/^\[(.*)\]$/v, '$1')) !== 0 || isLoopback(name);
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^127(?:\.\d+){3}$/v.test(host) || host === 'localhost' || host.endsWith('.localhost');
}

/** An address that stands for all of the machine's is reached by the one for itself. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return isIP(address) === 6 ? `[${address}]` : address;
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number, purpose: string): Error {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new HostError(
        `Port ${port} for ${purpose} is in use.`,
        'Stop what uses it, or choose another port.',
        cause,
      );
    case 'EACCES':
      return new HostError(`Port ${port} for ${purpose} may not be used by you.`, 'Choose a port from 1024 on.', cause);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HostError(`"${host}" is no address of this machine.`, 'Use 127.0.0.1.', cause);
    default:
      return error;
  }
}
