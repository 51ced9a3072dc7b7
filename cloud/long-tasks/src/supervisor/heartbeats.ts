import { type Log, reasonOf } from './log.ts';
import type { Task } from './task.ts';

/**
 * Beats the heart of a task until it is told to stop, or until nobody waits for the task any more. A heartbeat that could not
 * be sent is followed by the next: whether there were too few of them, Step Functions decides.
 *
 * The program is not asked: as long as its process lives, it works.
 */
export function heartbeats(
  { task, heartbeatMs, log }: { readonly task: Task; readonly heartbeatMs: number; readonly log: Log },
  onAbandoned: () => void,
): () => Promise<void> {
  const stopped = Promise.withResolvers<'stop'>();
  const beating = beat();
  return async () => {
    stopped.resolve('stop');
    await beating;
  };

  async function beat(): Promise<void> {
    while ((await firstOf(heartbeatMs, stopped.promise)) !== 'stop') {
      if (await isWaitedFor()) continue;
      return onAbandoned();
    }
  }

  async function isWaitedFor(): Promise<boolean> {
    try {
      return await task.heartbeat();
    } catch (error) {
      log('long-task.heartbeat-not-sent', { reason: reasonOf(error) });
      return true;
    }
  }
}

async function firstOf<End>(milliseconds: number, end: Promise<End>): Promise<End | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), milliseconds);
  try {
    return await Promise.race([end, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
