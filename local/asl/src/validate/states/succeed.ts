import { objectOf } from '../check.ts';
import { dataFields, stateFields } from '../fields.ts';

/** @see https://states-language.net/spec.html#succeed-state */
export const succeedState = objectOf({ fields: { ...stateFields, ...dataFields() } });
