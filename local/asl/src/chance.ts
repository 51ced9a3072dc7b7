/** 128 random bits that come with a signal. All chance in a transition is drawn from them, so an old signal gives the old answer. */
export type Entropy = readonly [number, number, number, number];

export interface Chance {
  /** Evenly from 0 up to, and without, 1. */
  random(): number;
  /** A version 4 UUID. */
  uuid(): string;
}

/** Draws from 128 bits by sfc32: small, fast and even enough for jitter, `States.MathRandom` and `States.UUID`; no secret is made of it. */
export function chanceFrom(entropy: Entropy): Chance {
  let [a, b, c, counter] = entropy;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  return {
    random: () => next() / 2 ** 32,
    uuid: () => {
      const digits = markRandomUuid(hex(next()) + hex(next()) + hex(next()) + hex(next()));
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
    },
  };
}

/** Sets the bits by which RFC 9562 tells a random UUID: version 4, variant 10. */
function markRandomUuid(digits: string): string {
  const clockHigh = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digits.slice(0, 12)}4${digits.slice(13, 16)}${clockHigh}${digits.slice(17)}`;
}
