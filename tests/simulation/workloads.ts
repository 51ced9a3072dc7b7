import fc from 'fast-check';
import { definitionOf, graphPlans, PLANNED_INPUT, type GraphPlan } from '../../local/engine/test/random-definitions.ts';
import type { StateMachineDefinition } from '../../local/asl/src/index.ts';
import type { Chance } from './chance.ts';

export const ACTIVITY_ARN = 'arn:aws:states:us-east-1:000000000000:activity:desk';
const INVOKE = 'arn:aws:states:::lambda:invoke';
const whatIsLost = [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 200, BackoffRate: 1.1, MaxDelaySeconds: 60 },
];
/** Names an attempt, so that a second call for it would show. */
const attempt = {
  'execution.$': '$$.Execution.Name',
  'entered.$': '$$.State.EnteredTime',
  'retry.$': '$$.State.RetryCount',
  'state.$': '$$.State.Name',
};

function call(more: object): object {
  return {
    Type: 'Task',
    Resource: INVOKE,
    Parameters: { FunctionName: 'work', Payload: { attempt } },
    ResultPath: null,
    TimeoutSeconds: 1_200,
    Retry: whatIsLost,
    ...more,
  };
}

/** One kind of workflow: what it is made of, and how it ends when nobody stops it. */
export interface Workload {
  readonly name: string;
  readonly definition: object;
  readonly input: object;
  /** @default it may end either way */
  readonly ends?: 'SUCCEEDED';
  /** Started by others, or by the protocol alone. */
  readonly startedBy?: 'others';
}

/** Processed, asked about, and completed, as an order is. */
const order: Workload = {
  name: 'order',
  input: { order: 1 },
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'Process',
    States: {
      Process: call({ Next: 'Ask' }),
      Ask: {
        Type: 'Task',
        Resource: `${INVOKE}.waitForTaskToken`,
        Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
        TimeoutSeconds: 900,
        HeartbeatSeconds: 300,
        ResultPath: '$.answer',
        Retry: [
          { ErrorEquals: ['Lambda.SdkClientException', 'Lambda.ServiceException'], IntervalSeconds: 2, MaxAttempts: 6 },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.refusal', Next: 'Pause' }],
        Next: 'Pause',
      },
      Pause: { Type: 'Wait', Seconds: 40, Next: 'Complete' },
      Complete: call({ End: true }),
    },
  },
};

const timers: Workload = {
  name: 'timers',
  input: { waits: [1, 30, 30, 30, 600, 0] },
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'Together',
    States: {
      Together: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Short',
            States: {
              Short: { Type: 'Wait', Seconds: 3, Next: 'Shorter' },
              Shorter: { Type: 'Wait', Seconds: 1, End: true },
            },
          },
          { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 1_800, End: true } } },
        ],
        ResultPath: null,
        Next: 'Each',
      },
      Each: {
        Type: 'Map',
        ItemsPath: '$.waits',
        MaxConcurrency: 4,
        ItemProcessor: {
          StartAt: 'By path',
          States: { 'By path': { Type: 'Wait', SecondsPath: '$', End: true } },
        },
        End: true,
      },
    },
  },
};

const nested: Workload = {
  name: 'nested',
  input: {},
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'Start another',
    States: {
      'Start another': {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Parameters: {
          StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:child',
          Input: { 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id' },
        },
        TimeoutSeconds: 7_200,
        Retry: whatIsLost,
        End: true,
      },
    },
  },
};

const child: Workload = {
  name: 'child',
  input: {},
  ends: 'SUCCEEDED',
  startedBy: 'others',
  definition: {
    StartAt: 'Work',
    States: { Work: call({ Next: 'Rest' }), Rest: { Type: 'Wait', Seconds: 20, End: true } },
  },
};

const distributed: Workload = {
  name: 'distributed',
  input: { items: [1, 2, 3, 4, 5, 6, 7] },
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemsPath: '$.items',
        MaxConcurrency: 3,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Work',
          States: { Work: call({ Next: 'Rest' }), Rest: { Type: 'Wait', Seconds: 5, End: true } },
        },
        End: true,
      },
    },
  },
};

const desk: Workload = {
  name: 'desk',
  input: {},
  ends: 'SUCCEEDED',
  definition: {
    StartAt: 'At the desk',
    States: {
      'At the desk': {
        Type: 'Task',
        Resource: ACTIVITY_ARN,
        Parameters: { 'token.$': '$$.Task.Token' },
        TimeoutSeconds: 1_000,
        HeartbeatSeconds: 120,
        Retry: whatIsLost,
        End: true,
      },
    },
  },
};

/** Those of a run: all that we know of, and some that nobody has thought of. */
export function drawWorkloads(chance: Chance, seed: number): Workload[] {
  const plans = fc.sample(graphPlans, { seed, numRuns: 3 });
  const random = plans.map((plan, index): Workload => ({
    name: `random-${index}`,
    definition: definitionOf(withTimeouts(plan)) as object,
    input: PLANNED_INPUT,
  }));
  const known = [order, timers, nested, distributed, desk].filter(() => chance.happens(0.7));
  return [child, order, ...known.filter((one) => one !== order), ...random];
}

/** A worker may lose the task that it was given, as on AWS: so each that is for workers has a timeout. */
function withTimeouts({ steps }: GraphPlan): GraphPlan {
  return {
    steps: steps.map((step) => {
      if (step.kind === 'task') return { ...step, timeoutSeconds: step.timeoutSeconds ?? 700 };
      if (step.kind === 'parallel') return { ...step, branches: step.branches.map(withTimeouts) };
      return step.kind === 'map' ? { ...step, body: withTimeouts(step.body) } : step;
    }),
  };
}

export type { StateMachineDefinition };
