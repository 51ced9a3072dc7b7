import { integer, jsonPath, objectOf } from '../check.ts';
import { assigningFields, nextOrEnd, stateFields, transitionFields } from '../fields.ts';
import { expressionOr, orExpression } from '../jsonata.ts';
import { referencePath } from '../path.ts';
import { timestamp } from '../timestamp.ts';

/** @see https://states-language.net/spec.html#wait-state */
export const waitState = objectOf({
  oneOf: [nextOrEnd, ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath']],
  fields: {
    ...stateFields,
    ...transitionFields,
    ...assigningFields(),
    Seconds: expressionOr(integer(0, 99_999_999), 'Integer'),
    SecondsPath: jsonPath(referencePath),
    Timestamp: orExpression(timestamp),
    TimestampPath: jsonPath(referencePath),
  },
});
