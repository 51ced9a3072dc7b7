import type { Progress } from '../progress.ts';

export interface ProgressWriter {
  /** Keeps this, now or soon; of many only the last is written. */
  say(progress: Progress): void;
  /** Resolves when what was said last is kept, or could not be. */
  flush(): Promise<void>;
}

/** Writes at most once in so many milliseconds. Progress is for people to look at: what cannot be written is not worth a failure. */
export function progressWriter(
  write: (progress: Progress) => Promise<void>,
  everyMs: number,
  onFailure: (error: unknown) => void,
): ProgressWriter {
  let latest: Progress | undefined;
  let writing: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let isInHurry = false;

  async function writeAll(): Promise<void> {
    while (latest !== undefined) {
      const progress = latest;
      latest = undefined;
      await write(progress).catch(onFailure);
      await rest();
    }
    writing = undefined;
  }

  async function rest(): Promise<void> {
    if (isInHurry) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, everyMs);
    wake = resolve;
    await promise;
    clearTimeout(timer);
    wake = undefined;
  }

  return {
    say(progress) {
      latest = progress;
      writing ??= writeAll();
    },
    async flush() {
      isInHurry = true;
      wake?.();
      await writing;
      isInHurry = false;
    },
  };
}
