import * as z from 'zod';
import { open } from './commands/open.ts';
import { passTime } from './commands/pass-time.ts';
import { confirmationIdSchema } from './confirmation-id.ts';
import type { Confirmations } from './confirmations.ts';
import { Draft } from './draft.ts';
import { runSchema } from './events.ts';
import { parse } from './invalid-request.ts';
import { type Message, messageFor } from './message.ts';
import { decidedNotice, noticesOf } from './notices.ts';
import { reportEntries } from './observe.ts';
import { policySchema } from './policy.ts';
import { scheduleSchema } from './schedule.ts';
import { withoutMessage } from './wait.ts';

/** What the state hands over when its task has timed out. */
export type DeadlineCheck = Omit<z.infer<typeof deadlineCheckSchema>, 'subject'> & { subject: unknown };

const deadlineCheckSchema = z.object({
  id: confirmationIdSchema,
  subject: z.json(),
  run: runSchema,
  policy: policySchema,
  schedule: scheduleSchema,
});

/** @throws {InvalidRequest} */
export function parseDeadlineCheck(event: unknown): DeadlineCheck {
  const check = parse(deadlineCheckSchema, event);
  return { ...check, subject: withoutMessage(check.subject) };
}

/**
 * Does what is due when a task that waited has timed out, and says how the workflow goes on: with what was decided, or
 * waiting for the next thing that is due. So Step Functions is the only clock; a reminder costs nothing until it comes.
 *
 * If somebody's decision is there, made in time but never delivered, that one holds: a receipt that was given is honoured,
 * whatever crashed on the way.
 */
export async function checkDeadline(check: DeadlineCheck, confirmations: Confirmations): Promise<Message> {
  const { waits, records, sendTaskSuccess, notify, now, report } = confirmations;
  const { id, subject, run, policy, schedule } = check;
  const { executionArn } = run;
  const work = (draft: Draft) => {
    // It is open, unless every attempt to open it has died.
    open(draft, { id, run, subject, policy }, schedule, now());
    passTime(draft);
  };

  // People are told before it is written that they were: whoever dies in between tells them twice, and not never.
  const known = await records.read(id);
  const ahead = new Draft(known.record, now());
  work(ahead);
  if (ahead.state.request !== undefined) await notify(noticesOf(id, ahead.added, ahead.state.request, subject));

  const appended = await records.append(id, work, known);
  const { state, added } = appended;
  reportEntries(report, added, state.request, { id, executionArn });
  const { request } = state;
  if (request?.executionArn !== executionArn) throw new Error(`"${id}" was asked about by another execution since`);
  const message = messageFor(request, now());
  if (message.decision === 'wait') return message;

  await notify([decidedNotice(id, request, subject)]);
  const markDelivered = (draft: Draft) => {
    if (draft.state.request?.isDelivered === false) draft.add({ type: 'delivered', via: 'workflow' });
  };
  await records.append(id, markDelivered, appended);
  // Last of all: at no moment does it look as if nothing had waited.
  const wait = await waits.read(id);
  if (wait?.attempt.executionArn !== executionArn) return message;
  // The task has timed out and its token is dead, unless this is a slow attempt, and another one has made the workflow
  // wait on. Then nobody else would find the token that is taken away here.
  await sendTaskSuccess(wait.taskToken, message);
  await waits.remove(wait);
  return message;
}
