import type { IncomingMessage, RequestListener } from 'node:http';
import { refuse, schemeOf } from '../http-server.ts';

// What this machine offers beside AWS: at its AWS endpoint for command lines, and at the origin of pages for those.

export const OWN_PATH = '/_countersign/';

/** By the first part of the path below {@link OWN_PATH}, up to a slash or a dot. */
export type OwnServices = ReadonlyMap<string, RequestListener>;

export function findOwn(own: OwnServices, path: string): RequestListener | undefined {
  if (!path.startsWith(OWN_PATH)) return undefined;
  const [name = ''] = path.slice(OWN_PATH.length).split(/[.\/]/v, 1);
  return own.get(name);
}

/**
 * Puts them before what else is at the origin of the pages. Only those pages may use them, and whoever is no page. Their server
 * has to be one that nobody but this machine reaches.
 */
export function withOwnRequests(own: OwnServices, rest: RequestListener): RequestListener {
  return (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (!path.startsWith(OWN_PATH)) return rest(request, response);
    const service = findOwn(own, path);
    if (service === undefined) return refuse(response, 404, 'NotFound', 'There is nothing here.');
    if (isFromThere(request) || isVisit(request)) return service(request, response);
    return refuse(response, 403, 'AccessDeniedException', 'Pages from elsewhere have no access.');
  };
}

/** Browsers say where a page is from, and no page can have them say otherwise. */
function isFromThere({ headers, socket }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && origin !== `${schemeOf(socket)}://${host}`) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

/**
 * Somebody follows a link from another page to one that is made to be looked at: the outbox. The page that has the link can
 * read nothing of it, and looking changes nothing.
 */
export function isVisit({ method, url = '', headers }: IncomingMessage): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    /^\/_countersign\/outbox(?:[\/?]|$)/v.test(url) &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}
