import * as z from 'zod';
import {
  answerSchema,
  linkRequestSchema,
  newDeadlineSchema,
  reassignmentSchema,
  receiptSchema,
  recordViewSchema,
  requestStatusSchema,
  undoSchema,
  withdrawalSchema,
} from './contract.ts';
import { linkAnswerSchema, linkOpeningSchema, shownSchema } from './link-contract.ts';
import type { Operation } from './open-api.ts';

const stateSchema = z.object({
  id: z.string(),
  status: requestStatusSchema.exactOptional(),
  deadline: z.iso.datetime().exactOptional(),
});

const SETTLED = { 404: 'Nobody asks about this.', 409: 'It was decided otherwise.', 410: 'It is over.' };
const PERSONAL = { 401: 'Somebody has to sign in.', 403: 'This person may not.' };

/** What can be done about one confirmation: the paths behind `…/{id}`. */
export const CONFIRMATION_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/confirmation',
    summary: 'Confirm or reject. The same again gets the same receipt.',
    headers: { 'idempotency-key': 'Names this very answer, so that it can be sent again.' },
    body: answerSchema,
    status: 200,
    answer: receiptSchema,
    problems: {
      ...SETTLED,
      ...PERSONAL,
      413: 'The body is too large.',
      415: 'The body is no JSON.',
      422: 'The idempotency key was used for another answer.',
    },
  },
  change('post', '/undo', 'Take back the answer that decided, as long as it is held.', undoSchema),
  change('post', '/withdrawal', 'Withdraw the request: nobody is asked any more.', withdrawalSchema),
  change('post', '/reassignment', "Let somebody answer in another's place.", reassignmentSchema),
  change('put', '/deadline', 'Move the deadline.', newDeadlineSchema),
  {
    method: 'get',
    path: '/receipt',
    summary: 'Everything that was said and done, with the chain by which it can be checked.',
    status: 200,
    answer: recordViewSchema,
    problems: { 404: 'Nobody has asked about this.' },
  },
];

const LINK_PROBLEMS = {
  403: 'The link is not whole.',
  404: 'There is no such link.',
  410: 'It is of no use any more.',
};

const TRIED_TOO_OFTEN = { 429: 'Too many wrong links came from this address.' };

/** What can be done with links, where links are sent: the paths behind `…/{id}`. */
export const LINK_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/links',
    summary: 'Send somebody a link by which they can answer. It comes by mail, and never in an answer.',
    body: linkRequestSchema,
    status: 202,
    answer: z.record(z.string(), z.json()),
    problems: { ...SETTLED, ...PERSONAL },
  },
  {
    method: 'get',
    path: '/links/{linkId}',
    summary: 'The page of a link. It shows nothing of what is asked, and decides nothing.',
    status: 200,
    answer: z.string(),
    mediaType: 'text/html',
    problems: { 404: LINK_PROBLEMS[404], 410: LINK_PROBLEMS[410] },
  },
  {
    method: 'post',
    path: '/links/{linkId}/open',
    summary: 'Show what is asked, to whoever has the secret.',
    body: linkOpeningSchema,
    status: 200,
    answer: shownSchema,
    problems: { ...LINK_PROBLEMS, ...TRIED_TOO_OFTEN },
  },
  {
    method: 'post',
    path: '/links/{linkId}/answer',
    summary: 'Confirm or reject what was shown.',
    body: linkAnswerSchema,
    status: 200,
    answer: receiptSchema,
    problems: {
      ...LINK_PROBLEMS,
      ...TRIED_TOO_OFTEN,
      409: 'It has changed since it was shown, or was decided otherwise.',
    },
  },
];

function change(method: 'post' | 'put', path: string, summary: string, body: z.ZodType): Operation {
  return { method, path, summary, body, status: 200, answer: stateSchema, problems: { ...SETTLED, ...PERSONAL } };
}

/** The same under the path that the id is a part of. */
export function operationsUnder(prefix: string, operations: readonly Operation[]): Operation[] {
  return operations.map((operation) => ({ ...operation, path: `${prefix}${operation.path}` }));
}
