import {
  parseDefinition,
  parseState,
  queryRulesOf,
  type Problem,
  type QueryRules,
  type State,
  type StateGraph,
  describeProblems,
} from '../../../asl/src/index.ts';
import { InvalidDefinition, ValidationException } from '../errors.ts';

/** The state that a test is about, and how data flows through it. */
export interface StateUnderTest {
  readonly name: string;
  readonly state: State;
  readonly rules: QueryRules;
}

/** How the service calls a state that comes without a state machine, and so without a name. */
const NAMELESS = 'StateName';

/**
 * Reads a definition of one state, or finds the state in that of a state machine.
 *
 * @throws {InvalidDefinition} naming every error, also those of other states.
 * @throws {ValidationException} if the state machine has no such state.
 */
export function findStateUnderTest(definition: string, stateName: string | undefined): StateUnderTest {
  if (stateName === undefined) {
    const parsed = parseState(definition, STANDARD);
    if ('problems' in parsed) throw refusal(parsed.problems);
    const alone = { StartAt: NAMELESS, States: { [NAMELESS]: parsed.state } };
    return { name: NAMELESS, state: parsed.state, rules: queryRulesOf(alone, parsed.state) };
  }
  const parsed = parseDefinition(definition, STANDARD);
  if ('problems' in parsed) throw refusal(parsed.problems);
  const state = findState([parsed.definition], stateName);
  if (state === undefined) throw stateNotFound();
  return { name: stateName, state, rules: queryRulesOf(parsed.definition, state) };
}

/** A state in these graphs, or in those within. Names are unique in a definition. */
export function findState(graphs: readonly StateGraph[], name: string): State | undefined {
  const open = [...graphs];
  for (const { States: states } of open) {
    if (Object.hasOwn(states, name)) return states[name];
    for (const state of Object.values(states)) open.push(...graphsWithin(state));
  }
  return undefined;
}

/** The branches of a Parallel, the item processor of a Map. */
export function graphsWithin(state: State): readonly StateGraph[] {
  if (state.Type === 'Parallel') return state.Branches;
  if (state.Type !== 'Map') return [];
  return [state.ItemProcessor, state.Iterator].filter((graph) => graph !== undefined);
}

export function stateNotFound(): ValidationException {
  return new ValidationException('State not found in definition');
}

/** The type in which everything may be tested: `.sync` and `.waitForTaskToken` are refused in an EXPRESS workflow. */
const STANDARD = { type: 'STANDARD' } as const;

function refusal(problems: readonly Problem[]): InvalidDefinition {
  return new InvalidDefinition(describeProblems(problems));
}
