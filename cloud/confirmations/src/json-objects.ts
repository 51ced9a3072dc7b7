import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';

/** JSON texts in a bucket, each write under a condition: nobody overwrites what they have not read. */
export interface JsonObjects {
  read(key: string): Promise<{ value: unknown; etag: Etag } | undefined>;
  /**
   * Writes over exactly what was read, or, if nothing was, where nothing is. Gives what is to be named to replace or remove
   * it; undefined if the object has changed, come or gone since.
   */
  write(key: string, body: string, read: Etag | undefined): Promise<Etag | undefined>;
  /**
   * Deletes exactly what was read. False: it has changed or gone since.
   *
   * Needs an S3 that honours `If-Match` on a delete, as AWS's general purpose buckets do (API Reference, DeleteObject): where
   * it is ignored, a slow attempt can delete a later one's wait.
   */
  remove(key: string, read: Etag): Promise<boolean>;
  /** Keys that begin with the prefix and come after a given one, in the order of S3: by UTF-8 bytes. */
  list(prefix: string, page: { startAfter?: string; limit: number }): Promise<{ keys: string[]; hasMore: boolean }>;
}

/** Names one content of an object, as S3 does. */
export type Etag = string;

export function jsonObjects(s3: Pick<S3Client, 'send'>, bucket: string): JsonObjects {
  return {
    async read(key) {
      try {
        const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        assert(Body !== undefined && ETag !== undefined, 'S3 answers with a body and its ETag');
        return { value: JSON.parse(await Body.transformToString()), etag: ETag };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    async write(key, body, read) {
      const condition = read === undefined ? { IfNoneMatch: '*' } : { IfMatch: read };
      const request = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json', ...condition };
      const written = await ifConditionHolds(s3.send(new PutObjectCommand(request)));
      if (written === undefined) return undefined;
      assert(written.ETag !== undefined, 'S3 answers with the ETag of what it stored');
      return written.ETag;
    },

    async remove(key, read) {
      const request = { Bucket: bucket, Key: key, IfMatch: read };
      return (await ifConditionHolds(s3.send(new DeleteObjectCommand(request)))) !== undefined;
    },

    async list(prefix, { startAfter, limit }) {
      const start = startAfter === undefined ? {} : { StartAfter: startAfter };
      const request = { Bucket: bucket, Prefix: prefix, MaxKeys: limit, ...start };
      const { Contents = [], IsTruncated = false } = await s3.send(new ListObjectsV2Command(request));
      return { keys: Contents.flatMap(({ Key }) => Key ?? []), hasMore: IsTruncated };
    },
  };
}

/**
 * The answer to a conditional request, or undefined if its condition did not hold. S3 says 412 where it does not, 404 where
 * what `If-Match` names has gone, and 409 where another request was under way at the same time: in all three, read and
 * decide again.
 *
 * @see Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests"
 */
async function ifConditionHolds<Output>(request: Promise<Output>): Promise<Output | undefined> {
  try {
    return await request;
  } catch (error) {
    if ([404, 409, 412].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  // A missing bucket is a 404 as well, but no answer to a question about an object.
  if (!(error instanceof S3ServiceException) || error.name === 'NoSuchBucket') return undefined;
  return error.$metadata.httpStatusCode;
}
