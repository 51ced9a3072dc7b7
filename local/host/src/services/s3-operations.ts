import { headBucket, listBuckets, requireBucket } from './s3-buckets.ts';
import { copyObject } from './s3-copy-object.ts';
import { deleteObject } from './s3-delete-object.ts';
import { deleteObjects } from './s3-delete-objects.ts';
import { notImplemented } from './s3-error.ts';
import type { BucketExchange, Exchange, ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { getObject, headObject, RESPONSE_OVERRIDES } from './s3-get-object.ts';
import { listObjectsV2 } from './s3-list-objects.ts';
import { putObject } from './s3-put-object.ts';
import type { S3Request } from './s3-request.ts';

type Answering<Of extends Exchange> = (context: S3Context, exchange: Of) => S3Answer | Promise<S3Answer>;

interface Operation<Of extends Exchange> {
  method: string;
  /** What tells it from others of its method: a parameter, or a header. Absent for the plain one, which comes last. */
  marker?: (request: S3Request) => boolean;
  /** Every other parameter asks for something else, and is refused. */
  parameters: readonly string[];
  answer: Answering<Of>;
}

const ON_ALL_BUCKETS: readonly Operation<Exchange>[] = [{ method: 'GET', parameters: [], answer: listBuckets }];

const LISTING = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
];

const ON_A_BUCKET: readonly Operation<BucketExchange>[] = [
  { method: 'HEAD', parameters: [], answer: headBucket },
  { method: 'GET', marker: ({ query }) => query.get('list-type') === '2', parameters: LISTING, answer: listObjectsV2 },
  { method: 'POST', marker: ({ query }) => query.has('delete'), parameters: ['delete'], answer: deleteObjects },
];

const ON_AN_OBJECT: readonly Operation<ObjectExchange>[] = [
  { method: 'GET', parameters: ['versionId', ...RESPONSE_OVERRIDES], answer: getObject },
  { method: 'HEAD', parameters: ['versionId', ...RESPONSE_OVERRIDES], answer: headObject },
  {
    method: 'PUT',
    marker: ({ headers }) => headers['x-amz-copy-source'] !== undefined,
    parameters: [],
    answer: copyObject,
  },
  { method: 'PUT', parameters: [], answer: putObject },
  { method: 'DELETE', parameters: ['versionId'], answer: deleteObject },
];

/** @throws {S3Error} NotImplemented, naming what was asked for; NoSuchBucket */
export function perform(context: S3Context, exchange: Exchange): S3Answer | Promise<S3Answer> {
  const { request } = exchange;
  const { bucketName, key } = request;
  if (bucketName === undefined) return operationFor(ON_ALL_BUCKETS, request, 'all buckets')(context, exchange);
  if (key === undefined) {
    const answer = operationFor(ON_A_BUCKET, request, 'a bucket');
    return answer(context, { ...exchange, bucket: requireBucket(context, bucketName) });
  }
  const answer = operationFor(ON_AN_OBJECT, request, 'an object');
  return answer(context, { ...exchange, bucket: requireBucket(context, bucketName), key, keyBytes: Buffer.from(key) });
}

function operationFor<Of extends Exchange>(
  operations: readonly Operation<Of>[],
  request: S3Request,
  target: string,
): Answering<Of> {
  const { method, query } = request;
  const operation = operations.find((one) => one.method === method && (one.marker?.(request) ?? true));
  const unknown = [...query.keys()].filter((name) => !(operation?.parameters.includes(name) ?? false));
  if (operation !== undefined && unknown.length === 0) return operation.answer;
  const asked = unknown.length === 0 ? method : `${method} ?${unknown.join('&')}`;
  throw notImplemented(`${asked} on ${target}`);
}
