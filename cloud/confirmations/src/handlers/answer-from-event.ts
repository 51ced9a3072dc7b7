import { answerFromEvent, parseAnsweringEvent } from '../answer-from-event.ts';
import { observed } from '../observe.ts';
import { openConfirmations } from '../open-confirmations.ts';

const confirmations = openConfirmations(process.env);

/** The target of a rule on an event bus. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await answerFromEvent(parseAnsweringEvent(event), confirmations);
});
