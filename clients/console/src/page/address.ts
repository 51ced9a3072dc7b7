// Where somebody is, as it stands behind the `#`: no server has to know the paths of the page, be it S3 or the host.

export interface InboxPlace {
  readonly page: 'inbox';
  readonly show: 'all' | 'mine';
  readonly due: 'any' | 'today';
  readonly query: string;
}

export type Place = InboxPlace | { readonly page: 'order'; readonly orderId: string } | { readonly page: 'unknown' };

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
  const [, orderId] = /^orders\/([\w-]{1,80})$/.exec(path) ?? [];
  return orderId === undefined ? { page: 'unknown' } : { page: 'order', orderId };
}

export function hashOf(place: Exclude<Place, { page: 'unknown' }>): string {
  if (place.page === 'order') return `#/orders/${place.orderId}`;
  const { show, due, query } = place;
  const filter = new URLSearchParams({
    ...(show !== 'all' && { show }),
    ...(due !== 'any' && { due }),
    ...(query !== '' && { q: query }),
  });
  return filter.size === 0 ? '#/' : `#/?${filter.toString()}`;
}
