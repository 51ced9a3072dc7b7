import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import { LambdaError } from './lambda-errors.ts';
import type { Invocation, InvocationResult } from './lambda-instance.ts';

/** Lambda Developer Guide, "Asynchronous invocation": two more attempts, one minute and two minutes later. */
const RETRY_DELAYS_MS = [60_000, 120_000];

/** The same chapter: throttles and service errors are tried again for up to six hours, from 1 second to 5 minutes apart. */
const BACKOFF_MS = 1000;
const BACKOFF_MS_MAX = 5 * 60_000;
const AGE_MS_MAX = 6 * 3600_000;

export interface AsynchronousInvoker {
  /** Delivers the event in the background. Events are held in memory: those not delivered are lost with the host. */
  accept(functionName: string, invocation: Invocation): void;
  close(): void;
}

export function createAsynchronousInvoker(
  run: (functionName: string, invocation: Invocation) => Promise<InvocationResult>,
  time: HostTime,
  log: Log,
): AsynchronousInvoker {
  const closing = new AbortController();
  const pause = (ms: number) => time.sleep(ms, 'InvocationRetry', closing.signal);

  async function deliver(functionName: string, invocation: Invocation): Promise<void> {
    for (const delayMs of [0, ...RETRY_DELAYS_MS]) {
      if (delayMs > 0) await pause(delayMs);
      const result = await whenAccepted(functionName, invocation);
      if (result.functionError === undefined) return;
    }
    log.error('lambda.event.dropped', { functionName, requestId: invocation.requestId, reason: 'RetriesExhausted' });
  }

  async function whenAccepted(functionName: string, invocation: Invocation): Promise<InvocationResult> {
    const giveUpAt = time.now() + AGE_MS_MAX;
    for (let delayMs = BACKOFF_MS; ; delayMs = Math.min(delayMs * 2, BACKOFF_MS_MAX)) {
      try {
        return await run(functionName, invocation);
      } catch (error) {
        if (!(error instanceof LambdaError) || time.now() > giveUpAt) throw error;
      }
      await pause(delayMs);
    }
  }

  return {
    accept(functionName, invocation) {
      deliver(functionName, invocation).catch((error: unknown) => {
        const reason = closing.signal.aborted ? 'ServiceClosed' : String(error);
        log.error('lambda.event.dropped', { functionName, requestId: invocation.requestId, reason });
      });
    },
    close: () => closing.abort(),
  };
}
