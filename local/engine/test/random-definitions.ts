import fc from 'fast-check';
import type {
  Json,
  JsonObject,
  PassState,
  State,
  StateGraph,
  StateMachineDefinition,
  TaskState,
} from '../../asl/src/index.ts';

/**
 * The plan of a workflow: a tree that fast-check can grow and shrink. {@link definitionOf} writes it out as a definition that is
 * valid whatever the plan: names are unique, every loop is bounded by a counter, every graph ends.
 */
export interface GraphPlan {
  readonly steps: readonly StepPlan[];
}

type Language = 'JSONPath' | 'JSONata';

interface Guards {
  /** How often a failure is tried again; 0 means that there is no Retry. */
  readonly retries: number;
  readonly jitter: boolean;
  readonly catches: boolean;
}

type StepPlan =
  | { readonly kind: 'pass'; readonly language: Language; readonly shape: number }
  | { readonly kind: 'wait'; readonly language: Language; readonly seconds: number }
  | {
      readonly kind: 'task';
      readonly language: Language;
      readonly resource: keyof typeof RESOURCES;
      readonly guards: Guards;
      readonly timeoutSeconds: number | null;
      readonly beats: boolean;
    }
  | { readonly kind: 'choice'; readonly language: Language; readonly ends: 'Succeed' | 'Fail' | null }
  | { readonly kind: 'loop'; readonly language: Language; readonly times: number }
  | { readonly kind: 'parallel'; readonly guards: Guards; readonly branches: readonly GraphPlan[] }
  | {
      readonly kind: 'map';
      readonly language: Language;
      readonly guards: Guards;
      readonly items: number;
      readonly concurrency: number;
      readonly body: GraphPlan;
    };

const RESOURCES = {
  lambda: 'arn:aws:lambda:us-east-1:000000000000:function:work',
  service: 'arn:aws:states:::lambda:invoke',
  token: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  activity: 'arn:aws:states:us-east-1:000000000000:activity:desk',
} as const;

const language = fc.constantFrom<Language>('JSONPath', 'JSONata');
const guards: fc.Arbitrary<Guards> = fc.record({
  retries: fc.nat(2),
  jitter: fc.boolean(),
  catches: fc.boolean(),
});

const { graph } = fc.letrec<{ step: StepPlan; graph: GraphPlan }>((tie) => ({
  graph: fc.record({ steps: fc.array(tie('step'), { minLength: 1, maxLength: 4, depthIdentifier: 'asl' }) }),
  step: fc.oneof(
    { depthIdentifier: 'asl', maxDepth: 3, depthSize: 'small' },
    fc.record({ kind: fc.constant('pass' as const), language, shape: fc.nat(7) }),
    fc.record({ kind: fc.constant('wait' as const), language, seconds: fc.nat(90) }),
    fc.record({
      kind: fc.constant('task' as const),
      language,
      resource: fc.constantFrom<keyof typeof RESOURCES>('lambda', 'service', 'token', 'activity'),
      guards,
      timeoutSeconds: fc.constantFrom(null, 20, 300),
      beats: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('choice' as const),
      language,
      ends: fc.constantFrom<'Succeed' | 'Fail' | null>('Succeed', 'Fail', null, null),
    }),
    fc.record({ kind: fc.constant('loop' as const), language, times: fc.integer({ min: 1, max: 2 }) }),
    fc.record({
      kind: fc.constant('parallel' as const),
      guards,
      branches: fc.array(tie('graph'), { minLength: 1, maxLength: 3, depthIdentifier: 'asl' }),
    }),
    fc.record({
      kind: fc.constant('map' as const),
      language,
      guards,
      items: fc.nat(4),
      concurrency: fc.nat(3),
      body: tie('graph'),
    }),
  ),
}));

export const graphPlans: fc.Arbitrary<GraphPlan> = graph;

/** The definition that a plan stands for. All graphs are given objects, and hand objects on. */
export function definitionOf(plan: GraphPlan): StateMachineDefinition {
  return new Writer().graph(plan);
}

/** Names of the states that lie within a Parallel or Map which may be tried again or caught: those need not be left. */
export function statesThatMayBeBrokenOff(definition: StateGraph, broken = false): ReadonlySet<string> {
  const names = Object.entries(definition.States).flatMap(([name, state]) => {
    const guarded = broken || ('Retry' in state && state.Retry !== undefined) || ('Catch' in state && !!state.Catch);
    const inner = graphsIn(state).flatMap((graph) => [...statesThatMayBeBrokenOff(graph, guarded)]);
    return broken ? [name, ...inner] : inner;
  });
  return new Set(names);
}

function graphsIn(state: State): readonly StateGraph[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' && state.ItemProcessor !== undefined ? [state.ItemProcessor] : [];
}

/** Where a step may lead to, and what it is called. */
interface Place {
  readonly name: string;
  readonly next: string;
  readonly first: string;
  readonly last: string;
  /** The variable that a loop counts in. */
  readonly counter: string;
}

class Writer {
  #graphs = 0;

  graph({ steps }: GraphPlan): StateGraph {
    const id = ++this.#graphs;
    const names = steps.map(({ kind }, index) => `${kind} ${id}.${index}`);
    const last = `end ${id}`;
    const first = names[0] ?? last;
    const places = names.map((name, index) => {
      return { name, next: names[index + 1] ?? last, first, last, counter: `n${id}_${index}` };
    });
    // A variable belongs to the graph that sets it: an inner one may read it, and sets others.
    const counters = places.filter((_, index) => steps[index]?.kind === 'loop').map(({ counter }) => [counter, 0]);
    const Assign: JsonObject = { [`seen${id}`]: id, ...(Object.fromEntries(counters) as JsonObject) };
    const states = places.flatMap((place, index) => {
      const step = steps[index];
      return step === undefined ? [] : this.#states(step, place);
    });
    return {
      StartAt: `start ${id}`,
      States: {
        [`start ${id}`]: { Type: 'Pass', Assign, Next: first },
        ...Object.fromEntries(states),
        [last]: { Type: 'Succeed' },
      },
    };
  }

  #states(step: StepPlan, place: Place): [string, State][] {
    const { name, next, last } = place;
    switch (step.kind) {
      case 'pass':
        return [[name, pass(step.language, step.shape, next)]];
      case 'wait':
        return [[name, wait(step.language, step.seconds, next)]];
      case 'task':
        return [[name, task(step, next, last)]];
      case 'choice':
        return choice(step, place);
      case 'loop':
        return [[name, loop(step, place)]];
      case 'parallel':
        return [[name, this.#parallel(step, next, last)]];
      case 'map':
        return [[name, this.#map(step, next, last)]];
    }
  }

  #parallel({ branches, guards }: StepPlan & { kind: 'parallel' }, next: string, last: string): State {
    return {
      Type: 'Parallel',
      Branches: branches.map((branch) => this.graph(branch)),
      ...summaryOfResults,
      ...errorFields('JSONPath', guards, last),
      Next: next,
    };
  }

  #map(step: StepPlan & { kind: 'map' }, next: string, last: string): State {
    const items = Array.from({ length: step.items }, (_, index) => index * 2);
    const ItemProcessor = { ProcessorConfig: { Mode: 'INLINE' as const }, ...this.graph(step.body) };
    const common = { Type: 'Map', MaxConcurrency: step.concurrency, ItemProcessor, Next: next } as const;
    if (step.language === 'JSONata') {
      return {
        ...common,
        QueryLanguage: 'JSONata',
        Items: `{% ${JSON.stringify(items)} %}`,
        ItemSelector: { dice: '{% $states.context.Map.Item.Value %}' },
        Output: '{% {"count": $count($states.result)} %}',
        ...errorFields('JSONata', step.guards, last),
      };
    }
    return {
      ...common,
      ItemsPath: '$$.Execution.Input.items',
      ItemSelector: { 'dice.$': '$$.Map.Item.Value' },
      ...summaryOfResults,
      ...errorFields('JSONPath', step.guards, last),
    };
  }
}

const summaryOfResults = { ResultSelector: { 'count.$': 'States.ArrayLength($)' }, ResultPath: '$.results' };

/** What every execution of a planned definition is started with. */
export const PLANNED_INPUT: JsonObject = { dice: 3, items: [1, 5, 9] };

function pass(language: Language, shape: number, Next: string): State {
  return language === 'JSONata'
    ? { Type: 'Pass', QueryLanguage: 'JSONata', Output: jsonataOutputs[shape % jsonataOutputs.length] ?? {}, Next }
    : { Type: 'Pass', ...jsonPathShapes[shape % jsonPathShapes.length], Next };
}

/** The last of each cannot be worked out. */
const jsonPathShapes: readonly Partial<Omit<PassState, 'Type'>>[] = [
  { Result: { dice: 6 }, ResultPath: '$.kept' },
  { Parameters: { 'dice.$': 'States.MathRandom(1, 7)', 'seen.$': '$seen1' } },
  { Parameters: { 'id.$': 'States.UUID()', 'name.$': '$$.State.Name', dice: 5 } },
  { InputPath: null },
  { Parameters: { 'entered.$': '$$.State.EnteredTime', 'variables.$': "States.Format('{}', $seen1)" } },
  { OutputPath: '$.nowhere' },
];
const jsonataOutputs: readonly Json[] = [
  '{% $merge([$states.input, {"dice": $floor($random() * 8)}]) %}',
  { at: '{% $now() %}', dice: 2 },
  { id: '{% $uuid() %}', dice: '{% $count($keys($states.input)) %}' },
  { seen: '{% $seen1 %}', name: '{% $states.context.State.Name %}' },
  '{% $error("on purpose") %}',
];

function wait(language: Language, seconds: number, Next: string): State {
  return language === 'JSONata'
    ? { Type: 'Wait', QueryLanguage: 'JSONata', Seconds: `{% ${seconds} + 0 %}`, Next }
    : { Type: 'Wait', Seconds: seconds, Next };
}

function task(step: StepPlan & { kind: 'task' }, Next: string, last: string): State {
  const { resource, language, guards, timeoutSeconds, beats } = step;
  const hasToken = resource === 'token' || resource === 'activity';
  const common = {
    Type: 'Task',
    Resource: RESOURCES[resource],
    ...(timeoutSeconds !== null && { TimeoutSeconds: timeoutSeconds }),
    ...(beats && hasToken && { HeartbeatSeconds: 10 }),
    ...errorFields(language, guards, last),
    Next,
  } as const;
  if (language === 'JSONata') {
    const Payload = hasToken ? { token: '{% $states.context.Task.Token %}' } : { dice: '{% $states.input.dice = 3 %}' };
    return {
      ...common,
      QueryLanguage: 'JSONata',
      Arguments: { FunctionName: 'work', Payload },
      Output: '{% $merge([$states.input, $states.result]) %}',
    };
  }
  const Payload = hasToken ? { 'token.$': '$$.Task.Token' } : { 'name.$': '$$.State.Name' };
  return { ...common, Parameters: { FunctionName: 'work', Payload }, ResultPath: '$.result' };
}

/** Sometimes on, sometimes to the end, by way of a state of its own that ends the graph, well or badly. */
function choice({ language, ends }: StepPlan & { kind: 'choice' }, { name, next, last }: Place): [string, State][] {
  const exit = `${ends} ${name}`;
  const target = ends === null ? last : exit;
  const condition = '{% $exists($states.input.dice) and $states.input.dice > 4 %}';
  const isThere = { Variable: '$.dice', IsPresent: true };
  const state: State =
    language === 'JSONata'
      ? { Type: 'Choice', QueryLanguage: language, Choices: [{ Condition: condition, Next: target }], Default: next }
      : {
          Type: 'Choice',
          Choices: [{ And: [isThere, { Variable: '$.dice', NumericGreaterThan: 4 }], Next: target }],
          Default: next,
        };
  if (ends === null) return [[name, state]];
  const ending: State =
    ends === 'Fail' ? { Type: 'Fail', Error: 'TooHigh', Cause: 'the dice said so' } : { Type: 'Succeed' };
  return [
    [name, state],
    [exit, ending],
  ];
}

/** Back to the graph's first step, so many times in all. */
function loop({ language, times }: StepPlan & { kind: 'loop' }, { next, first, counter }: Place): State {
  const more = `$${counter} < ${times}`;
  const rule =
    language === 'JSONata'
      ? { Condition: `{% ${more} %}`, Assign: { [counter]: `{% $${counter} + 1 %}` }, Next: first }
      : {
          Variable: `$${counter}`,
          NumericLessThan: times,
          Assign: { [`${counter}.$`]: `States.MathAdd($${counter}, 1)` },
          Next: first,
        };
  return { Type: 'Choice', QueryLanguage: language, Choices: [rule], Default: next };
}

function errorFields(
  language: Language,
  { retries, jitter, catches }: Guards,
  Next: string,
): Pick<TaskState, 'Retry' | 'Catch'> {
  const retrier = {
    ErrorEquals: ['States.ALL'],
    MaxAttempts: retries,
    IntervalSeconds: 3,
    JitterStrategy: jitter ? 'FULL' : 'NONE',
  } as const;
  const catcher =
    language === 'JSONata'
      ? { ErrorEquals: ['States.ALL'], Output: { error: '{% $states.errorOutput.Error %}' }, Next }
      : { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next };
  return { ...(retries > 0 && { Retry: [retrier] }), ...(catches && { Catch: [catcher] }) };
}
