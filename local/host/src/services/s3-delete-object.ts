import { requireMatch } from './s3-conditions.ts';
import type { ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { versionHeaders } from './s3-object-headers.ts';
import type { Bucket, Removed, S3Store } from './s3-store.ts';

/** What is not there is deleted already: S3 answers 204 to that. @see S3 API Reference, DeleteObject */
export async function deleteObject({ store }: S3Context, exchange: ObjectExchange): Promise<S3Answer> {
  const { bucket, key, request } = exchange;
  const target = { key, versionId: request.query.get('versionId'), ifMatch: request.headers['if-match'] };
  const removed = await store.write(() => removeObject(store, bucket, target));
  return { status: 204, headers: removed === undefined ? {} : removedHeaders(bucket, removed) };
}

export interface RemovalTarget {
  key: string;
  versionId: string | undefined;
  ifMatch: string | undefined;
}

/** Inside a write. @throws {S3Error} NoSuchKey, PreconditionFailed */
export function removeObject(store: S3Store, bucket: Bucket, target: RemovalTarget): Removed | undefined {
  const { key, versionId, ifMatch } = target;
  const keyBytes = Buffer.from(key);
  if (ifMatch !== undefined) {
    const current = versionId === undefined ? store.live(bucket, keyBytes) : store.version(bucket, keyBytes, versionId);
    requireMatch(ifMatch, current, key);
  }
  return versionId === undefined ? store.remove(bucket, keyBytes) : store.removeVersion(bucket, keyBytes, versionId);
}

function removedHeaders(bucket: Bucket, removed: Removed): Record<string, string> {
  const marker = removed.isDeleteMarker ? { 'x-amz-delete-marker': 'true' } : {};
  return { ...versionHeaders(bucket, removed), ...marker };
}
