import * as z from 'zod';
import { answerSchema } from '../events.ts';
import { pendingSchema } from './contract.ts';

// The bodies of the routes of links. Who comes with a link has not signed in: the secret says who it is for.

const secret = z.string('This must be a text.').max(100, 'This is no secret of a link.');

export const linkOpeningSchema = z.strictObject({ secret });

export const linkAnswerSchema = z.strictObject({
  secret,
  /** What came with what was shown. */
  nonce: z.string('This must be a text.').max(200, 'This is no nonce.'),
  ...answerSchema.shape,
});

/** What is asked, for the person whose link it is. */
export const shownSchema = z.object({
  id: z.string(),
  person: z.string(),
  /** Who asks, if the subject says it. */
  requester: z.string().exactOptional(),
  subject: z.json(),
  ...pendingSchema.pick({
    deadline: true,
    confirmations: true,
    commentRequired: true,
    form: true,
    holdSeconds: true,
  }).shape,
  /** The digest of the subject; the record holds what of it was shown to whom. */
  shown: z.string(),
  /** To be sent back with the answer, within an hour. */
  nonce: z.string(),
});
export type Shown = z.infer<typeof shownSchema>;
