import type { InvokeTask, TaskCall } from './effect.ts';
import type { SignalBody } from './signal.ts';
import type { TaskHandler } from './task-handler.ts';

/**
 * Performs calls and turns each outcome into a signal. It is handed a call only after the commit that opened its effect is on
 * disk, makes it once, and keeps in memory nothing but the calls that are running now.
 */
export class Dispatcher {
  readonly #handler: TaskHandler;
  readonly #deliver: (executionId: number, signal: SignalBody) => void;
  readonly #running = new Map<string, AbortController>();
  #held: HeldCall[] | undefined;
  #idle: (() => void) | undefined;

  constructor(handler: TaskHandler, deliver: (executionId: number, signal: SignalBody) => void) {
    this.#handler = handler;
    this.#deliver = deliver;
  }

  perform(executionId: number, { effectId, call }: Pick<InvokeTask, 'effectId' | 'call'>): void {
    if (this.#held !== undefined) this.#held.push({ executionId, effectId, call });
    else void this.#call(executionId, effectId, call);
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** The attempt is over; its call, if it still runs, is told so. */
  abort(executionId: number, effectId: number): void {
    const key = callKey(executionId, effectId);
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    running.abort();
  }

  /** From now on nothing is begun. Waits for what is running, at most so long, and gives the calls that were asked for meanwhile. */
  async drain(timeoutMs: number): Promise<readonly HeldCall[]> {
    this.#held = [];
    if (this.#running.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      this.#idle = resolve;
      await promise;
      clearTimeout(timer);
    }
    for (const running of this.#running.values()) running.abort();
    this.#running.clear();
    return this.#held;
  }

  async #call(executionId: number, effectId: number, call: TaskCall): Promise<void> {
    const key = callKey(executionId, effectId);
    const controller = new AbortController();
    this.#running.set(key, controller);
    const answer = await this.#answer(call, controller.signal);
    if (this.#running.get(key) !== controller) return;
    this.#running.delete(key);
    this.#deliver(
      executionId,
      'output' in answer ? { type: 'CallReturned', effectId, ...answer } : { type: 'TaskFailed', effectId, ...answer },
    );
    if (this.#running.size === 0) this.#idle?.();
  }

  async #answer(call: TaskCall, signal: AbortSignal): ReturnType<TaskHandler> {
    try {
      return await this.#handler(call, signal);
    } catch (thrown) {
      return { error: 'States.TaskFailed', cause: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  }
}

/** A call that was committed, and not begun, when the engine stopped. */
export interface HeldCall {
  readonly executionId: number;
  readonly effectId: number;
  readonly call: TaskCall;
}

function callKey(executionId: number, effectId: number): string {
  return `${executionId}/${effectId}`;
}
