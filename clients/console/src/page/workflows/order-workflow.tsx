import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { Instant } from '../instants.tsx';
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
    let isCurrent = true;
    void findExecutions(orderId).then((found) => {
      // Where several workflows have one of this name, nobody knows which is the order's.
      if (isCurrent && found.isOk && found.body.executions.length === 1) {
        arn.value = found.body.executions[0]?.executionArn;
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [orderId]);
  const { execution, machine, history } = useExecution(arn.value);
  const status = execution.value?.status ?? 'RUNNING';
  const journey = useMemo(() => journeyOf(loadedEvents(history.value), status), [history.value, status]);
  const selected = useSignal<string | undefined>(undefined);
  if (arn.value === undefined || machine.value === undefined) return <>{people}</>;
  return (
    <>
      <div class="sides">
        <div>{people}</div>
        <States visits={journey.visits} />
      </div>
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
