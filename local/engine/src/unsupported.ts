import {
  parseTaskResource,
  type MapState,
  type ParallelState,
  type Problem,
  type ServiceIntegration,
  type StateGraph,
  type StateMachineDefinition,
  type TaskState,
} from '../../asl/src/index.ts';
import { itemProcessorOf } from './execution.ts';
import { supportsResource } from './integrations/service-integrations.ts';

/**
 * What the States Language has and this release cannot run, found before anything is started: a definition that uses it is
 * refused with the place named. `docs/features.md` lists the same.
 */
export function unsupported(definition: StateMachineDefinition): Problem[] {
  return inGraph(definition, '');
}

function inGraph(graph: StateGraph, within: string): Problem[] {
  return Object.entries(graph.States).flatMap(([name, state]) => {
    const place = `${within}/States/${name}`;
    if (state.Type === 'Task') return ofTask(state, place);
    if (state.Type === 'Map') return ofMap(state, place);
    return state.Type === 'Parallel' ? ofParallel(state, place) : [];
  });
}

function ofParallel(state: ParallelState, place: string): Problem[] {
  return state.Branches.flatMap((branch, index) => inGraph(branch, `${place}/Branches[${index}]`));
}

function ofMap(state: MapState, place: string): Problem[] {
  return inGraph(
    itemProcessorOf(state),
    `${place}/${state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor'}`,
  );
}

function ofTask(state: TaskState, place: string): Problem[] {
  const resource = parseTaskResource(state.Resource);
  const isOwn = resource?.kind === 'activity' || (resource?.kind === 'service' && isStartExecution(resource));
  const runs = isOwn || supportsResource(state.Resource);
  return runs ? [] : [refuse(`The resource '${state.Resource}'`, `${place}/Resource`)];
}

function isStartExecution({ service, action }: ServiceIntegration): boolean {
  return service === 'states' && action === 'startExecution';
}

function refuse(what: string, location: string): Problem {
  return {
    code: 'SCHEMA_VALIDATION_FAILED',
    message: `${what} is not supported by this release of Countersign`,
    location,
    severity: 'ERROR',
  };
}
