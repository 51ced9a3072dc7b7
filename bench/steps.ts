// node scripts/run.mjs bench/steps.ts [--json]
// One execution of some 20,000 events, alone, on a file that is synced at each commit: what a step costs at its beginning, and
// what it costs when there is a long history behind it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, openExecutionStore } from '../local/engine/src/index.ts';

const EVENTS = 20_000;
const WINDOW = 2_000;
/** Each round enters and leaves a Pass, a task and a Choice: nine events, and three commits. */
const ROUNDS = Math.floor(EVENTS / 9);
const definition = {
  StartAt: 'Count',
  States: {
    Count: {
      Type: 'Pass',
      Parameters: { 'n.$': 'States.MathAdd($.n, 1)', 'order.$': '$.order' },
      Next: 'Work',
    },
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-east-1:000000000000:function:work',
      ResultPath: null,
      Next: 'More',
    },
    More: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericLessThan: ROUNDS, Next: 'Count' }], Default: 'Done' },
    Done: { Type: 'Succeed' },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'countersign-steps-'));
const { promise: ended, resolve } = Promise.withResolvers<void>();
let calls = 0;
const startedAtMs = performance.now();
/** When each task was called. */
const calledAtMs: number[] = [];
const engine = openEngine({
  store: openExecutionStore(join(folder, 'executions.sqlite')),
  region: 'us-east-1',
  accountId: '000000000000',
  taskHandler: () => {
    calls++;
    calledAtMs.push(performance.now());
    return Promise.resolve({ output: null });
  },
  log: (event) => {
    if (/^execution\.(?!started)/v.test(event)) resolve();
  },
});
try {
  const { stateMachineArn } = await engine.createStateMachine({
    name: 'steps',
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::000000000000:role/bench',
  });
  const input = JSON.stringify({ n: 0, order: 'x'.repeat(500) });
  const { executionArn } = await engine.startExecution({ stateMachineArn, name: 'one', input });
  await ended;
  const { eventsText } = engine.getExecutionHistory({ executionArn, reverseOrder: true, maxResults: 1 });
  const [last] = JSON.parse(eventsText) as { id: number }[];
  report(last?.id ?? 0);
} finally {
  await engine.close();
  rmSync(folder, { recursive: true });
}

function report(events: number): void {
  const perRound = events / calls;
  const rounds = Math.round(WINDOW / perRound);
  const windows = [0, Math.floor((calls - rounds) / 2), calls - rounds - 1].map((from) => {
    const ms = (calledAtMs[from + rounds] ?? NaN) - (calledAtMs[from] ?? NaN);
    const afterEvents = Math.round(from * perRound);
    return { afterEvents, microsecondsPerEvent: Math.round((ms * 1000) / (rounds * perRound)) };
  });
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ events, windows, seconds: (performance.now() - startedAtMs) / 1000 }));
    return;
  }
  console.log(
    `One execution of ${events} events, ${perRound.toFixed(1)} of them between two calls, on Node ${process.version}`,
  );
  console.table(windows);
}
