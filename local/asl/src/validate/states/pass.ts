import { anything, jsonPath, objectOf } from '../check.ts';
import { assigningFields, nextOrEnd, stateFields, transitionFields } from '../fields.ts';
import { resultPath } from '../path.ts';
import { template } from '../payload-template.ts';

/** @see https://states-language.net/spec.html#pass-state */
export const passState = objectOf({
  oneOf: [nextOrEnd],
  fields: {
    ...stateFields,
    ...transitionFields,
    ...assigningFields(),
    Result: jsonPath(anything),
    ResultPath: jsonPath(resultPath),
    Parameters: jsonPath(template()),
  },
});
