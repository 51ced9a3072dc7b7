import { once } from 'node:events';

/** What a shell reports for a process that Ctrl-C ended: 128 + SIGINT. */
const EXIT_CODE_INTERRUPTED = 130;

/** One Ctrl-C can arrive twice, from the terminal and from npm passing it on; a person's second one takes longer. */
const SAME_KEYSTROKE_MS = 300;

/**
 * Aborts at the first SIGINT or SIGTERM, so that whoever runs can stop in order. At the second the process ends where
 * it is: nothing that was acknowledged is lost by that.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAtMs = 0;
  const stop = () => {
    if (!controller.signal.aborted) {
      firstAtMs = Date.now();
      controller.abort();
    } else if (Date.now() - firstAtMs > SAME_KEYSTROKE_MS) process.exit(EXIT_CODE_INTERRUPTED);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return controller.signal;
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
