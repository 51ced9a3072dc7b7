/** Wakes workers that wait for a task of an activity. The tasks themselves are rows; this only spares asking for them again and again. */
export class OfferBell {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when a task has come, after so long, or when the worker hangs up. */
  next(activityArn: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(activityArn) ?? new Set();
      this.#waiting.set(activityArn, waiting);
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(activityArn);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal?.addEventListener('abort', wake);
      waiting.add(wake);
    });
  }

  /** One task has come: it is enough to wake the one that has waited longest. */
  come(activityArn: string): void {
    const [first] = this.#waiting.get(activityArn) ?? [];
    first?.();
  }

  close(): void {
    const wakes = Array.from(this.#waiting.values(), (waiting) => Array.from(waiting)).flat();
    for (const wake of wakes) wake();
  }
}
