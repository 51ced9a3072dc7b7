import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { Instant } from '../instants.tsx';
import { poll } from '../polling.ts';
import { useExecution } from './execution-state.ts';
import { GraphView } from './graph-view.tsx';
import { loadedEvents } from './history.ts';
import { durationText } from './instants.ts';
import { StatePanel, VISIT_WORDS } from './state-panel.tsx';
import { journeyOf, type Visit } from './visits.ts';
import { findExecutions } from './workflow-api.ts';

/**
 * The workflow of an order, beside what people did: the execution that bears the order's id. Where that is not known, as on AWS,
 * only what people did is shown.
 */
export function OrderWorkflow({ orderId, people }: { orderId: string; people: ComponentChildren }) {
  const arn = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const polling = poll(
      async (signal) => {
        const found = await findExecutions(orderId, signal);
        if (!found.isOk || signal.aborted) return false;
        const [only, ...others] = found.body.executions;
        // Where several workflows have one of this name, nobody knows which is the order's.
        if (only === undefined || others.length > 0) return true;
        arn.value = only.executionArn;
        polling.stop();
        return true;
      },
      ['executions'],
    );
    return () => polling.stop();
  }, [orderId]);
  const { execution, machine, history } = useExecution(arn.value);
  const status = execution.value?.status ?? 'RUNNING';
  const journey = useMemo(() => journeyOf(loadedEvents(history.value), status), [history.value, status]);
  const selected = useSignal<string | undefined>(undefined);
  const isKnown = arn.value !== undefined && machine.value !== undefined;
  return (
    <>
      <div class={isKnown ? 'sides' : ''}>
        <div>{people}</div>
        {isKnown && <States visits={journey.visits} />}
      </div>
      {arn.value !== undefined && machine.value !== undefined && (
        <section aria-label="Workflow">
          <h2>Workflow</h2>
          <GraphView
            definition={machine.value.definition}
            journey={journey}
            selected={selected.value}
            onSelect={(state) => (selected.value = state)}
          />
          <p>
            <a href={hashOf({ page: 'execution', arn: arn.value })}>All of its execution</a>
          </p>
          {selected.value !== undefined && (
            <StatePanel state={selected.value} definition={machine.value.definition} visits={journey.visits} />
          )}
        </section>
      )}
    </>
  );
}

/** What the workflow did, as the record tells what people did. */
function States({ visits }: { visits: readonly Visit[] }) {
  return (
    <section aria-label="What the workflow did">
      <h2>What the workflow did</h2>
      <ol class="timeline">
        {visits.map((visit) => (
          <li key={visit.eventId}>
            <strong>{visit.state}</strong>{' '}
            <span class={`visit-${visit.status.replace(' ', '-')}`}>{VISIT_WORDS[visit.status].toLowerCase()}</span>
            {visit.attempts > 1 && ` after ${visit.attempts} attempts`}
            <span class="soft">
              <Instant at={new Date(visit.enteredAtMs).toISOString()} />
              {visit.leftAtMs !== undefined && `, ${durationText(visit.leftAtMs - visit.enteredAtMs)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
