import type { IncomingHttpHeaders } from 'node:http';
import type { Permission } from '../iam/caller.ts';
import type { S3Request } from './s3-request.ts';

/** What each operation needs. @see S3 User Guide, "Required permissions for Amazon S3 API operations" */

type Keys = NonNullable<Permission['keys']>;

export function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`;
}

export function onAllBuckets(action: string): Permission {
  return { action, resource: '*' };
}

export function onBucket(action: string, { bucketName = '', query }: S3Request): Permission {
  const keys = { 's3:prefix': query.get('prefix'), 's3:delimiter': query.get('delimiter') };
  return { action, resource: bucketArn(bucketName), keys: { ...keys, 's3:max-keys': query.get('max-keys') } };
}

export function onObject(
  action: string,
  { bucketName = '', key = '', headers }: S3Request,
  keys: Keys = {},
): Permission {
  return { action, resource: `${bucketArn(bucketName)}/${key}`, keys: { ...conditionKeys(headers), ...keys } };
}

/** Versions have actions of their own. */
export function onVersion(action: string, request: S3Request): Permission {
  return onObject(request.query.has('versionId') ? `${action}Version` : action, request);
}

/** Whoever compares with what is there learns of it, and needs to be allowed to read it. */
export function toWrite(request: S3Request): Permission[] {
  const isComparing = request.headers['if-match'] !== undefined;
  return [onObject('s3:PutObject', request), ...(isComparing ? [onObject('s3:GetObject', request)] : [])];
}

/** Who may not list a bucket does not learn what is missing in it, either. */
export function toKnowWhatIsMissing({ bucketName = '' }: Pick<S3Request, 'bucketName'>): Permission {
  return { action: 's3:ListBucket', resource: bucketArn(bucketName) };
}

/** The headers that policies may have conditions on, under the names of their keys. */
const HEADERS: Readonly<Record<string, string>> = {
  'if-match': 's3:if-match',
  'if-none-match': 's3:if-none-match',
  'x-amz-content-sha256': 's3:x-amz-content-sha256',
  'x-amz-copy-source': 's3:x-amz-copy-source',
  'x-amz-metadata-directive': 's3:x-amz-metadata-directive',
  'x-amz-server-side-encryption': 's3:x-amz-server-side-encryption',
  'x-amz-storage-class': 's3:x-amz-storage-class',
};

function conditionKeys(headers: IncomingHttpHeaders): Keys {
  const given = Object.entries(HEADERS).map(([header, key]) => [key, headers[header]] as const);
  return Object.fromEntries(given);
}
