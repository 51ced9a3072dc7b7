import { checkDeadline, parseDeadlineCheck } from '../check-deadline.ts';
import type { Message } from '../message.ts';
import { observed } from '../observe.ts';
import { openConfirmations } from '../open-confirmations.ts';

const confirmations = openConfirmations(process.env);

/** A state that has waited until something was due. Gives what the workflow goes on with. */
export const handler = observed(async (event: unknown): Promise<Message> => {
  return await checkDeadline(parseDeadlineCheck(event), confirmations);
});
