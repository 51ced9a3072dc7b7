import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  type Engine,
  type EngineOptions,
  type TaskCall,
  type TaskResult,
} from '../src/index.ts';

export const WHERE = { region: 'us-east-1', accountId: '000000000000' };

/** An engine whose tasks are answered by a function of their name and parameters. */
export interface MapBench {
  readonly engine: Engine;
  readonly clock: SteppedClock;
  readonly calls: TaskCall[];
  readonly machine: string;
}

export async function mapBench(
  definition: object,
  answer: (call: TaskCall) => TaskResult | Promise<TaskResult>,
  options: Partial<EngineOptions> = {},
): Promise<MapBench> {
  const bench = openBench(answer, options);
  const { stateMachineArn } = await bench.engine.createStateMachine({
    name: 'm',
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::000000000000:role/r',
  });
  return { ...bench, machine: stateMachineArn };
}

export function openBench(
  answer: (call: TaskCall) => TaskResult | Promise<TaskResult>,
  options: Partial<EngineOptions> = {},
): Omit<MapBench, 'machine'> {
  const calls: TaskCall[] = [];
  const clock = new SteppedClock();
  const engine = openEngine({
    store: memoryExecutionStore(),
    clock,
    entropy: seededEntropy(1),
    ...WHERE,
    ...options,
    taskHandler: async (call) => {
      calls.push(call);
      return await answer(call);
    },
  });
  return { engine, clock, calls };
}

/** Turns the event loop until the execution has ended, without any time going by. */
export async function ended(engine: Engine, executionArn: string): Promise<ReturnType<Engine['describeExecution']>> {
  for (let turn = 0; turn < 200_000; turn++) {
    const description = engine.describeExecution(executionArn);
    if (description.status !== 'RUNNING') return description;
    await nextTurn();
  }
  throw new Error(`${executionArn} does not end`);
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (isSo()) return;
    await nextTurn();
  }
  throw new Error('what was waited for did not come');
}

export function typesOf(engine: Engine, executionArn: string): string[] {
  return eventsOf(engine, executionArn).map(({ type }) => type);
}

export function eventsOf(
  engine: Engine,
  executionArn: string,
): { id: number; previousEventId: number; type: string; [member: string]: unknown }[] {
  return JSON.parse(engine.getExecutionHistory({ executionArn, maxResults: 1000 }).eventsText) as ReturnType<
    typeof eventsOf
  >;
}

export const task = (name: string, more: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
  ...more,
});

/** One state, a distributed Map whose items are each given to the task `Work`. */
export function distributed(more: object = {}, work: object = { End: true }): object {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Work',
    States: { Work: task('work', work) },
  };
  return { StartAt: 'Each', States: { Each: { Type: 'Map', ItemProcessor, End: true, ...more } } };
}
