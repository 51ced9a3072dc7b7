import type { Json } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import { parseTaskResource, type TaskResource } from '../task-resource.ts';
import { findIntegration } from './integrations.ts';
import { fault, type Place } from './place.ts';

/** Longer than any ARN. */
const RESOURCE_LENGTH_MAX = 2048;

/** The `Resource` of a Task state: a Lambda function, an activity, or a call that Step Functions makes itself. */
export function* taskResource(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'string') {
    yield fault(place, 'Expected value of type String');
  } else if (!/^arn:[a-z-]+:./.test(value) || value.length > RESOURCE_LENGTH_MAX) {
    yield fault(place, 'Value is not a valid resource ARN');
  } else {
    const resource = parseTaskResource(value);
    if (!isKnown(value, resource)) yield unrecognized(value, place);
    const reason = resource !== undefined && place.workflowType === 'EXPRESS' ? notInExpress(resource) : undefined;
    if (reason !== undefined) yield fault(place, `Express state machine does not support ${reason}`);
  }
}

function isKnown(value: string, resource: TaskResource | undefined): boolean {
  // The service does not look at the account and the region of a function until it calls it, as recorded.
  if (resource === undefined) return /^arn:[a-z-]+:lambda:[^:]*:[^:]*:function:./.test(value);
  return resource.kind !== 'service' || findIntegration(resource) !== undefined;
}

function unrecognized(value: string, place: Place): Problem {
  const reason = 'The value is not a valid resource ARN, or the resource is not available in this region.';
  return fault(place, `The resource provided ${quotable(value)} is not recognized. ${reason}`);
}

function notInExpress(resource: TaskResource): string | undefined {
  if (resource.kind === 'activity') return 'Activity ARN';
  if (resource.kind !== 'service' || resource.pattern === 'REQUEST_RESPONSE') return undefined;
  return `'${resource.pattern === 'WAIT_FOR_TASK_TOKEN' ? '.waitForTaskToken' : '.sync'}' service integration`;
}
