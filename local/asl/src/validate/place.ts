import type { QueryLanguage } from '../definition.ts';
import { quotable, type Problem } from '../problem.ts';

export type WorkflowType = 'STANDARD' | 'EXPRESS';

/** Where in a definition we are, and what holds there. */
export interface Place {
  /** `/States/Ship/Retry[0]`; `/` is the whole definition. */
  readonly location: string;
  /** The type of the workflow that runs it: within a distributed Map, that of the child workflows. */
  readonly workflowType: WorkflowType;
  readonly queryLanguage: QueryLanguage;
}

export function inside(place: Place, field: string): Place {
  return below(place, place.location === '/' ? quotable(field) : `/${quotable(field)}`);
}

export function nth(place: Place, index: number): Place {
  return below(place, `[${index}]`);
}

/** Room for forty graphs in each other with the longest names. Beyond it, a location is that of what is around it. */
const LOCATION_LENGTH_MAX = 8192;

function below(place: Place, step: string): Place {
  return place.location.length > LOCATION_LENGTH_MAX ? place : { ...place, location: place.location + step };
}

export function fault({ location }: Place, message: string): Problem {
  return { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message, location };
}
