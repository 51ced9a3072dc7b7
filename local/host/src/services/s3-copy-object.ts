import type { IncomingHttpHeaders } from 'node:http';
import { requireBucket } from './s3-buckets.ts';
import { checksumOf, md5 } from './s3-checksum.ts';
import { checkReadConditions, checkWriteConditions } from './s3-conditions.ts';
import { preconditionFailed, S3Error } from './s3-error.ts';
import type { ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { findObject } from './s3-get-object.ts';
import { checksumElementsOf, keptHeaders, versionHeaders, writtenHeaders } from './s3-object-headers.ts';
import { bucketArn } from './s3-permissions.ts';
import { checkedKey, percentDecoded } from './s3-request.ts';
import type { Bucket, NewObject, ObjectHead } from './s3-store.ts';
import { xmlDocument, xmlText } from './s3-xml.ts';

interface Source {
  bucket: Bucket;
  key: string;
  keyBytes: Buffer;
  head: ObjectHead;
}

/** Reads and writes in one transaction, so the copy is of what its conditions were weighed against. @see S3 API Reference, CopyObject */
export async function copyObject(context: S3Context, exchange: ObjectExchange): Promise<S3Answer> {
  const { store } = context;
  const { bucket, key, keyBytes, request, lease } = exchange;
  const { headers } = request;
  const replaced = replacedHeaders(headers);
  const { source, head } = await store.write(() => {
    const source = findSource(context, exchange);
    checkSourceConditions(headers, source.head);
    const isSelf = source.bucket === bucket && source.keyBytes.equals(keyBytes) && !source.isVersion;
    if (isSelf && replaced === undefined) throw copyOntoItself();
    checkWriteConditions(headers, store.live(bucket, keyBytes), key);
    lease.take(source.head.size);
    const body = store.body(source.head.sequence, 0, source.head.size);
    const copy = { ...copied(source.head, body, headers), headers: replaced ?? source.head.headers };
    return { source, head: store.put(bucket, keyBytes, copy) };
  });
  const sourceVersion = versionHeaders(source.bucket, source.head)['x-amz-version-id'];
  return {
    status: 200,
    headers: {
      ...writtenHeaders(bucket, head),
      ...(sourceVersion === undefined ? {} : { 'x-amz-copy-source-version-id': sourceVersion }),
    },
    body: copyResult(head),
  };
}

function findSource(context: S3Context, exchange: ObjectExchange): Source & { isVersion: boolean } {
  const given = String(exchange.request.headers['x-amz-copy-source']);
  const [path = '', search] = given.split('?versionId=');
  const { bucketName = '', key = '' } =
    /^\/?(?<bucketName>[^\/]+)\/(?<key>.+)$/sv.exec(percentDecoded(path))?.groups ?? {};
  if (key === '')
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  const bucket = requireBucket(context, bucketName);
  const source = { bucket, key: checkedKey(key), keyBytes: Buffer.from(key) };
  const query = new Map(search === undefined ? [] : [['versionId', percentDecoded(search)]]);
  const { request, require } = exchange;
  const action = search === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  require({ action, resource: `${bucketArn(bucketName)}/${key}` });
  const head = findObject(context, { ...source, require, request: { ...request, query } });
  return { ...source, head, isVersion: search !== undefined };
}

function checkSourceConditions(headers: IncomingHttpHeaders, head: ObjectHead): void {
  const condition = (name: string) => headers[`x-amz-copy-source-${name}`]?.toString();
  const verdict = checkReadConditions(
    {
      ifMatch: condition('if-match'),
      ifNoneMatch: condition('if-none-match'),
      ifModifiedSince: condition('if-modified-since'),
      ifUnmodifiedSince: condition('if-unmodified-since'),
    },
    head,
  );
  if (verdict === 'not modified') throw preconditionFailed('x-amz-copy-source-If-None-Match');
}

/** @returns undefined where the copy keeps the headers of its source. */
function replacedHeaders(headers: IncomingHttpHeaders): [name: string, value: string][] | undefined {
  const own = keptHeaders(headers);
  return headers['x-amz-metadata-directive'] === 'REPLACE' ? own : undefined;
}

function copied(source: ObjectHead, body: Uint8Array, headers: IncomingHttpHeaders): Omit<NewObject, 'headers'> {
  const algorithm = headers['x-amz-checksum-algorithm']?.toString().toLowerCase();
  const header = algorithm === undefined ? source.checksum?.header : `x-amz-checksum-${algorithm}`;
  const value = header === undefined ? undefined : checksumOf(header, body);
  const checksum = header === undefined || value === undefined ? {} : { checksum: { header, value } };
  return { etag: md5(body).toString('hex'), body, ...checksum };
}

function copyResult(head: ObjectHead): string {
  const checksum = checksumElementsOf(head);
  return xmlDocument(
    'CopyObjectResult',
    xmlText('LastModified', new Date(head.lastModifiedMs).toISOString()) +
      xmlText('ETag', `"${head.etag}"`) +
      (checksum === undefined ? '' : xmlText(...checksum)),
  );
}

function copyOntoItself(): S3Error {
  return new S3Error(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
