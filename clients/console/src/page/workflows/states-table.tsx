import { useSignal } from '@preact/signals';
import { Instant } from '../instants.tsx';
import { durationText } from './instants.ts';
import { VISIT_WORDS } from './state-panel.tsx';
import type { Visit } from './visits.ts';

/** So many rows are shown at once, and so many more at each wish. */
const ROWS = 100;

interface StatesTableProps {
  visits: readonly Visit[];
  selected: string | undefined;
  onSelect: (state: string) => void;
}

/** Every time that a state was entered, in order. */
export function StatesTable({ visits, selected, onSelect }: StatesTableProps) {
  const shown = useSignal(ROWS);
  if (visits.length === 0) return null;
  const longest = Math.max(1, ...visits.map(({ enteredAtMs, leftAtMs = enteredAtMs }) => leftAtMs - enteredAtMs));
  return (
    <section aria-label="States">
      <h2>
        States <span class="count">{visits.length}</span>
      </h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="States, a table">
        <table>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Status</th>
              <th scope="col">Entered</th>
              <th scope="col">Took</th>
              <th scope="col">Attempts</th>
            </tr>
          </thead>
          <tbody>
            {visits.slice(0, shown.value).map((visit) => (
              <tr key={visit.eventId} class={visit.state === selected ? 'selected' : ''}>
                <th scope="row" class={`indent-${Math.min(visit.depth, 4)}`}>
                  <button type="button" class="link" onClick={() => onSelect(visit.state)}>
                    {visit.state}
                  </button>
                </th>
                <td>
                  <span class={`visit-${visit.status.replace(' ', '-')}`}>{VISIT_WORDS[visit.status]}</span>
                  {visit.errors.at(-1) && <span class="soft">{` ${visit.errors.at(-1)?.error}`}</span>}
                </td>
                <td>
                  <Instant at={new Date(visit.enteredAtMs).toISOString()} />
                </td>
                <td>
                  {visit.leftAtMs !== undefined && (
                    <>
                      {durationText(visit.leftAtMs - visit.enteredAtMs)}
                      <progress
                        class="bar"
                        aria-hidden="true"
                        max={longest}
                        value={visit.leftAtMs - visit.enteredAtMs}
                      />
                    </>
                  )}
                </td>
                <td>{visit.attempts > 1 ? visit.attempts : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {visits.length > shown.value && (
        <button type="button" onClick={() => (shown.value += ROWS * 5)}>
          {`Show more of ${visits.length}`}
        </button>
      )}
    </section>
  );
}
