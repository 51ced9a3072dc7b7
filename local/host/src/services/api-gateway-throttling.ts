/** Of a route: so many requests a second, and so many at once after a rest. */
export interface ThrottlingLimits {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** What a stage says of its routes; what it leaves out is as the account has it. */
export interface StageThrottling {
  readonly defaults?: Partial<ThrottlingLimits>;
  /** By route key. */
  readonly routes?: Readonly<Record<string, Partial<ThrottlingLimits>>>;
}

/** API Gateway quotas, "Throttle quota per account, per Region across HTTP APIs, REST APIs, …". */
export const ACCOUNT_LIMITS: ThrottlingLimits = { ratePerSecond: 10_000, burst: 5_000 };

/** A bucket of tokens: each request takes one, and they come back at a rate until it is full. */
export class TokenBucket {
  readonly #limits: ThrottlingLimits;
  readonly #now: () => number;
  #tokens: number;
  #countedAtMs: number;

  /** @param now milliseconds of a clock that only goes on */
  constructor(limits: ThrottlingLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.burst;
    this.#countedAtMs = now();
  }

  /** Whether there was one. */
  take(): boolean {
    const now = this.#now();
    const { ratePerSecond, burst } = this.#limits;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAtMs) / 1000) * ratePerSecond);
    this.#countedAtMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/**
 * Whether a route takes one more request. Each route has the limits of its own or the stage's default for itself, and all of them
 * together share those of the account.
 *
 * @see API Gateway Developer Guide, "Throttle requests to your HTTP APIs for better throughput"
 */
export function createThrottle(
  { defaults, routes = {} }: StageThrottling,
  account: TokenBucket,
  now: () => number,
): (routeKey: string) => boolean {
  const own = new Map(Object.entries(routes));
  const buckets = new Map<string, TokenBucket>();
  return (routeKey) => {
    let bucket = buckets.get(routeKey);
    // As many as the API has routes, which is bounded by its template.
    if (bucket === undefined) {
      bucket = new TokenBucket({ ...ACCOUNT_LIMITS, ...defaults, ...own.get(routeKey) }, now);
      buckets.set(routeKey, bucket);
    }
    return bucket.take() && account.take();
  };
}
