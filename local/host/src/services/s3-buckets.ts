import { S3Error } from './s3-error.ts';
import type { BucketExchange, Exchange, S3Answer, S3Context } from './s3-exchange.ts';
import type { Bucket } from './s3-store.ts';
import { xmlDocument, xmlText } from './s3-xml.ts';

/** @see S3 API Reference, ListBuckets */
export function listBuckets({ store, region }: S3Context, _exchange: Exchange): S3Answer {
  const buckets = store
    .buckets()
    .map(({ name, createdMs }) => {
      const created = xmlText('CreationDate', new Date(createdMs).toISOString());
      return `<Bucket>${xmlText('Name', name)}${created}${xmlText('BucketRegion', region)}</Bucket>`;
    })
    .join('');
  const content = `<Owner><ID>local</ID></Owner><Buckets>${buckets}</Buckets>`;
  return { status: 200, body: xmlDocument('ListAllMyBucketsResult', content) };
}

/** @see S3 API Reference, HeadBucket */
export function headBucket({ region }: S3Context, _exchange: BucketExchange): S3Answer {
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
}

/** @throws {S3Error} NoSuchBucket */
export function requireBucket({ store }: S3Context, name: string): Bucket {
  const bucket = store.bucket(name);
  if (bucket !== undefined) return bucket;
  throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
}
