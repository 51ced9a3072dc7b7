import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { Problem } from '../../problem.ts';
import { parseTaskResource } from '../../task-resource.ts';
import { argumentsObject } from '../arguments.ts';
import { allOf, integer, jsonata, jsonPath, objectOf } from '../check.ts';
import { credentials } from '../credentials.ts';
import { catchers, retry } from '../error-handlers.ts';
import { assigningFields, nextOrEnd, resultFields, stateFields, transitionFields } from '../fields.ts';
import { findIntegration } from '../integrations.ts';
import { expressionOr } from '../jsonata.ts';
import { referencePath } from '../path.ts';
import { template } from '../payload-template.ts';
import { fault, inside, type Place } from '../place.ts';
import { requiredMembers } from '../required-members.ts';
import { taskResource } from '../resource.ts';

const seconds = expressionOr(integer(1, 99_999_999), 'Integer');

/** @see https://states-language.net/spec.html#task-state */
export const taskState = allOf(
  objectOf({
    required: ['Resource'],
    oneOf: [nextOrEnd],
    exclusive: [
      ['TimeoutSeconds', 'TimeoutSecondsPath'],
      ['HeartbeatSeconds', 'HeartbeatSecondsPath'],
    ],
    fields: {
      ...stateFields,
      ...transitionFields,
      ...assigningFields('result'),
      ...resultFields,
      Resource: taskResource,
      Parameters: jsonPath(template()),
      Arguments: jsonata(argumentsObject),
      TimeoutSeconds: seconds,
      TimeoutSecondsPath: jsonPath(referencePath),
      HeartbeatSeconds: seconds,
      HeartbeatSecondsPath: jsonPath(referencePath),
      Retry: retry,
      Catch: catchers,
      Credentials: credentials,
    },
  }),
  function* checkAsWhole(state, place) {
    if (!isObject(state)) return;
    yield* heartbeatBelowTimeout(state, place);
    yield* parametersOfCall(state, place);
  },
);

function* heartbeatBelowTimeout(state: JsonObject, place: Place): Iterable<Problem> {
  const { HeartbeatSeconds: heartbeat, TimeoutSeconds: timeout } = state;
  if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
    yield fault(inside(place, 'HeartbeatSeconds'), "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'");
  }
}

function* parametersOfCall(state: JsonObject, place: Place): Iterable<Problem> {
  const field = place.queryLanguage === 'JSONPath' ? 'Parameters' : 'Arguments';
  const required = requiredParameters(state['Resource']);
  if (required !== undefined) yield* requiredMembers(required, state[field], inside(place, field));
}

function requiredParameters(resource: Json | undefined): readonly string[] | undefined {
  const call = typeof resource === 'string' ? parseTaskResource(resource) : undefined;
  return call?.kind === 'service' ? findIntegration(call)?.required : undefined;
}
