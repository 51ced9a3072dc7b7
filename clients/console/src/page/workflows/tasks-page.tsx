import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { problemText } from '../api.ts';
import type { Answered, Problem } from '../orders.ts';
import { type Polling, poll } from '../polling.ts';
import { TaskList } from './tasks.tsx';
import type { WaitingTask, WaitingTasks } from './workflow.ts';
import { listTasks } from './workflow-api.ts';

/** Whatever waits for somebody's answer, of any workflow. */
export function TasksPage() {
  const found = useSignal<WaitingTasks | undefined>(undefined);
  const pages = useSignal(1);
  const problem = useSignal<Problem | undefined>(undefined);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    polling.current = poll(
      async (signal) => {
        const asked = await firstPages(pages.value, signal);
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk && JSON.stringify(asked.body) !== JSON.stringify(found.value)) found.value = asked.body;
        return asked.isOk;
      },
      ['executions'],
    );
    return () => polling.current?.stop();
  }, []);

  const first = found.value;
  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  if (first === undefined) {
    return refusal ? <p class="wrong">{problemText(refusal)}</p> : <p role="status">Loading …</p>;
  }
  const { tasks, nextToken } = first;
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
        <button
          type="button"
          onClick={() => {
            pages.value += 1;
            polling.current?.soon();
          }}
        >
          Show more
        </button>
      )}
    </>
  );
}

/** Read anew as a whole: what was answered meanwhile moves the pages. */
async function firstPages(count: number, signal: AbortSignal): Promise<Answered<WaitingTasks>> {
  const tasks: WaitingTask[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < count; page += 1) {
    const asked = await listTasks(nextToken === undefined ? {} : { nextToken }, signal);
    if (!asked.isOk) return asked;
    tasks.push(...asked.body.tasks);
    ({ nextToken } = asked.body);
    if (nextToken === undefined) break;
  }
  return { isOk: true, body: { tasks, ...(nextToken !== undefined && { nextToken }) } };
}
