import type { Notice } from '../notice.ts';
import type { Report } from '../observe.ts';

export type Channel = 'event-bridge' | 'mail' | 'sns';

/** Tells somebody; or, if that fails, reports it: nobody's decision fails because a mail could not be sent. */
export async function attempt(
  channel: Channel,
  { id, about }: Pick<Notice, 'id' | 'about'>,
  report: Report,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    report('notice.failed', { id, channel, about, error: nameAndMessage(error) });
  }
}

/** What else an SDK's error carries may hold the request, and with it a link. */
function nameAndMessage(error: unknown): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(message), { name });
}
