import { randomBytes } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { logSyncOf } from './log-sync.ts';
import { md5 } from './s3-checksum.ts';
import { createGroupCommit, type GroupCommit } from './s3-group-commit.ts';
import { expirationOf, expiredBeforeMs, parseLifecycle, type LifecycleRule } from './s3-lifecycle.ts';

export interface Bucket {
  name: string;
  createdMs: number;
  /** Suspended: versions were kept once. What was kept stays; new writes replace each other. */
  versioning: 'Disabled' | 'Enabled' | 'Suspended';
  lifecycle: readonly LifecycleRule[];
}

/** All of an object but its body. */
export interface ObjectHead {
  /** Names this version and no other, and is never used again. */
  sequence: number;
  key: Buffer;
  /** `null` in letters for what was written while no versions were kept. */
  versionId: string;
  isDeleteMarker: boolean;
  lastModifiedMs: number;
  /** Lower-case hexadecimal, without quotes. */
  etag: string;
  size: number;
  checksum?: { header: string; value: string };
  /** What is answered again as it was given: content headers, metadata, encryption. */
  headers: readonly (readonly [name: string, value: string])[];
}

export type NewObject = Pick<ObjectHead, 'etag' | 'checksum' | 'headers'> & { body: Uint8Array };

export interface Removed {
  versionId: string;
  /** A marker was written, or the version that was removed was one. */
  isDeleteMarker: boolean;
}

export interface S3Store extends GroupCommit {
  /** On disk when it returns. Writes nothing where nothing differs. */
  putBucket(name: string, isVersioned: boolean, lifecycle: readonly LifecycleRule[]): void;
  bucket(name: string): Bucket | undefined;
  buckets(): Bucket[];

  /** What a reader sees under the key: no delete marker, nothing expired. */
  live(bucket: Bucket, key: Buffer): ObjectHead | undefined;
  /** The newest version where it is a delete marker. */
  deleteMarker(bucket: Bucket, key: Buffer): ObjectHead | undefined;
  version(bucket: Bucket, key: Buffer, versionId: string): ObjectHead | undefined;
  /** From the byte `start`; never more than `length`. */
  body(sequence: number, start: number, length: number): Uint8Array;
  /** In the binary order of the keys. Reads on as far as the caller does. */
  liveFrom(bucket: Bucket, from: Buffer, isInclusive: boolean): Iterable<ObjectHead>;

  /** Only inside {@link GroupCommit.write}, as the next two. */
  put(bucket: Bucket, key: Buffer, object: NewObject): ObjectHead;
  remove(bucket: Bucket, key: Buffer): Removed | undefined;
  removeVersion(bucket: Bucket, key: Buffer, versionId: string): Removed | undefined;
  /** Removes up to that many of what has expired; fewer mean that none is left. */
  removeExpired(bucket: Bucket, countMax: number): number;
}

/** What was written while no versions were kept. S3 says it in letters too. */
const NULL_VERSION = 'null';

const HEAD = 'sequence, key, version_id, is_delete_marker, last_modified_ms, etag, size, checksum, headers';

/** All buckets and objects in one SQLite file; keys are values in it and never names of files. It closes the database. */
export function createStore(database: DatabaseSync, now: () => number, log = logSyncOf(database)): S3Store {
  const sql = prepareStatements(database);
  const groupCommit = createGroupCommit(database, log);
  const buckets = new Map(sql.buckets.all().map((row) => [String(row['name']), parseBucket(row)]));

  function isExpired(bucket: Bucket, head: ObjectHead): boolean {
    const expiration = expirationOf(bucket.lifecycle, head.key, head.lastModifiedMs);
    return expiration !== undefined && expiration.atMs <= now();
  }

  function live(bucket: Bucket, key: Buffer): ObjectHead | undefined {
    const head = parseHead(sql.live.get(bucket.name, key));
    return head !== undefined && isExpired(bucket, head) ? undefined : head;
  }

  function deleteMarker(bucket: Bucket, key: Buffer): ObjectHead | undefined {
    if (bucket.versioning === 'Disabled') return undefined;
    const marker = parseHead(sql.newestKept.get(bucket.name, key));
    return marker?.isDeleteMarker === true && sql.live.get(bucket.name, key) === undefined ? marker : undefined;
  }

  /** Makes room for a new version: the one before it is kept as noncurrent, or goes where no versions are kept. */
  function retire(bucket: Bucket, key: Buffer): void {
    if (bucket.versioning === 'Disabled') return void sql.deleteLive.run(bucket.name, key);
    if (bucket.versioning === 'Suspended') sql.deleteVersion.run(bucket.name, key, NULL_VERSION);
    const newest = parseHead(sql.live.get(bucket.name, key) ?? sql.newestKept.get(bucket.name, key));
    if (newest !== undefined) sql.retire.run(now(), newest.sequence);
  }

  function insert(bucket: Bucket, key: Buffer, object: NewObject, isDeleteMarker: boolean): ObjectHead {
    const head = {
      key,
      versionId: bucket.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : NULL_VERSION,
      isDeleteMarker,
      lastModifiedMs: now(),
      size: object.body.length,
      etag: object.etag,
      headers: object.headers,
      ...(object.checksum === undefined ? {} : { checksum: object.checksum }),
    };
    const { lastInsertRowid } = sql.insert.run({
      bucket: bucket.name,
      key,
      version_id: head.versionId,
      live: isDeleteMarker ? 0 : 1,
      is_delete_marker: isDeleteMarker ? 1 : 0,
      last_modified_ms: head.lastModifiedMs,
      etag: head.etag,
      size: head.size,
      checksum: object.checksum === undefined ? '' : `${object.checksum.header}: ${object.checksum.value}`,
      headers: head.headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
      body: object.body,
    });
    return { ...head, sequence: Number(lastInsertRowid) };
  }

  function remove(bucket: Bucket, key: Buffer): Removed | undefined {
    retire(bucket, key);
    if (bucket.versioning === 'Disabled') return undefined;
    return insert(bucket, key, { etag: '', headers: [], body: new Uint8Array() }, true);
  }

  /** Where the newest version is removed, the one before it is the newest again. */
  function removeVersion(bucket: Bucket, key: Buffer, versionId: string): Removed | undefined {
    const head = parseHead(sql.version.get(bucket.name, key, versionId));
    if (head === undefined) return undefined;
    sql.deleteSequence.run(head.sequence);
    const newest = sql.live.get(bucket.name, key) === undefined ? sql.newestKept.get(bucket.name, key) : undefined;
    if (newest !== undefined) sql.promote.run(Number(newest['sequence']));
    return head;
  }

  function removeExpired(bucket: Bucket, countMax: number): number {
    let count = 0;
    for (const { prefix = '', expirationDays, noncurrentDays } of bucket.lifecycle) {
      const rule = { bucket: bucket.name, prefix: Buffer.from(prefix) };
      if (expirationDays !== undefined) {
        const before = { ...rule, before: expiredBeforeMs(expirationDays, now()) };
        const expired = sql.expired.all({ ...before, limit: countMax - count });
        for (const row of expired) remove(bucket, parseKey(row['key']));
        count += expired.length;
        count += Number(sql.deleteLoneMarkers.run({ ...before, limit: countMax - count }).changes);
      }
      if (noncurrentDays !== undefined) {
        const before = expiredBeforeMs(noncurrentDays, now());
        count += Number(sql.deleteNoncurrent.run({ ...rule, before, limit: countMax - count }).changes);
      }
    }
    return count;
  }

  return {
    ...groupCommit,
    close() {
      groupCommit.close();
      log.close();
      if (database.isOpen) database.close();
    },
    putBucket(name, isVersioned, lifecycle) {
      const before = buckets.get(name);
      const wasVersioned = before !== undefined && before.versioning !== 'Disabled';
      const bucket: Bucket = {
        name,
        createdMs: before?.createdMs ?? now(),
        versioning: isVersioned ? 'Enabled' : wasVersioned ? 'Suspended' : 'Disabled',
        lifecycle,
      };
      if (isDeepStrictEqual(bucket, before)) return;
      sql.putBucket.run(name, bucket.createdMs, bucket.versioning, JSON.stringify(lifecycle));
      groupCommit.syncNow();
      buckets.set(name, bucket);
    },
    bucket: (name) => buckets.get(name),
    buckets: () => [...buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    live,
    deleteMarker,
    version(bucket, key, versionId) {
      if (bucket.versioning === 'Disabled') return versionId === NULL_VERSION ? live(bucket, key) : undefined;
      return parseHead(sql.version.get(bucket.name, key, versionId));
    },
    body(sequence, start, length) {
      const row = sql.body.get(start + 1, length, sequence);
      const bytes = row?.['bytes'];
      if (!(bytes instanceof Uint8Array)) return new Uint8Array();
      // SQLite gives back what a failing disk made of it; a part of an object cannot be told from what it was.
      if (bytes.length === row?.['size'] && md5(bytes).toString('hex') !== row['etag'])
        throw new Error('an object is damaged: it is not what its ETag says');
      return bytes;
    },
    *liveFrom(bucket, from, isInclusive) {
      const statement = isInclusive ? sql.liveFrom : sql.liveAfter;
      for (const row of statement.iterate(bucket.name, from)) {
        const head = parseHead(row);
        if (head !== undefined && !isExpired(bucket, head)) yield head;
      }
    },
    put(bucket, key, object) {
      retire(bucket, key);
      return insert(bucket, key, object, false);
    },
    remove,
    removeVersion,
    removeExpired,
  };
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text);
  const expiring = (isDue: string) => `SELECT sequence FROM objects AS o WHERE bucket = :bucket AND ${isDue}
      AND substr(key, 1, length(:prefix)) = :prefix LIMIT :limit`;
  return {
    buckets: prepare('SELECT name, created_ms, versioning, lifecycle FROM buckets'),
    putBucket: prepare('INSERT OR REPLACE INTO buckets (name, created_ms, versioning, lifecycle) VALUES (?, ?, ?, ?)'),
    live: prepare(`SELECT ${HEAD} FROM objects WHERE bucket = ? AND key = ? AND live = 1`),
    newestKept: prepare(
      `SELECT ${HEAD} FROM objects WHERE bucket = ? AND key = ? AND live = 0 ORDER BY sequence DESC LIMIT 1`,
    ),
    version: prepare(
      // Two indexed look-ups: the planner takes a partial index only where its condition stands as it is.
      `SELECT ${HEAD} FROM objects WHERE bucket = ?1 AND key = ?2 AND live = 1 AND version_id = ?3
       UNION ALL SELECT ${HEAD} FROM objects WHERE bucket = ?1 AND key = ?2 AND live = 0 AND version_id = ?3`,
    ),
    body: prepare('SELECT substr(body, ?, ?) AS bytes, size, etag FROM objects WHERE sequence = ?'),
    liveFrom: prepare(`SELECT ${HEAD} FROM objects WHERE bucket = ? AND live = 1 AND key >= ? ORDER BY key`),
    liveAfter: prepare(`SELECT ${HEAD} FROM objects WHERE bucket = ? AND live = 1 AND key > ? ORDER BY key`),
    insert: prepare(
      `INSERT INTO objects (bucket, key, version_id, live, is_delete_marker, last_modified_ms, etag, size, checksum, headers, body)
       VALUES (:bucket, :key, :version_id, :live, :is_delete_marker, :last_modified_ms, :etag, :size, :checksum, :headers, :body)`,
    ),
    retire: prepare(
      'UPDATE objects SET live = 0, noncurrent_since_ms = ? WHERE sequence = ? AND noncurrent_since_ms IS NULL',
    ),
    promote: prepare('UPDATE objects SET live = 1 - is_delete_marker, noncurrent_since_ms = NULL WHERE sequence = ?'),
    deleteLive: prepare('DELETE FROM objects WHERE bucket = ? AND key = ? AND live = 1'),
    deleteSequence: prepare('DELETE FROM objects WHERE sequence = ?'),
    deleteVersion: prepare(
      `DELETE FROM objects WHERE sequence IN (
         SELECT sequence FROM objects WHERE bucket = ?1 AND key = ?2 AND live = 1 AND version_id = ?3
         UNION ALL SELECT sequence FROM objects WHERE bucket = ?1 AND key = ?2 AND live = 0 AND version_id = ?3)`,
    ),
    expired: prepare(
      `SELECT key FROM objects WHERE sequence IN (${expiring('live = 1 AND last_modified_ms < :before')})`,
    ),
    deleteNoncurrent: prepare(
      `DELETE FROM objects WHERE sequence IN (${expiring('noncurrent_since_ms IS NOT NULL AND noncurrent_since_ms < :before')})`,
    ),
    deleteLoneMarkers: prepare(
      `DELETE FROM objects WHERE sequence IN (${expiring(
        `is_delete_marker = 1 AND noncurrent_since_ms IS NULL AND last_modified_ms < :before AND NOT EXISTS (
           SELECT 1 FROM objects WHERE bucket = o.bucket AND key = o.key AND live = 0 AND sequence <> o.sequence)`,
      )})`,
    ),
  };
}

type Row = Record<string, SQLOutputValue>;

function parseBucket(row: Row): Bucket {
  const versioning = row['versioning'];
  return {
    name: String(row['name']),
    createdMs: Number(row['created_ms']),
    versioning: versioning === 'Enabled' || versioning === 'Suspended' ? versioning : 'Disabled',
    lifecycle: parseLifecycle(JSON.parse(String(row['lifecycle']))),
  };
}

function parseHead(row: Row | undefined): ObjectHead | undefined {
  if (row === undefined) return undefined;
  const [checksum] = parseLines(String(row['checksum']));
  return {
    sequence: Number(row['sequence']),
    key: parseKey(row['key']),
    versionId: String(row['version_id']),
    isDeleteMarker: row['is_delete_marker'] === 1,
    lastModifiedMs: Number(row['last_modified_ms']),
    etag: String(row['etag']),
    size: Number(row['size']),
    headers: parseLines(String(row['headers'])),
    ...(checksum === undefined ? {} : { checksum: { header: checksum[0], value: checksum[1] } }),
  };
}

/** Headers are kept as HTTP writes them: no value holds a line feed, or it could not have come. */
function parseLines(text: string): [name: string, value: string][] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(': ');
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 2)]];
  });
}

function parseKey(value: SQLOutputValue | undefined): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.alloc(0);
}
