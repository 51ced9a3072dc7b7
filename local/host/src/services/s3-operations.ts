import { headBucket, listBuckets, requireBucket } from './s3-buckets.ts';
import { copyObject } from './s3-copy-object.ts';
import { deleteObject } from './s3-delete-object.ts';
import { deleteObjects } from './s3-delete-objects.ts';
import { notImplemented } from './s3-error.ts';
import type { Permission } from '../iam/caller.ts';
import type { BucketExchange, Exchange, ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { getObject, headObject, RESPONSE_OVERRIDES } from './s3-get-object.ts';
import { listObjectsV2 } from './s3-list-objects.ts';
import { onAllBuckets, onBucket, onObject, onVersion, toWrite } from './s3-permissions.ts';
import { putObject } from './s3-put-object.ts';
import type { S3Request } from './s3-request.ts';

type Answering<Of extends Exchange> = (context: S3Context, exchange: Of) => S3Answer | Promise<S3Answer>;

interface Operation<Of extends Exchange> {
  method: string;
  /** What tells it from others of its method: a parameter, or a header. Absent for the plain one, which comes last. */
  marker?: (request: S3Request) => boolean;
  /** Every other parameter asks for something else, and is refused. */
  parameters: readonly string[];
  /** What it needs, as far as the request tells. */
  permissions: (request: S3Request) => readonly Permission[];
  answer: Answering<Of>;
}

const ON_ALL_BUCKETS: readonly Operation<Exchange>[] = [
  { method: 'GET', parameters: [], permissions: () => [onAllBuckets('s3:ListAllMyBuckets')], answer: listBuckets },
];

const toList = (request: S3Request) => [onBucket('s3:ListBucket', request)];
const toRead = (request: S3Request) => [onVersion('s3:GetObject', request)];

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
  { method: 'HEAD', parameters: [], permissions: toList, answer: headBucket },
  {
    method: 'GET',
    marker: ({ query }) => query.get('list-type') === '2',
    parameters: LISTING,
    permissions: toList,
    answer: listObjectsV2,
  },
  {
    method: 'POST',
    marker: ({ query }) => query.has('delete'),
    parameters: ['delete'],
    // Each key is asked for by itself.
    permissions: () => [],
    answer: deleteObjects,
  },
];

const ON_AN_OBJECT: readonly Operation<ObjectExchange>[] = [
  { method: 'GET', parameters: ['versionId', ...RESPONSE_OVERRIDES], permissions: toRead, answer: getObject },
  { method: 'HEAD', parameters: ['versionId', ...RESPONSE_OVERRIDES], permissions: toRead, answer: headObject },
  {
    method: 'PUT',
    marker: ({ headers }) => headers['x-amz-copy-source'] !== undefined,
    parameters: [],
    // And to read the source, which is asked for when it is found.
    permissions: (request) => [onObject('s3:PutObject', request)],
    answer: copyObject,
  },
  { method: 'PUT', parameters: [], permissions: toWrite, answer: putObject },
  {
    method: 'DELETE',
    parameters: ['versionId'],
    permissions: (request) => [onVersion('s3:DeleteObject', request)],
    answer: deleteObject,
  },
];

/** @throws {S3Error} NotImplemented, naming what was asked for; NoSuchBucket. {AccessRefused} */
export function perform(context: S3Context, exchange: Exchange): S3Answer | Promise<S3Answer> {
  const { request } = exchange;
  const { bucketName, key } = request;
  if (bucketName === undefined) return operationFor(ON_ALL_BUCKETS, exchange, 'all buckets')(context, exchange);
  if (key === undefined) {
    const answer = operationFor(ON_A_BUCKET, exchange, 'a bucket');
    return answer(context, { ...exchange, bucket: requireBucket(context, bucketName) });
  }
  const answer = operationFor(ON_AN_OBJECT, exchange, 'an object');
  return answer(context, { ...exchange, bucket: requireBucket(context, bucketName), key, keyBytes: Buffer.from(key) });
}

function operationFor<Of extends Exchange>(
  operations: readonly Operation<Of>[],
  { request, require }: Exchange,
  target: string,
): Answering<Of> {
  const { method, query } = request;
  const operation = operations.find((one) => one.method === method && (one.marker?.(request) ?? true));
  const unknown = [...query.keys()].filter((name) => !(operation?.parameters.includes(name) ?? false));
  if (operation !== undefined && unknown.length === 0) {
    require(...operation.permissions(request));
    return operation.answer;
  }
  const asked = unknown.length === 0 ? method : `${method} ?${unknown.join('&')}`;
  throw notImplemented(`${asked} on ${target}`);
}
