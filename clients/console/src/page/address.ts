// Where somebody is, as it stands behind the `#`: no server has to know the paths of the page, be it S3 or the host.

export interface InboxPlace {
  readonly page: 'inbox';
  readonly show: 'all' | 'mine';
  readonly due: 'any' | 'today';
  readonly query: string;
}

/** What is shown of the mails: those that hold a text, such as the id of an order. */
export interface OutboxPlace {
  readonly page: 'outbox';
  readonly query: string;
}

/** What is shown of the log. */
export interface LogPlace {
  readonly page: 'log';
  readonly query: string;
  readonly level: 'info' | 'warn' | 'error';
  /** Of a function; empty for all lines. */
  readonly from: string;
}

/** A state machine, or the run of a distributed Map, and its executions. */
export interface MachinePlace {
  readonly page: 'machine' | 'map-run';
  readonly arn: string;
  /** Of the executions that are listed; empty for all of them. */
  readonly status: string;
}

export type Place =
  | InboxPlace
  | OutboxPlace
  | LogPlace
  | { readonly page: 'order'; readonly orderId: string }
  | { readonly page: 'mail'; readonly id: string }
  | { readonly page: 'time' }
  | { readonly page: 'machines' }
  | MachinePlace
  | { readonly page: 'execution'; readonly arn: string }
  | { readonly page: 'tasks' }
  | { readonly page: 'unknown' };

export const INBOX: InboxPlace = { page: 'inbox', show: 'all', due: 'any', query: '' };

export function parsePlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const given = new URLSearchParams(search);
  if (path === '') {
    return {
      page: 'inbox',
      show: given.get('show') === 'mine' ? 'mine' : 'all',
      due: given.get('due') === 'today' ? 'today' : 'any',
      query: given.get('q') ?? '',
    };
  }
  if (path === 'time' || path === 'machines' || path === 'tasks') return { page: path };
  const [, kind, arn = ''] = /^(machines|executions|map-runs)\/(.+)$/.exec(path) ?? [];
  if (kind !== undefined) return placeOfArn(kind, decoded(arn), given.get('status') ?? '');
  if (path === 'outbox') return { page: 'outbox', query: given.get('q') ?? '' };
  if (path === 'log') {
    const level = given.get('level');
    return {
      page: 'log',
      query: given.get('q') ?? '',
      level: level === 'warn' || level === 'error' ? level : 'info',
      from: given.get('from') ?? '',
    };
  }
  const [, id] = /^outbox\/([\w-]{1,80})$/.exec(path) ?? [];
  if (id !== undefined) return { page: 'mail', id };
  const [, orderId] = /^orders\/([\w-]{1,80})$/.exec(path) ?? [];
  return orderId === undefined ? { page: 'unknown' } : { page: 'order', orderId };
}

export function hashOf(place: Exclude<Place, { page: 'unknown' }>): string {
  switch (place.page) {
    case 'order':
      return `#/orders/${place.orderId}`;
    case 'mail':
      return `#/outbox/${place.id}`;
    case 'time':
    case 'machines':
    case 'tasks':
      return `#/${place.page}`;
    case 'machine':
      return withQuery(`machines/${encoded(place.arn)}`, { status: place.status });
    case 'execution':
      return `#/executions/${encoded(place.arn)}`;
    case 'map-run':
      return withQuery(`map-runs/${encoded(place.arn)}`, { status: place.status });
    case 'outbox':
      return withQuery('outbox', { q: place.query });
    case 'log':
      return withQuery('log', {
        q: place.query,
        level: place.level === 'info' ? '' : place.level,
        from: place.from,
      });
    case 'inbox': {
      const { show, due, query } = place;
      return withQuery('', { show: show === 'all' ? '' : show, due: due === 'any' ? '' : due, q: query });
    }
  }
}

function placeOfArn(kind: string, arn: string | undefined, status: string): Place {
  if (arn === undefined || !arn.startsWith('arn:')) return { page: 'unknown' };
  if (kind === 'executions') return { page: 'execution', arn };
  return { page: kind === 'machines' ? 'machine' : 'map-run', arn, status };
}

/** The colons and slashes of an ARN may stand in an address as they are; a name may have any letter. */
function encoded(arn: string): string {
  return encodeURIComponent(arn).replaceAll('%3A', ':').replaceAll('%2F', '/');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Leaves out what is as it is by itself. */
function withQuery(path: string, given: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ''));
  return query.size === 0 ? `#/${path}` : `#/${path}?${query.toString()}`;
}
