/** What links are signed with. */
export interface LinkKey {
  readonly keyId: string;
  readonly key: Uint8Array;
}

export interface LinkKeys {
  /** Signs. */
  current(): Promise<LinkKey>;
  /** Verifies what it has signed before; undefined if it is not kept any more. */
  byId(keyId: string): Promise<LinkKey | undefined>;
}

/** A version of a secret, as Secrets Manager gives it. */
export interface SecretVersion {
  readonly VersionId?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

/** Gives the version that has this staging label, undefined if none has. */
export type ReadSecretVersion = (stage: 'AWSCURRENT' | 'AWSPREVIOUS') => Promise<SecretVersion | undefined>;

const CACHE_MS = 5 * 60 * 1000;

/** Less than HMAC-SHA-256 itself has. RFC 2104, section 3: such keys decrease the security strength. */
const KEY_BYTES_MIN = 32;

interface Cached {
  readonly current: LinkKey;
  readonly all: ReadonlyMap<string, LinkKey>;
  readonly atMs: number;
  /** Looked for and not found, so that a link that is too old does not call Secrets Manager each time. */
  readonly missing: Set<string>;
}

/**
 * Keys from a secret that is rotated: `AWSCURRENT` signs, `AWSPREVIOUS` verifies as well. The id of a key is that of its version.
 * They are fetched when first needed, and kept for five minutes; a link by a key that is newer than what is kept fetches them anew.
 */
export function rotatedKeys(readVersion: ReadSecretVersion, now: () => number): LinkKeys {
  let cached: Promise<Cached> | undefined;

  async function read(): Promise<Cached> {
    const atMs = now();
    const [current, previous] = await Promise.all([readVersion('AWSCURRENT'), readVersion('AWSPREVIOUS')]);
    const keys = [current, previous].flatMap((version) => (version === undefined ? [] : keyOf(version)));
    const [first] = keys;
    if (first === undefined) throw new Error('the secret of the links has no current version');
    return { current: first, all: new Map(keys.map((key) => [key.keyId, key])), atMs, missing: new Set() };
  }

  function fetchKeys(): Promise<Cached> {
    const fetched = read();
    cached = fetched;
    // A failure is not kept: the next who needs a key tries again.
    fetched.catch(() => {
      if (cached === fetched) cached = undefined;
    });
    return fetched;
  }

  async function keys(): Promise<Cached> {
    const kept = await cached;
    return kept !== undefined && now() - kept.atMs < CACHE_MS ? kept : await fetchKeys();
  }

  return {
    current: async () => (await keys()).current,

    async byId(keyId) {
      const kept = await keys();
      const key = kept.all.get(keyId);
      if (key !== undefined || kept.missing.has(keyId)) return key;
      const fetched = await fetchKeys();
      if (!fetched.all.has(keyId)) fetched.missing.add(keyId);
      return fetched.all.get(keyId);
    },
  };
}

/** The text is a key as it is, or JSON with a member `key`, as Secrets Manager generates one from a template. */
function keyOf({ VersionId, SecretString, SecretBinary }: SecretVersion): LinkKey {
  const key = SecretBinary ?? Buffer.from(memberKey(SecretString ?? ''));
  if (VersionId === undefined || key.byteLength < KEY_BYTES_MIN) {
    throw new Error(`the secret of the links is too short for a key: it needs ${KEY_BYTES_MIN} bytes`);
  }
  return { keyId: VersionId, key };
}

function memberKey(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { key } = JSON.parse(text) as { key?: unknown };
    return typeof key === 'string' ? key : text;
  } catch {
    // Whoever fails to parse it would quote it.
    return text;
  }
}
