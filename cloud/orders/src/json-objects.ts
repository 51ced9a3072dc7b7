import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** JSON texts in a bucket, each write under a condition: nobody overwrites what they have not read. */
export interface JsonObjects {
  read(key: string): Promise<StoredObject | undefined>;
  /** Writes where nothing is. False: something is. */
  create(key: string, body: string): Promise<boolean>;
  /** Writes over exactly what was read. False: it has changed or gone since. */
  replace(key: string, body: string, read: StoredObject): Promise<boolean>;
  /** Deletes exactly what was read. False: it has changed or gone since. */
  remove(key: string, read: StoredObject): Promise<boolean>;
  /** Keys that begin with the prefix and come after a given one, in the order of S3: by UTF-8 bytes. */
  list(prefix: string, page: { startAfter?: string; limit: number }): Promise<{ keys: string[]; hasMore: boolean }>;
}

export interface StoredObject {
  readonly value: unknown;
  readonly etag: string;
}

export function jsonObjects(s3: Pick<S3Client, 'send'>, bucket: string): JsonObjects {
  const put = (key: string, body: string, condition: { IfMatch: string } | { IfNoneMatch: '*' }) =>
    holds(
      s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json', ...condition }),
      ),
    );
  return {
    async read(key) {
      try {
        const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (Body === undefined || ETag === undefined) throw new Error(`S3 answered without body or ETag for "${key}"`);
        return { value: JSON.parse(await Body.transformToString()), etag: ETag };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    create: (key, body) => put(key, body, { IfNoneMatch: '*' }),
    replace: (key, body, { etag }) => put(key, body, { IfMatch: etag }),
    remove: (key, { etag }) => holds(s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }))),
    async list(prefix, { startAfter, limit }) {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: limit,
          ...(startAfter !== undefined && { StartAfter: startAfter }),
        }),
      );
      return {
        keys: (page.Contents ?? []).flatMap(({ Key }) => Key ?? []),
        hasMore: page.IsTruncated ?? false,
      };
    },
  };
}

/**
 * Whether a conditional request was carried out. S3 says 412 where the condition does not hold, 404 where what `If-Match`
 * names has gone, and 409 where another request was under way at the same time: in all three, read and decide again.
 *
 * @see Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests"
 */
async function holds(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if ([404, 409, 412].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  // A missing bucket is a 404 as well, but no answer to a question about an object.
  if (!(error instanceof S3ServiceException) || error.name === 'NoSuchBucket') return undefined;
  return error.$metadata.httpStatusCode;
}
