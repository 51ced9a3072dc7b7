import { computed, signal, useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf, type LogPlace } from './address.ts';
import { problemText } from './api.ts';
import { DataView } from './data-view.tsx';
import { matching, shortName, shownLine, type HostLine, type ShownLine } from './log-lines.ts';
import { askMachine } from './machine.ts';
import type { Problem } from './orders.ts';
import { poll } from './polling.ts';
import { now } from './state.ts';
import { nameInArn } from './timer-words.ts';

/** As many as the host keeps. */
const LINES_MAX = 2_000;
/** A browser shows so many without effort; what is older is found by the filter. */
const SHOWN_MAX = 300;

interface Page {
  readonly lines: readonly HostLine[];
  readonly last: number;
  readonly isAll: boolean;
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const today = computed(() => DAY.format(now.value));

/** Kept between two visits, as is what was read last: nothing is read twice. */
const lines = signal<readonly ShownLine[] | undefined>(undefined);
let last: number | undefined;

/** What functions and the host say, as they say it; the newest first. */
export function LogPage({ place }: { place: LogPlace }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const isPaused = useSignal(false);
  const held = useSignal<readonly ShownLine[]>([]);
  useEffect(() => {
    const polling = poll(
      async (aborted) => {
        const asked = await readOn(aborted);
        if (!aborted.aborted) problem.value = asked;
        return asked === undefined;
      },
      ['log'],
    );
    return () => polling.stop();
  }, []);
  const functions = useComputed(() => [...new Set(lines.value?.map(({ from }) => from))].filter(Boolean).sort());

  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  if (lines.value === undefined)
    return refusal ? <p class="wrong">{problemText(refusal)}</p> : <p role="status">Loading …</p>;
  const from = isPaused.value ? held.value : lines.value;
  const found = matching(from, place, SHOWN_MAX);
  // Time may have travelled since.
  const isOfToday = found.every(({ at }) => DAY.format(Date.parse(at)) === today.value);
  const change = (to: Partial<LogPlace>) => location.replace(hashOf({ ...place, ...to }));
  return (
    <>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label="Search in the log"
          placeholder="An order, an event, a word"
          value={place.query}
          onInput={({ currentTarget }) => change({ query: currentTarget.value })}
        />
        <label>
          <span class="unseen">Level</span>
          <select
            value={place.level}
            onChange={({ currentTarget: { value } }) =>
              change({ level: value === 'warn' || value === 'error' ? value : 'info' })
            }
          >
            <option value="info">All levels</option>
            <option value="warn">Warnings and errors</option>
            <option value="error">Errors</option>
          </select>
        </label>
        <label>
          <span class="unseen">From</span>
          <select value={place.from} onChange={({ currentTarget }) => change({ from: currentTarget.value })}>
            <option value="">All functions and the host</option>
            {/* One that has said nothing yet may stand in the address. */}
            {[...new Set([...functions.value, place.from])].filter(Boolean).map((name) => (
              <option key={name} value={name}>
                {shortName(name)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          aria-pressed={isPaused.value}
          onClick={() => {
            held.value = lines.value ?? [];
            isPaused.value = !isPaused.value;
          }}
        >
          {isPaused.value ? 'Go on' : 'Pause'}
        </button>
      </form>
      {found.length === 0 && (
        <p class="soft">{from.length === 0 ? 'Nothing was said yet.' : 'No line fits the filter.'}</p>
      )}
      <ol class="log" aria-label="Lines, the newest first">
        {found.map((line) => (
          <Line key={line.sequence} line={line} hasDay={!isOfToday} />
        ))}
      </ol>
      {found.length === SHOWN_MAX && <p class="soft">These are the newest {SHOWN_MAX}. A filter finds older ones.</p>}
    </>
  );
}

function Line({ line: { at, level, from, said, facts }, hasDay }: { line: ShownLine; hasDay: boolean }) {
  const isOpen = useSignal(false);
  const brief = Object.entries(facts).filter(([name, value]) => typeof value !== 'object' && !IN_DETAIL.test(name));
  return (
    <li>
      <details class={level} onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
        <summary>
          <time dateTime={at}>
            {hasDay && `${DAY.format(Date.parse(at))}, `}
            {TIME.format(Date.parse(at))}
          </time>{' '}
          <span class="from" title={from}>
            {from === '' ? 'host' : shortName(from)}
          </span>{' '}
          {level !== 'info' && <b>{LEVEL_WORDS[level]} </b>}
          <span class="said">{said.slice(0, 500)}</span> <span class="soft">{brief.map(briefly).join(' ')}</span>
        </summary>
        {/* Of hundreds of lines hardly any is looked into. */}
        {isOpen.value && (
          <>
            {said.length > 500 && <pre>{said}</pre>}
            {typeof facts['executionArn'] === 'string' && (
              <p>
                <a href={hashOf({ page: 'execution', arn: facts['executionArn'] })}>Its execution</a>
              </p>
            )}
            <DataView value={{ at, from: from === '' ? 'the host' : from, ...facts }} />
          </>
        )}
      </details>
    </li>
  );
}

/** What a report of Lambda says beside how it ended, and how long it took. */
const IN_DETAIL = /^(?:billedDurationMs|memorySizeMb|maxMemoryUsedMb|eventId)$/;
/** An ARN by what it ends with: a reader knows the rest. */
function briefly([name, value]: readonly [string, unknown]): string {
  const text = String(value);
  return name.endsWith('Arn') ? `${name.slice(0, -3)}=${nameInArn(text)}` : `${name}=${text.slice(0, 120)}`;
}

const LEVEL_WORDS = { warn: 'Warning', error: 'Error' } as const;
/** Reads what was said since. @returns why it could not */
async function readOn(aborted: AbortSignal): Promise<Problem | undefined> {
  for (;;) {
    const path = last === undefined ? 'log' : `log?after=${last}`;
    const asked = await askMachine<Page>('GET', path, undefined, aborted);
    if (aborted.aborted) return undefined;
    if (!asked.isOk) return asked.problem;
    last = asked.body.last;
    const more = asked.body.lines.map(shownLine).filter((line) => line !== undefined);
    if (more.length > 0 || lines.value === undefined) lines.value = [...(lines.value ?? []), ...more].slice(-LINES_MAX);
    if (asked.body.isAll) return undefined;
  }
}
