import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { EventDetailsView, subjectOf } from './event-details.tsx';
import { eventCount, gapOf, type LoadedHistory, loadedEvents, MORE_EVENTS } from './history.ts';
import { durationText } from './instants.ts';
import type { HistoryEvent } from './workflow.ts';

/** Rows on the page at once: many more, and a browser is slow to fold and to scroll. */
const ROWS = 100;

interface EventsTableProps {
  history: LoadedHistory;
  startMs: number;
  onFill: () => Promise<void>;
}

/** Every event that was read, page by page, each with all that it holds. */
export function EventsTable({ history, startMs, onFill }: EventsTableProps) {
  const query = useSignal('');
  const page = useSignal(0);
  const isReading = useSignal(false);
  const events = loadedEvents(history);
  const wanted = query.value.trim().toLowerCase();
  const found = useMemo(
    () => (wanted === '' ? events : events.filter((event) => JSON.stringify(event).toLowerCase().includes(wanted))),
    [history, wanted],
  );
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  const at = Math.min(page.value, pages - 1);
  const rows = found.slice(at * ROWS, (at + 1) * ROWS);
  const gap = gapOf(history);
  const gapAfter = history.head.at(-1)?.id;

  async function fill(): Promise<void> {
    isReading.value = true;
    await onFill();
    isReading.value = false;
  }

  return (
    <section aria-label="Events">
      <h2>
        Events <span class="count">{eventCount(history).toLocaleString()}</span>
      </h2>
      <div class="filter" role="search">
        <input
          type="search"
          aria-label="Search in events"
          placeholder="A type, a state, anything within"
          value={query.value}
          onInput={({ currentTarget }) => {
            query.value = currentTarget.value;
            page.value = 0;
          }}
        />
        {gap > 0 && (
          <span class="soft">
            {`${gap.toLocaleString()} events between are not read yet.`}{' '}
            <button type="button" class="small" disabled={isReading.value} onClick={() => void fill()}>
              {`Read ${Math.min(gap, MORE_EVENTS)} more`}
            </button>
          </span>
        )}
      </div>
      {wanted !== '' && <p class="soft" role="status">{`${found.length} of ${events.length} events that were read`}</p>}
      <ol class="events">
        {rows.map((event) => (
          <li key={event.id}>
            <Row event={event} startMs={startMs} />
            {gap > 0 && event.id === gapAfter && wanted === '' && (
              <p class="gap">{`… ${gap.toLocaleString()} events …`}</p>
            )}
          </li>
        ))}
      </ol>
      {pages > 1 && (
        <p class="actions" role="group" aria-label="Pages of events">
          {(
            [
              ['First', 0],
              ['Previous', at - 1],
              ['Next', at + 1],
              ['Last', pages - 1],
            ] as const
          ).map(([label, to]) => (
            <button
              key={label}
              type="button"
              disabled={to < 0 || to >= pages || to === at}
              onClick={() => (page.value = to)}
            >
              {label}
            </button>
          ))}
          <span class="soft" role="status">{`${rows[0]?.id ?? 0} to ${rows.at(-1)?.id ?? 0}`}</span>
        </p>
      )}
    </section>
  );
}

function Row({ event, startMs }: { event: HistoryEvent; startMs: number }) {
  const isOpen = useSignal(false);
  const { id, type, timestamp } = event;
  const tone = /Failed|TimedOut|Aborted/.test(type) ? 'wrong' : '';
  return (
    <details onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>
        <span class="event-id">{id}</span>
        <span class={`event-type ${tone}`}>{type}</span>
        <span class="event-subject soft">{subjectOf(event)}</span>
        <time class="soft" dateTime={new Date(timestamp * 1000).toISOString()}>
          {`+${durationText(timestamp * 1000 - startMs)}`}
        </time>
      </summary>
      {isOpen.value && <EventDetailsView event={event} />}
    </details>
  );
}
