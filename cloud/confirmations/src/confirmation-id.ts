import * as z from 'zod';

/** What a confirmation is known by outside: the business key of whoever asks, such as an order's id. */
export const confirmationIdSchema = z
  .string('This must be a text.')
  .regex(/^[\w.\-]{1,128}$/v, 'This must be 1 to 128 letters, digits, _, . or -.');

export function isConfirmationId(value: string): boolean {
  return confirmationIdSchema.safeParse(value).success;
}
