import { isIPv6 } from 'node:net';

/** So many wrong attempts within a minute, and an address waits for the end of the minute that began with its first. */
export const WRONG_ATTEMPTS_MAX = 100;
const WINDOW_MS = 60_000;
/** Addresses that are remembered. About 1 MB; whoever commands more of them is not held by a count of addresses. */
const ADDRESSES_MAX = 10_000;

interface Window {
  readonly endsAtMs: number;
  count: number;
}

/**
 * Counts, by address, who comes with a secret that opens nothing.
 *
 * The count is this process's own: a secret of 256 bits needs nobody to count for it, and a count in a store would be a write for
 * each attempt, which is more than the attempt costs. On AWS an address has so many attempts with each instance of the function
 * that it reaches, and there are no more instances than the stage's throttling keeps busy.
 */
export class WrongAttempts {
  readonly #now: () => number;
  /** By network; the one whose minute began first comes first. */
  readonly #windows = new Map<string, Window>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long an address has to wait, in whole seconds; 0 if it may try. */
  secondsToWait(address: string): number {
    const window = this.#current(networkOf(address));
    return window === undefined || window.count < WRONG_ATTEMPTS_MAX
      ? 0
      : Math.ceil((window.endsAtMs - this.#now()) / 1000);
  }

  /** Counts one; true if it was the last that the address has for now. */
  add(address: string): boolean {
    const network = networkOf(address);
    const window = this.#current(network) ?? this.#begin(network);
    window.count += 1;
    return window.count === WRONG_ATTEMPTS_MAX;
  }

  #current(network: string): Window | undefined {
    const window = this.#windows.get(network);
    const leftMs = (window?.endsAtMs ?? 0) - this.#now();
    // More than a minute is left if the clock was set back: then nobody knows, and it begins anew.
    return leftMs > 0 && leftMs <= WINDOW_MS ? window : undefined;
  }

  #begin(network: string): Window {
    const window = { endsAtMs: this.#now() + WINDOW_MS, count: 0 };
    // Removed first, so that it stands last.
    this.#windows.delete(network);
    this.#windows.set(network, window);
    const [oldest = network] = this.#windows.keys();
    if (this.#windows.size > ADDRESSES_MAX) this.#windows.delete(oldest);
    return window;
  }
}

/** Whoever has one address of IPv6 has 2^64 of them, which count as one. RFC 6177, section 2. */
function networkOf(address: string): string {
  // An IPv4 address in the clothes of IPv6 is one address, and its first four groups are those of all the others.
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = [], tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => '0');
  const groups = tail === undefined ? head : [...head, ...zeros, ...tail];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
