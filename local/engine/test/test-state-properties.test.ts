import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Json, State, StateGraph } from '../../asl/src/index.ts';
import {
  createJsonataEvaluator,
  memoryExecutionStore,
  openEngine,
  StepFunctionsError,
  type TestedState,
  type TestState,
} from '../src/index.ts';
import { definitionOf, graphPlans, PLANNED_INPUT } from './random-definitions.ts';

const evaluator = createJsonataEvaluator();
const engine = openEngine({
  store: memoryExecutionStore(),
  region: 'us-east-1',
  accountId: '000000000000',
  evaluator: (request, key) => evaluator.evaluate(request, key),
  taskHandler: async ({ parameters }) => {
    if (JSON.stringify(parameters).length % 3 === 0) return { error: 'Unlucky', cause: 'a third of all calls' };
    return { output: parameters };
  },
});
after(() => engine.close().then(() => evaluator.close()));

function statesIn(graph: StateGraph): [string, State][] {
  return Object.entries(graph.States).flatMap(([name, state]) => [
    [name, state],
    ...(state.Type === 'Parallel' ? state.Branches : []).flatMap(statesIn),
    ...(state.Type === 'Map' && state.ItemProcessor !== undefined ? statesIn(state.ItemProcessor) : []),
  ]);
}

/** A state of a random definition. One that waits would keep the test waiting. */
const places = graphPlans.map(definitionOf).chain((definition) => {
  const states = statesIn(definition).filter(([, state]) => state.Type !== 'Wait');
  return fc.constantFrom(...states).map(([name, state]) => ({ definition, name, state }));
});

const jsonText: fc.Arbitrary<string> = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
const inputs = fc.oneof(fc.constant(JSON.stringify(PLANNED_INPUT)), jsonText);
const variables = fc.oneof(
  fc
    .dictionary(fc.constantFrom('seen1', 'n1_0', 'other'), fc.jsonValue({ maxDepth: 2 }))
    .map((value) => JSON.stringify(value)),
  jsonText,
);
const mocks = fc.oneof(
  fc.record({ result: jsonText, fieldValidationMode: fc.constantFrom('STRICT', 'PRESENT', 'NONE') }),
  fc.record({ result: fc.jsonValue().map((value) => JSON.stringify([value])) }),
  fc.record({
    errorOutput: fc.record(
      {
        error: fc.constantFrom('Unlucky', 'States.ALL', 'States.Timeout', 'States.Runtime', 'States.TaskFailed'),
        cause: fc.string(),
      },
      { requiredKeys: ['error'] },
    ),
  }),
);
const contexts = fc.oneof(jsonText, fc.constant('{"Task":{"Token":"t"}}'), fc.constant('{"State":{"RetryCount":1}}'));
const configurations = fc.record(
  {
    retrierRetryCount: fc.nat(4),
    mapIterationFailureCount: fc.nat(4),
    errorCausedByState: fc.string(),
    mapItemReaderData: jsonText,
  },
  { requiredKeys: [] },
);

type Rest = Omit<TestState, 'definition'>;
const requests: fc.Arbitrary<Rest> = fc
  .record(
    {
      input: inputs,
      variables,
      inspectionLevel: fc.constantFrom('INFO', 'DEBUG', 'TRACE'),
      mocked: fc.record(
        { mock: mocks, context: contexts, stateConfiguration: configurations },
        { requiredKeys: ['mock'] },
      ),
    },
    { requiredKeys: [] },
  )
  .map(({ mocked, ...rest }) => ({ ...rest, ...mocked }));

/** What comes of a test; a refusal in the words of the service is an answer, anything else thrown is our fault. */
async function outcome(request: TestState): Promise<TestedState | undefined> {
  try {
    return await engine.testState(request);
  } catch (thrown) {
    if (thrown instanceof StepFunctionsError) return undefined;
    throw thrown;
  }
}

function isJson(text: string | undefined): boolean {
  if (text === undefined) return false;
  JSON.parse(text);
  return true;
}

function checkShape(tested: TestedState, request: TestState, state: State): void {
  const { status, output, error, nextState, inspectionData } = tested;
  const isLeft = status === 'SUCCEEDED' || status === 'CAUGHT_ERROR';
  assert.equal(isJson(output), isLeft, 'a state that is left has an output, and no other');
  assert.ok(isLeft || nextState === undefined, 'a state that is not left leads nowhere');
  assert.ok(status !== 'SUCCEEDED' || error === undefined);
  assert.ok(status !== 'RETRIABLE' || ('Retry' in state && state.Retry !== undefined));
  assert.ok(status !== 'CAUGHT_ERROR' || ('Catch' in state && state.Catch !== undefined));
  assert.equal(inspectionData === undefined, (request.inspectionLevel ?? 'INFO') === 'INFO');
  if (inspectionData === undefined) return;
  for (const [member, value] of Object.entries(inspectionData))
    if (typeof value === 'string') assert.ok(isJson(value), `what is shown as ${member} is JSON`);
  assert.equal(inspectionData.input, request.input ?? '{}');
}

test('a test of any state of a valid definition has an answer', async () => {
  let left = 0;
  await fc.assert(
    fc.asyncProperty(places, requests, async ({ definition, name, state }, rest) => {
      const request = { definition: JSON.stringify(definition), stateName: name, ...rest };
      const tested = await outcome(request);
      if (tested === undefined) return;
      checkShape(tested, request, state);
      if (tested.output !== undefined) left += 1;
    }),
    { numRuns: 400 },
  );
  assert.ok(left > 10, `only ${left} states were left`);
});

test('a state is tested alone as it is within its definition', async () => {
  await fc.assert(
    fc.asyncProperty(places, inputs, async ({ definition, name, state }, input) => {
      // What differs each time, or names the state, is not compared; a Map or Parallel has a mock of no results.
      const isOwnWay = /random|uuid|MathRandom|UUID|now|EnteredTime|State.Name/i.test(JSON.stringify(state));
      fc.pre(!isOwnWay && (state.QueryLanguage ?? 'JSONPath') === (definition.QueryLanguage ?? 'JSONPath'));
      const mock = state.Type === 'Map' || state.Type === 'Parallel' ? { mock: { result: '[]' } } : {};
      const shared = { input, variables: '{"seen1":1}', inspectionLevel: 'DEBUG', ...mock } as const;
      const within = await outcome({ definition: JSON.stringify(definition), stateName: name, ...shared });
      assert.deepEqual(await outcome({ definition: JSON.stringify(state), ...shared }), within);
    }),
    { numRuns: 100 },
  );
});

test('a test of anything at all has an answer', async () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), jsonText, inputs);
  const field: fc.Arbitrary<Json> = fc.oneof(
    fc.constantFrom(
      'Pass',
      'Task',
      'Choice',
      'Map',
      'Parallel',
      'Fail',
      'Succeed',
      '$',
      '$$.Map',
      '$.a',
      '{% $x %}',
      'JSONata',
    ),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  );
  const names =
    `Type Resource Parameters Arguments InputPath OutputPath ResultPath ResultSelector Result Output Assign Next End
    Choices Default Branches ItemProcessor Items ItemsPath ItemReader ItemBatcher ItemSelector ResultWriter QueryLanguage Retry
    Catch Error ErrorPath Cause MaxConcurrency TimeoutSeconds __proto__`.split(/\s+/);
  const states = fc
    .dictionary(fc.constantFrom(...names), field)
    .map((state) => JSON.stringify({ Type: 'Pass', ...state }));
  const request = fc.record(
    {
      definition: fc.oneof(states, anything),
      stateName: anything,
      input: anything,
      variables: anything,
      context: anything,
      mock: fc.record({ result: anything }),
      stateConfiguration: configurations,
    },
    { requiredKeys: ['definition'] },
  );
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const tested = await outcome(given);
      assert.ok(tested === undefined || typeof tested.status === 'string');
    }),
    { numRuns: 500 },
  );
});
