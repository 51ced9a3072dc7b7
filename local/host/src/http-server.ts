import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { TLSSocket } from 'node:tls';
import { HostError } from './errors.ts';
import { type Log, silentLog } from './log.ts';
import type { HostTime } from './time/host-time.ts';
import type { TlsCertificate } from './tls-certificate.ts';
import { followRenewals } from './tls-renewal.ts';

export interface HttpServer {
  /**
   * For clients: with the address that was bound, never `localhost`, for with that the S3 client makes host names of bucket names.
   * Where that is all of the machine's addresses and the certificate is for a name, it is with that name.
   */
  readonly url: string;
  /**
   * For processes of this host, such as functions and containers: plain, and reached from this machine only. The same as `url`
   * where that is plain.
   */
  readonly ownUrl: string;
  /** Takes no more requests, lets those under way end for so long, and then ends them. */
  readonly close: (drainMs: number) => Promise<void>;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What listens there, for the sentence that says why it cannot. */
  readonly purpose: string;
  /** What its answers are dated by. @default the machine's */
  readonly time?: HostTime;
  /** Whom clients see. With it a second, plain server listens at a free port of 127.0.0.1. @default nothing is encrypted */
  readonly tls?: TlsCertificate;
  /** Told of a certificate that was renewed, or cannot be. @default nobody is */
  readonly log?: Log;
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

/**
 * Processes of the host's own need not trust a certificate that may be for a name which leads elsewhere, so they have a plain
 * server beside the one that speaks TLS. Who could listen in on it is root, who could read the key as well.
 *
 * @throws {HostError} if the address or port cannot be had.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, tls } = options;
  const first = await listen(options);
  if (tls === undefined) return { url: urlOf(first), ownUrl: urlOf(first), close: first.close };
  const { tls: _, ...plain } = options;
  const second = await listen({ ...plain, host: isLoopback(host) ? host : '127.0.0.1', port: 0 }).catch(
    async (error: unknown) => {
      await first.close(0);
      throw error;
    },
  );
  return {
    url: secureUrlOf(first, host, tls),
    ownUrl: urlOf(second),
    close: async (drainMs) => void (await Promise.all([first.close(drainMs), second.close(drainMs)])),
  };
}

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly close: HttpServer['close'];
}

async function listen(options: HttpServerOptions): Promise<Listening> {
  const { host, port, purpose, time, tls, log = silentLog, handle } = options;
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECKING_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  let isClosing = false;
  const serve: RequestListener = (request, response) => {
    // A connection that is answered after the closing began would otherwise be kept for the next request.
    response.once('close', () => isClosing && setImmediate(() => server.closeIdleConnections()));
    if (time?.offsetMs() !== undefined) response.setHeader('date', new Date(time.now()).toUTCString());
    if (isForThisMachine(request, host)) handle(request, response);
    else refuse(response, 403, 'ForeignHost', 'This server answers requests to this machine only.');
  };
  const secure =
    tls && createTlsServer({ ...limits, cert: tls.cert, key: tls.key, handshakeTimeout: HEADERS_TIMEOUT_MS }, serve);
  const server: Server = secure ?? createServer(limits, serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, host, port, purpose)));
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address and a port');
  const unfollow = tls && followRenewals(tls, ({ cert, key }) => secure?.setSecureContext({ cert, key }), log);
  return {
    address: address.address,
    port: address.port,
    close: (drainMs) =>
      new Promise((resolve) => {
        isClosing = true;
        unfollow?.();
        const impatience = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearTimeout(impatience);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function urlOf({ address, port }: Listening): string {
  return `http://${reachable(address)}:${port}`;
}

/** By the name that the certificate is for, where clients can come by it: a server of this machine alone is called by addresses. */
function secureUrlOf({ address, port }: Listening, host: string, tls: TlsCertificate): string {
  const own = reachable(address);
  const name = isLoopback(host) || tls.covers(own) ? undefined : tls.names.find((each) => !isLoopback(each));
  return `https://${name ?? own}:${port}`;
}

/** Answers with an error body that SDK clients of the JSON protocols can read. */
export function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ __type: type, message }));
}

/** By which a request came. */
export function schemeOf(socket: Socket): 'http' | 'https' {
  return socket instanceof TLSSocket ? 'https' : 'http';
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
