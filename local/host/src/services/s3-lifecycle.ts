/**
 * A rule of a bucket's lifecycle, after the CloudFormation property `LifecycleConfiguration.Rules`.
 *
 * An object expires at the first midnight UTC after its last write plus the days, as on AWS. From that instant nobody
 * sees it any more; a sweep frees its place within the hour. (AWS may keep showing it for some time: it promises less.)
 * Where versions are kept, expiring means a delete marker, and `noncurrentDays` ends the older versions.
 */
export interface LifecycleRule {
  id?: string;
  /** The keys it is for. @default all */
  prefix?: string;
  /** `ExpirationInDays`, at least 1. */
  expirationDays?: number;
  /** `NoncurrentVersionExpiration.NoncurrentDays`, at least 1. */
  noncurrentDays?: number;
}

const DAY_MS = 86_400_000;

/** @throws {TypeError} for what is no list of rules */
export function parseLifecycle(value: unknown): LifecycleRule[] {
  if (!Array.isArray(value)) throw new TypeError('a lifecycle is a list of rules');
  return value.map(parseRule);
}

function parseRule(value: unknown): LifecycleRule {
  if (typeof value !== 'object' || value === null) throw new TypeError('a rule of a lifecycle is an object');
  const { id, prefix, expirationDays, noncurrentDays, ...unknown }: Readonly<Record<string, unknown>> = { ...value };
  const [unknownName] = Object.keys(unknown);
  if (unknownName !== undefined) throw new TypeError(`a rule of a lifecycle has no "${unknownName}"`);
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof prefix === 'string' ? { prefix } : {}),
    ...(expirationDays === undefined ? {} : { expirationDays: parseDays(expirationDays) }),
    ...(noncurrentDays === undefined ? {} : { noncurrentDays: parseDays(noncurrentDays) }),
  };
}

function parseDays(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw new TypeError(`a lifecycle counts whole days from 1, not ${String(value)}`);
}

/** What is older than this instant has outlived that many days. */
export function expiredBeforeMs(days: number, nowMs: number): number {
  return Math.floor(nowMs / DAY_MS) * DAY_MS - days * DAY_MS;
}

/** When a key written at that instant expires, by the rule that ends it first. */
export function expirationOf(
  rules: readonly LifecycleRule[],
  key: Buffer,
  lastModifiedMs: number,
): { atMs: number; ruleId: string } | undefined {
  let first: { atMs: number; ruleId: string } | undefined;
  for (const { id = 'expiration', prefix = '', expirationDays } of rules) {
    if (expirationDays === undefined || !startsWith(key, Buffer.from(prefix))) continue;
    const atMs = Math.floor(lastModifiedMs / DAY_MS + expirationDays + 1) * DAY_MS;
    if (first === undefined || atMs < first.atMs) first = { atMs, ruleId: id };
  }
  return first;
}

export function startsWith(key: Buffer, prefix: Buffer): boolean {
  return key.length >= prefix.length && key.subarray(0, prefix.length).equals(prefix);
}
