/** What surrounds each call to AWS: tests break in here, before it, after it, or between it and another. */
export type Around = (call: string, perform: () => unknown) => Promise<unknown>;

export const undisturbed: Around = async (_call, perform) => perform();

/** The process died. What it was about to do is not done, and it does nothing any more. */
export class Crash extends Error {}

/** Dies at the nth call to AWS (counted from 0), before it or after it was carried out. */
export function crashAt(nth: number, when: 'before' | 'after'): Around & { crashed: () => boolean } {
  let calls = 0;
  let isDead = false;
  const around: Around = async (_call, perform) => {
    if (isDead) throw new Crash();
    const isThisOne = calls === nth;
    calls += 1;
    if (!isThisOne) return perform();
    isDead = true;
    if (when === 'after') await perform();
    throw new Crash();
  };
  return Object.assign(around, { crashed: () => isDead });
}
