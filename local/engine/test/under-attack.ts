import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsSinceNow, watchTurns } from '../../../tests/effort.ts';
import { createJsonataEvaluator, memoryExecutionStore, openEngine, type ExecutionDescription } from '../src/index.ts';

export interface Attack {
  readonly definition: object;
  /** JSON text. Default `{}`. */
  readonly input?: string;
  /** Ends it after so long, for those that have no end of their own within a test's time. Default 30,000. */
  readonly stopAfterMs?: number;
}

export interface Damage {
  readonly end: ExecutionDescription;
  readonly lastEventId: number;
  /** The longest that the event loop stood still, as of `watchTurns`: computing, whatever else the machine did. */
  readonly lagMs: number;
  /**
   * The most that this thread computed while one execution of somebody else's ran, of those that were started meanwhile one
   * after the other.
   */
  readonly neighbourMs: number;
  readonly neighbours: number;
  /** By which the process has grown, in MiB. */
  readonly grownMiB: number;
}

const roleArn = 'arn:aws:iam::000000000000:role/r';
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:work';

/** What everybody else does: two states and a call. */
const neighbour = {
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Next: 'Work' },
    Work: { Type: 'Task', Resource: lambda, End: true },
  },
};

/** Runs one execution of a hostile definition by the wall clock, with executions of another state machine beside it. */
export async function attack({ definition, input = '{}', stopAfterMs = 30_000 }: Attack): Promise<Damage> {
  const evaluator = createJsonataEvaluator();
  const engine = openEngine({
    store: memoryExecutionStore(),
    taskHandler: () => Promise.resolve({ output: {} }),
    evaluator: (request, key) => evaluator.evaluate(request, key),
    region: 'us-east-1',
    accountId: '000000000000',
  });
  const create = async (name: string, made: object): Promise<string> =>
    (await engine.createStateMachine({ name, definition: JSON.stringify(made), roleArn })).stateMachineArn;
  const ended = async (executionArn: string): Promise<ExecutionDescription> => {
    for (;;) {
      const description = engine.describeExecution(executionArn);
      if (description.status !== 'RUNNING') return description;
      await sleep(1);
    }
  };
  const quiet = await create('quiet', neighbour);
  const hostile = await create('hostile', definition);
  const rssBefore = process.memoryUsage().rss;
  // A definition is read when it is first run.
  const turns = watchTurns();
  let neighbourMs = 0;
  let neighbours = 0;
  let grown = 0;
  const beganAtMs = performance.now();
  const { executionArn } = await engine.startExecution({ stateMachineArn: hostile, input });
  while (engine.describeExecution(executionArn).status === 'RUNNING') {
    if (performance.now() - beganAtMs > stopAfterMs) await engine.stopExecution({ executionArn });
    const computedMs = cpuMsSinceNow();
    await ended((await engine.startExecution({ stateMachineArn: quiet })).executionArn);
    neighbourMs = Math.max(neighbourMs, computedMs());
    neighbours++;
    grown = Math.max(grown, process.memoryUsage().rss - rssBefore);
    await sleep(5);
  }
  const { longestMs: lagMs, inStandardMs } = turns.end();
  const { eventsText } = engine.getExecutionHistory({ executionArn, maxResults: 1, reverseOrder: true });
  const [last] = JSON.parse(eventsText) as { id: number }[];
  const end = engine.describeExecution(executionArn);
  await engine.close();
  await evaluator.close();
  return {
    end,
    lastEventId: last?.id ?? 0,
    lagMs,
    neighbourMs: inStandardMs(neighbourMs),
    neighbours,
    grownMiB: grown / 2 ** 20,
  };
}
