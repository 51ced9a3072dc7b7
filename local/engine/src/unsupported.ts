import { parseTaskResource, type Problem, type State, type StateMachineDefinition } from '../../asl/src/index.ts';

/**
 * What the States Language has and this release cannot run, found before anything is started: a definition that uses it is
 * refused with the place named. `docs/features.md` lists the same.
 */
export function unsupported(definition: StateMachineDefinition): Problem[] {
  const problems: Problem[] = [];
  if (definition.QueryLanguage === 'JSONata') problems.push(refuse('JSONata', '/QueryLanguage'));
  for (const [name, state] of Object.entries(definition.States)) {
    const place = `/States/${name}`;
    if (state.Type === 'Parallel' || state.Type === 'Map')
      problems.push(refuse(`The state type '${state.Type}'`, `${place}/Type`));
    if (state.QueryLanguage === 'JSONata') problems.push(refuse('JSONata', `${place}/QueryLanguage`));
    if (state.Assign !== undefined) problems.push(refuse("'Assign'", `${place}/Assign`));
    problems.push(...ofCatch(state, place), ...ofTask(state, place));
  }
  return problems;
}

function ofCatch(state: State, place: string): Problem[] {
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  return catchers.flatMap((catcher, index) =>
    catcher.Assign === undefined ? [] : [refuse("'Assign'", `${place}/Catch[${index}]/Assign`)],
  );
}

function ofTask(state: State, place: string): Problem[] {
  if (state.Type !== 'Task') return [];
  const problems = state.Credentials === undefined ? [] : [refuse("'Credentials'", `${place}/Credentials`)];
  const resource = parseTaskResource(state.Resource);
  const runs =
    resource?.kind === 'lambda-function' ||
    (resource?.kind === 'service' && resource.service === 'lambda' && resource.action === 'invoke');
  return runs ? problems : [...problems, refuse(`The resource '${state.Resource}'`, `${place}/Resource`)];
}

function refuse(what: string, location: string): Problem {
  return {
    code: 'SCHEMA_VALIDATION_FAILED',
    message: `${what} is not supported by this release of Countersign`,
    location,
    severity: 'ERROR',
  };
}
