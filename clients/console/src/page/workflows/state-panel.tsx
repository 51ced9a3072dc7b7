import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { durationText } from './instants.ts';
import { statesOf } from './graph-model.ts';
import { JsonView } from './json-view.tsx';
import type { Visit } from './visits.ts';

interface StatePanelProps {
  state: string;
  definition: string;
  visits: readonly Visit[];
}

/** One state of an execution: what came in, what went out, what went wrong, and how it was written. */
export function StatePanel({ state, definition, visits }: StatePanelProps) {
  const own = visits.filter((visit) => visit.state === state);
  const states = useMemo(() => statesOf(definition), [definition]);
  const written = states.get(state);
  const place = useSignal<{ readonly state: string; readonly index: number } | undefined>(undefined);
  const index = place.value?.state === state ? place.value.index : own.length - 1;
  const visit = own[index];
  return (
    <section class="panel" aria-label={`State ${state}`}>
      <h2>{state}</h2>
      {own.length > 1 && (
        <p class="actions">
          <button
            type="button"
            class="small"
            disabled={index === 0}
            onClick={() => (place.value = { state, index: index - 1 })}
          >
            Earlier
          </button>
          <span>{`${index + 1} of ${own.length} times`}</span>
          <button
            type="button"
            class="small"
            disabled={index >= own.length - 1}
            onClick={() => (place.value = { state, index: index + 1 })}
          >
            Later
          </button>
        </p>
      )}
      {visit === undefined ? <p class="soft">It was not entered.</p> : <Visited visit={visit} />}
      {written && <JsonView key={state} label="As it is written" text={JSON.stringify(written)} />}
    </section>
  );
}

function Visited({ visit }: { visit: Visit }) {
  const { status, attempts, errors, input, output, enteredAtMs, leftAtMs } = visit;
  return (
    <>
      <p class="facts">
        <span class={`status visit-${status.replace(' ', '-')}`}>{VISIT_WORDS[status]}</span>
        {leftAtMs !== undefined && <span>{durationText(leftAtMs - enteredAtMs)}</span>}
        {attempts > 1 && <span>{`${attempts} attempts`}</span>}
      </p>
      {errors.map(({ error, cause }, place) => (
        <details key={place} class="failure" open={place === errors.length - 1}>
          <summary>
            {errors.length > 1 && `Attempt ${place + 1}: `}
            {error}
          </summary>
          {cause !== '' && <JsonView label="Cause" text={cause} />}
        </details>
      ))}
      {input !== undefined && <JsonView key={`in ${visit.eventId}`} label="Input" text={input} />}
      {output !== undefined && <JsonView key={`out ${visit.eventId}`} label="Output" text={output} />}
    </>
  );
}

export const VISIT_WORDS: Readonly<Record<Visit['status'], string>> = {
  running: 'Running',
  waiting: 'Waits',
  succeeded: 'Succeeded',
  caught: 'Caught an error',
  failed: 'Failed',
  'timed out': 'Timed out',
  aborted: 'Aborted',
};
