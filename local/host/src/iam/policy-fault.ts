import { isList, type Json } from '../template.ts';

/** What is wrong with a policy document, and where in it. */
export class PolicyFault extends Error {
  /** Such as `Statement.0.Condition`. */
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.place = place;
  }

  within(place: string): PolicyFault {
    return new PolicyFault([place, this.place].filter(Boolean).join('.'), this.message);
  }
}

/** @throws {PolicyFault} for what is neither a text nor a list of them. */
export function textsOf(value: Json, place: string): string[] {
  return (isList(value) ? value : [value]).map((text) => {
    if (typeof text === 'string') return text;
    throw new PolicyFault(place, 'it must be a text, or a list of texts');
  });
}
