import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../../asl/src/index.ts';

/** Where the engine takes its chance from: 128 fresh bits a call. */
export type EntropySource = () => Entropy;

/** The system's generator, asked in large portions: a call of its own for each signal would cost more than the signal. */
export function systemEntropy(): EntropySource {
  const pool = new Int32Array(1024);
  let used = pool.length;
  return () => {
    if (used >= pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const drawn = pool.subarray(used, (used += 4));
    return [drawn[0] ?? 0, drawn[1] ?? 0, drawn[2] ?? 0, drawn[3] ?? 0];
  };
}

/** The same bits in the same order for the same seed, for tests and simulation. */
export function seededEntropy(seed: number): EntropySource {
  let state = seed | 0;
  const next = (): number => {
    // Weyl sequence through a finaliser (splitmix32).
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return () => [next(), next(), next(), next()];
}
