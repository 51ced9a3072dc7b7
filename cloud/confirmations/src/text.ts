import * as z from 'zod';

/** Text whose halves of surrogate pairs all meet: Step Functions takes UTF-8, which cannot carry a lone one. */
export const text = (maxLength: number) =>
  z
    .string('This must be a text.')
    .min(1, 'This must not be empty.')
    .max(maxLength, `This must have at most ${maxLength} characters.`)
    .refine((value) => value.isWellFormed(), 'This must be well-formed Unicode.');

/** A decimal as text, since a binary fraction cannot hold 0.10, and its currency by ISO 4217. */
export const moneySchema = z.strictObject({
  value: z.string('This must be a decimal as text, such as "12.50".').regex(/^\d{1,15}(\.\d{1,4})?$/, {
    error: 'This must be a decimal as text, such as "12.50".',
  }),
  currency: z.string('This must be an ISO 4217 code, such as "EUR".').regex(/^[A-Z]{3}$/, {
    error: 'This must be an ISO 4217 code, such as "EUR".',
  }),
});

export type Money = z.infer<typeof moneySchema>;
