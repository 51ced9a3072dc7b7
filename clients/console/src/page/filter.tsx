import { hashOf, type InboxPlace } from './address.ts';

/** Stands in the address, so that a bookmark is a saved filter. */
export function Filter({ place }: { place: InboxPlace }) {
  // Typing is one step back and not many.
  const change = (to: Partial<InboxPlace>) => location.replace(hashOf({ ...place, ...to }));
  return (
    <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
      <input
        id="search"
        type="search"
        aria-label="Search"
        placeholder="Search"
        value={place.query}
        onInput={({ currentTarget }) => change({ query: currentTarget.value })}
      />
      <label>
        <input
          type="checkbox"
          checked={place.show === 'mine'}
          onChange={({ currentTarget }) => change({ show: currentTarget.checked ? 'mine' : 'all' })}
        />
        Only mine
      </label>
      <label>
        <input
          type="checkbox"
          checked={place.due === 'today'}
          onChange={({ currentTarget }) => change({ due: currentTarget.checked ? 'today' : 'any' })}
        />
        Due within a day
      </label>
    </form>
  );
}
