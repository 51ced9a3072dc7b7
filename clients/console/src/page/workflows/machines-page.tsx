import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { problemText } from '../api.ts';
import type { Problem } from '../orders.ts';
import { poll } from '../polling.ts';
import { now } from '../state.ts';
import { FindExecution } from './find-execution.tsx';
import { Sparkline } from './sparkline.tsx';
import { STATUS_WORDS } from './status.tsx';
import type { ExecutionStatus, MachineItem, Machines } from './workflow.ts';
import { listMachines } from './workflow-api.ts';

/** Every state machine of this machine, with how its executions go. */
export function MachinesPage() {
  const found = useSignal<Machines | undefined>(undefined);
  const older = useSignal<Machines | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const polling = poll(
      async (signal) => {
        const asked = await listMachines(undefined, signal);
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk && JSON.stringify(asked.body) !== JSON.stringify(found.value)) found.value = asked.body;
        return asked.isOk;
      },
      ['executions'],
    );
    return () => polling.stop();
  }, []);

  async function showOlder(token: string): Promise<void> {
    const asked = await listMachines(token);
    problem.value = asked.isOk ? undefined : asked.problem;
    if (asked.isOk)
      older.value = { ...asked.body, machines: [...(older.value?.machines ?? []), ...asked.body.machines] };
  }

  const newest = found.value;
  if (newest === undefined) {
    const refusal = problem.value?.status === 0 ? undefined : problem.value;
    return refusal ? <p class="wrong">{problemText(refusal)}</p> : <p role="status">Loading …</p>;
  }
  const machines = [...newest.machines, ...(older.value?.machines ?? [])];
  const nextToken = older.value === undefined ? newest.nextToken : older.value.nextToken;
  if (machines.length === 0) {
    return (
      <div class="empty">
        <h2>No state machine yet</h2>
        <p>Those of the app show here, and whatever is created with CreateStateMachine.</p>
      </div>
    );
  }
  return (
    <>
      <FindExecution />
      <ul class="machines">
        {machines.map((machine) => (
          <Row key={machine.stateMachineArn} machine={machine} countedMax={newest.countedMax} />
        ))}
      </ul>
      {nextToken !== undefined && (
        <button type="button" onClick={() => void showOlder(nextToken)}>
          Show more
        </button>
      )}
    </>
  );
}

const COUNTED: readonly ExecutionStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

function Row({ machine, countedMax }: { machine: MachineItem; countedMax: number }) {
  const { stateMachineArn: arn, name, type, counts, recent } = machine;
  const minute = useComputed(() => Math.floor(now.value / 60_000) * 60_000 + 60_000);
  return (
    <li class="row">
      <a href={hashOf({ page: 'machine', arn, status: '' })} class="what">
        <strong>{name}</strong>
        <span class="soft">{type === 'EXPRESS' ? 'Express: executions are not kept' : 'Standard'}</span>
      </a>
      <ul class="counts">
        {COUNTED.filter((status) => (counts[status] ?? 0) > 0).map((status) => (
          <li key={status}>
            <a href={hashOf({ page: 'machine', arn, status })} class={`run-${status.toLowerCase()}`}>
              {countText(counts[status] ?? 0, countedMax)} {STATUS_WORDS[status].toLowerCase()}
            </a>
          </li>
        ))}
      </ul>
      {type === 'STANDARD' && <Sparkline recent={recent} nowMs={minute.value} />}
    </li>
  );
}

function countText(count: number, max: number): string {
  return count >= max ? `${max.toLocaleString()}+` : count.toLocaleString();
}
