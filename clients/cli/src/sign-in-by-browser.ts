import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AuthorizationRequest } from './authorization-request.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { say, styleTalk } from './output.ts';

/** Long enough to find one's password. */
const WAIT_MS = 5 * 60_000;

/** Where the provider's answer comes in: a server on this machine, for one answer. RFC 8252, section 7.3. */
export interface Callback extends AsyncDisposable {
  readonly redirectUri: string;
  /** Says where to sign in, and waits. @returns the address the browser was led back to */
  answerTo(request: AuthorizationRequest): Promise<URL>;
}

/**
 * Listens where the provider will lead back to. Port 0, or none, takes any free one, which providers that know
 * loopback addresses allow; others have the whole address listed.
 *
 * @throws {CliError} if the port cannot be had.
 */
export async function listenForCallback(callbackUrl: string): Promise<Callback> {
  const callback = new URL(callbackUrl);
  const server = createServer();
  server.listen(
    Number(callback.port),
    callback.hostname === 'localhost' ? '127.0.0.1' : callback.hostname.replace(/^\[(.*)\]$/, '$1'),
  );
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(exitCode.failure, `Nobody can wait at ${callbackUrl}.`, 'Choose another --callback.', [reason]);
  }
  const address = server.address();
  if (typeof address === 'object' && address !== null) callback.port = String(address.port);
  return {
    redirectUri: callback.href,
    async answerTo(request) {
      say(`${styleTalk('bold', 'Open this address in a browser to sign in:')}\n\n  ${request.url}\n`);
      return firstAnswer(server, callback, request.state);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function firstAnswer(server: Server, callback: URL, state: string): Promise<URL> {
  const { promise, resolve, reject } = Promise.withResolvers<URL>();
  const timer = setTimeout(
    () => reject(new CliError(exitCode.failure, 'Nobody has signed in for five minutes.', 'Sign in again.')),
    WAIT_MS,
  );
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', callback);
    // Anything else that calls here, such as for an icon, or that guesses, is not the answer.
    const isAnswer = url.pathname === callback.pathname && url.searchParams.get('state') === state;
    response.writeHead(isAnswer ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    });
    const isRefused = url.searchParams.has('error');
    const words = isRefused
      ? 'You are not signed in. The terminal says why.'
      : 'You are signed in. You may close this page.';
    response.end(isAnswer ? words : 'There is nothing here.', () => isAnswer && resolve(url));
  });
  return promise.finally(() => clearTimeout(timer));
}
