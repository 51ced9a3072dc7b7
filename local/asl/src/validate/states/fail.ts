import { jsonPath, objectOf, text } from '../check.ts';
import { stateFields } from '../fields.ts';
import { orExpression } from '../jsonata.ts';
import { pathOrIntrinsicCall } from '../path.ts';

/** @see https://states-language.net/spec.html#fail-state */
export const failState = objectOf({
  exclusive: [
    ['Error', 'ErrorPath'],
    ['Cause', 'CausePath'],
  ],
  fields: {
    ...stateFields,
    Error: orExpression(text),
    ErrorPath: jsonPath(pathOrIntrinsicCall),
    Cause: orExpression(text),
    CausePath: jsonPath(pathOrIntrinsicCall),
  },
});
