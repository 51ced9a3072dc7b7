import { argumentsObject } from '../arguments.ts';
import { anything, jsonata, jsonPath, listOf, objectOf } from '../check.ts';
import { catchers, retry } from '../error-handlers.ts';
import { assigningFields, nextOrEnd, resultFields, stateFields, transitionFields } from '../fields.ts';
import { template } from '../payload-template.ts';

/**
 * What is in the branches is looked at with all other graphs, see `graphs.ts`.
 *
 * @see https://states-language.net/spec.html#parallel-state
 */
export const parallelState = objectOf({
  required: ['Branches'],
  oneOf: [nextOrEnd],
  fields: {
    ...stateFields,
    ...transitionFields,
    ...assigningFields('result'),
    ...resultFields,
    Branches: listOf(anything, 1),
    Parameters: jsonPath(template()),
    Arguments: jsonata(argumentsObject),
    Retry: retry,
    Catch: catchers,
  },
});
