import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Route } from './api-gateway-routes.ts';
import { createRouter } from './api-gateway-routes.ts';
import type { HostIdentity } from './identity.ts';

/** Pages beside the first HTTP API of the app, at its origin: what CloudFront would put there on AWS. */
export interface Pages {
  /** Begins and ends with a slash. Who signs in at a user pool of this machine may be led back to it. */
  readonly path: string;
  /** Called once, when it is known where the API is and who can sign in to it. */
  readonly site: (beside: PagesNeighbours) => Promise<StaticSite>;
}

/** What pages find at their origin. */
export interface PagesNeighbours {
  /** Of the API. */
  readonly url: string;
  readonly identity: HostIdentity;
  /** What this machine offers beside AWS is there too, below `/_countersign/`; absent where others reach the origin. */
  readonly machine?: { readonly timeTravel: boolean };
}

export interface StaticSite {
  readonly path: string;
  /** By their names below the path; the empty one is the path itself. */
  readonly files: ReadonlyMap<string, StaticFile>;
}

export interface StaticFile {
  /** Names in lower case. With an `etag`, whoever has the file already is told so. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Puts a site before an API, unless the API has a route there; `$default`, which takes whatever is left, is none. */
export function withSite(site: StaticSite, routes: readonly Route[], api: RequestListener): RequestListener {
  const selectRoute = createRouter(routes.filter(({ routeKey }) => routeKey !== '$default'));
  if (selectRoute('GET', site.path) !== undefined) return api;
  return (request, response) => {
    const [path = '/', query] = (request.url ?? '/').split('?', 2);
    if (path === site.path.slice(0, -1))
      return redirect(response, query === undefined ? site.path : `${site.path}?${query}`);
    if (!path.startsWith(site.path)) return api(request, response);
    return answer(site.files.get(path.slice(site.path.length)), request, response);
  };
}

function answer(file: StaticFile | undefined, { method, headers }: IncomingMessage, response: ServerResponse): void {
  if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'This is read with GET.');
  if (file === undefined) return refuse(response, 404, 'There is nothing here.');
  const { etag } = file.headers;
  const isKnown = etag !== undefined && headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : 200, { ...file.headers });
  response.end(isKnown || method === 'HEAD' ? undefined : file.body);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(308, { location });
  response.end();
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}
