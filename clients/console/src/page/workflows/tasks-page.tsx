import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { problemText } from '../api.ts';
import type { Problem } from '../orders.ts';
import { type Polling, poll } from '../polling.ts';
import { TaskList } from './tasks.tsx';
import type { WaitingTasks } from './workflow.ts';
import { listTasks } from './workflow-api.ts';

/** Whatever waits for somebody's answer, of any workflow. */
export function TasksPage() {
  const found = useSignal<WaitingTasks | undefined>(undefined);
  const more = useSignal<WaitingTasks | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    polling.current = poll(
      async (signal) => {
        const asked = await listTasks({}, signal);
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk && JSON.stringify(asked.body) !== JSON.stringify(found.value)) {
          found.value = asked.body;
          more.value = undefined;
        }
        return asked.isOk;
      },
      ['executions'],
    );
    return () => polling.current?.stop();
  }, []);

  async function showMore(nextToken: string): Promise<void> {
    const asked = await listTasks({ nextToken });
    problem.value = asked.isOk ? undefined : asked.problem;
    if (asked.isOk) more.value = { ...asked.body, tasks: [...(more.value?.tasks ?? []), ...asked.body.tasks] };
  }

  const first = found.value;
  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  if (first === undefined) {
    return refusal ? <p class="wrong">{problemText(refusal)}</p> : <p role="status">Loading …</p>;
  }
  const tasks = [...first.tasks, ...(more.value?.tasks ?? [])];
  const nextToken = more.value === undefined ? first.nextToken : more.value.nextToken;
  if (tasks.length === 0) {
    return (
      <div class="empty">
        <h2>Nothing waits</h2>
        <p>A task that has its token given away, or that a worker of its activity is to do, shows up here by itself.</p>
      </div>
    );
  }
  return (
    <>
      <p class="soft">
        Tasks of any workflow that wait for an answer. An order is better decided in the <a href="#/">inbox</a>, where
        it is recorded who did.
      </p>
      {refusal && <p class="wrong">{problemText(refusal)}</p>}
      <TaskList tasks={tasks} showsExecution whenDone={() => polling.current?.soon()} />
      {nextToken !== undefined && (
        <button type="button" onClick={() => void showMore(nextToken)}>
          Show more
        </button>
      )}
    </>
  );
}
