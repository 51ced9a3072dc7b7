import { listOf, objectOf, text } from '../check.ts';
import { choiceRule } from '../choice-rule.ts';
import { assigningFields, stateFields } from '../fields.ts';

/** @see https://states-language.net/spec.html#choice-state */
export const choiceState = objectOf({
  required: ['Choices'],
  fields: {
    ...stateFields,
    ...assigningFields(),
    Choices: listOf(choiceRule, 1),
    Default: text,
  },
});
