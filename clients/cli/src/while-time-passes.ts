import { setTimeout as sleep } from 'node:timers/promises';
import type { TimeShown } from './ask-time.ts';

const LOOK_MS = 400;
const CLEAR_LINE = '\r\u001B[2K';

/** On a terminal, shows on stderr how far a journey has come while it is under way; elsewhere it says nothing. */
export async function whileTimePasses<Result>(
  look: () => Promise<TimeShown>,
  travel: () => Promise<Result>,
): Promise<Result> {
  if (!process.stderr.isTTY) return travel();
  const arrived = new AbortController();
  const telling = tell(look, arrived.signal);
  try {
    return await travel();
  } finally {
    arrived.abort();
    await telling;
    process.stderr.write(CLEAR_LINE);
  }
}

async function tell(look: () => Promise<TimeShown>, arrived: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await sleep(LOOK_MS, undefined, { signal: arrived });
      const { now, advancing } = await look();
      if (arrived.aborted) return;
      if (advancing !== undefined)
        process.stderr.write(
          `${CLEAR_LINE}${now.slice(0, 16)}Z → ${advancing.to.slice(0, 16)}Z, ${advancing.firedCount} due so far …`,
        );
    }
  } catch {
    // It has arrived, or the journey itself says what is wrong.
  }
}
