import * as z from 'zod';
import {
  answerSchema,
  newDeadlineSchema,
  reassignmentSchema,
  receiptSchema,
  recordViewSchema,
  requestStatusSchema,
  undoSchema,
  withdrawalSchema,
} from './contract.ts';
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

function change(method: 'post' | 'put', path: string, summary: string, body: z.ZodType): Operation {
  return { method, path, summary, body, status: 200, answer: stateSchema, problems: { ...SETTLED, ...PERSONAL } };
}

/** The same under the path that the id is a part of. */
export function operationsUnder(prefix: string, operations: readonly Operation[]): Operation[] {
  return operations.map((operation) => ({ ...operation, path: `${prefix}${operation.path}` }));
}
