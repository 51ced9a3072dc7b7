import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../orders.ts';
import { type Polling, poll } from '../polling.ts';
import { type AskHistory, filled, type LoadedHistory, NOTHING, refreshed } from './history.ts';
import type { ExecutionDescription, HistoryPage, MachineDescription, WaitingTask } from './workflow.ts';
import { askStates, listTasks } from './workflow-api.ts';

/** What a page shows of an execution, kept up to date for as long as it is shown. */
export interface ExecutionState {
  readonly execution: Signal<ExecutionDescription | undefined>;
  readonly machine: Signal<MachineDescription | undefined>;
  readonly history: Signal<LoadedHistory>;
  readonly tasks: Signal<readonly WaitingTask[]>;
  readonly problem: Signal<Problem | undefined>;
  readonly soon: () => void;
  /** Reads more of the history between its two ends. */
  readonly fill: () => Promise<void>;
}

/** @param executionArn undefined as long as nobody knows it: then nothing is asked */
export function useExecution(executionArn: string | undefined): ExecutionState {
  const execution = useSignal<ExecutionDescription | undefined>(undefined);
  const machine = useSignal<MachineDescription | undefined>(undefined);
  const history = useSignal<LoadedHistory>(NOTHING);
  const tasks = useSignal<readonly WaitingTask[]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    if (executionArn === undefined) return undefined;
    execution.value = undefined;
    machine.value = undefined;
    history.value = NOTHING;
    tasks.value = [];
    polling.current = poll(
      async (signal) => {
        const described = await askStates<ExecutionDescription>('DescribeExecution', { executionArn }, signal);
        if (signal.aborted) return true;
        problem.value = described.isOk ? undefined : described.problem;
        if (!described.isOk) return false;
        machine.value ??= await definitionOf(executionArn, signal);
        const read = await refreshed(history.value, historyOf(executionArn, signal));
        const isRunning = described.body.status === 'RUNNING';
        const waiting = isRunning ? await listTasks({ executionArn }, signal) : undefined;
        if (signal.aborted) return true;
        if (read.isOk) history.value = read.body;
        setIfOther(tasks, waiting?.isOk === true ? waiting.body.tasks : []);
        setIfOther(execution, described.body);
        return read.isOk;
      },
      ['executions'],
    );
    return () => polling.current?.stop();
  }, [executionArn]);
  return {
    execution,
    machine,
    history,
    tasks,
    problem,
    soon: () => polling.current?.soon(),
    async fill() {
      if (executionArn === undefined) return;
      const more = await filled(history.value, historyOf(executionArn));
      if (more.isOk) history.value = more.body;
      else problem.value = more.problem;
    },
  };
}

function historyOf(executionArn: string, signal?: AbortSignal): AskHistory {
  return (request) => askStates<HistoryPage>('GetExecutionHistory', { executionArn, ...request }, signal);
}

async function definitionOf(executionArn: string, signal: AbortSignal): Promise<MachineDescription | undefined> {
  const found = await askStates<MachineDescription>('DescribeStateMachineForExecution', { executionArn }, signal);
  return found.isOk ? found.body : undefined;
}

/** What is the same is not drawn again, and keeps what was folded and typed. */
function setIfOther<T>(held: Signal<T>, next: T): void {
  if (JSON.stringify(held.value) !== JSON.stringify(next)) held.value = next;
}
