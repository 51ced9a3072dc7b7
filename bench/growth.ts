import { round } from './closed-loop.ts';

/** By so much a figure may be larger in the last quarter than in the second: by a share of it, and by an amount besides. */
export interface Tolerance {
  readonly share: number;
  readonly amount: number;
}

export interface Growth {
  readonly before: number;
  readonly after: number;
  readonly most: number;
  readonly grew: boolean;
}

/**
 * Whether a figure has grown: its median over the last quarter of the samples is compared with that over the second. The
 * first quarter does not count, for in it things are compiled, and caches filled.
 *
 * @throws {RangeError} if there are fewer than eight samples: a median of one is none.
 */
export function growthOf(samples: readonly number[], { share, amount }: Tolerance): Growth {
  if (samples.length < 8) throw new RangeError(`growth is seen in eight samples or more, not in ${samples.length}`);
  const quarter = Math.floor(samples.length / 4);
  const before = median(samples.slice(quarter, 2 * quarter));
  const after = median(samples.slice(-quarter));
  const most = before * (1 + share) + amount;
  return { before: round(before), after: round(after), most: round(most), grew: after > most };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}
