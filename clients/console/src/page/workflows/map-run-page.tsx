import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf, type MachinePlace } from '../address.ts';
import { problemText } from '../api.ts';
import type { Problem } from '../orders.ts';
import { poll } from '../polling.ts';
import { readable } from '../words.ts';
import { ExecutionList } from './execution-list.tsx';
import type { MapRunDescription } from './workflow.ts';
import { askStates, nameOf } from './workflow-api.ts';

/** The run of a distributed Map: how far it is, and the executions that its items run in. */
export function MapRunPage({ place }: { place: MachinePlace }) {
  const { arn } = place;
  const run = useSignal<(MapRunDescription & { executionArn: string }) | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const polling = poll(
      async (signal) => {
        const asked = await askStates<MapRunDescription & { executionArn: string }>(
          'DescribeMapRun',
          { mapRunArn: arn },
          signal,
        );
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk) run.value = asked.body;
        return asked.isOk;
      },
      ['executions'],
    );
    return () => polling.stop();
  }, [arn]);
  const shown = run.value;
  return (
    <>
      {shown && (
        <p>
          <a href={hashOf({ page: 'execution', arn: shown.executionArn })}>← {nameOf(shown.executionArn)}</a>
        </p>
      )}
      <h1 tabIndex={-1}>Map Run</h1>
      {problem.value && problem.value.status !== 0 && <p class="wrong">{problemText(problem.value)}</p>}
      {shown && (
        <>
          <p role="status">
            <span class={`status run-${shown.status.toLowerCase()}`}>{readable(shown.status.toLowerCase())}</span>
          </p>
          <dl class="tiles" aria-label="Items">
            {Object.entries(shown.itemCounts)
              .filter(([name, count]) => count > 0 || name === 'total')
              .map(([name, count]) => (
                <div key={name}>
                  <dt>{readable(name)}</dt>
                  <dd>{count.toLocaleString()}</dd>
                </div>
              ))}
          </dl>
          <section aria-label="Executions">
            <h2>Executions</h2>
            <ExecutionList
              of={{ mapRunArn: arn }}
              status={place.status}
              hrefOf={(status) => hashOf({ ...place, status })}
            />
          </section>
        </>
      )}
    </>
  );
}
