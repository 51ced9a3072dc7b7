import { isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { allOf, anything, jsonPath, objectOf, type Check } from './check.ts';
import { orExpression } from './jsonata.ts';
import { template } from './payload-template.ts';
import { fault, type Place } from './place.ts';
import { requiredMembers } from './required-members.ts';

/**
 * The role that a Task state assumes for its call.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
 */
export const credentials: Check = allOf(
  objectOf({
    fields: { RoleArn: orExpression(roleArn), 'RoleArn.$': jsonPath(anything) },
  }),
  (value, place) => (place.queryLanguage === 'JSONPath' ? template()(value, place) : []),
  function* needsRole(value, place) {
    if (isObject(value)) yield* requiredMembers(['RoleArn'], value, place);
  },
);

function* roleArn(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
  else if (!/^arn:[a-z-]+:iam::\d{12}:role\/.+$/s.test(value)) yield fault(place, 'Value is not a valid role ARN');
}
