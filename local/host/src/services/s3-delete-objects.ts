import { AccessRefused } from '../iam/caller.ts';
import { readBody } from './s3-body.ts';
import { removeObject, type RemovalTarget } from './s3-delete-object.ts';
import { refusedByAccess, S3Error } from './s3-error.ts';
import type { BucketExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { bucketArn } from './s3-permissions.ts';
import { checkedKey } from './s3-request.ts';
import type { Bucket, Removed } from './s3-store.ts';
import { childText, malformedXml, parseXml, xmlDocument, xmlText, type XmlElement } from './s3-xml.ts';

/** A thousand of the longest keys, escaped, are below this. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const OBJECTS_MAX = 1000;

/** All or nothing on disk, though each key has its own outcome. @see S3 API Reference, DeleteObjects */
export async function deleteObjects({ store }: S3Context, exchange: BucketExchange): Promise<S3Answer> {
  const { bucket, message } = exchange;
  const body = await readBody(exchange, BODY_BYTES_MAX);
  if (body.checksum === undefined && message.headers['content-md5'] === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  const { targets, isQuiet } = parseDelete(body.bytes);
  const remove = (target: RemovalTarget) => {
    requireRemoval(exchange, target);
    return removeObject(store, bucket, target);
  };
  const outcomes = await store.write(() => targets.map((target) => removeOne(remove, bucket, target, isQuiet)));
  return { status: 200, body: xmlDocument('DeleteResult', outcomes.join('')) };
}

function parseDelete(body: Buffer): { targets: RemovalTarget[]; isQuiet: boolean } {
  const root = parseXml(body.toString());
  const objects = root.children.filter(({ name }) => name === 'Object');
  if (root.name !== 'Delete' || objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml();
  return { targets: objects.map(parseTarget), isQuiet: childText(root, 'Quiet') === 'true' };
}

function parseTarget(object: XmlElement): RemovalTarget {
  const key = childText(object, 'Key');
  if (key === undefined || key === '') throw malformedXml();
  return { key, versionId: childText(object, 'VersionId'), ifMatch: childText(object, 'ETag') };
}

/** @throws {AccessRefused} */
function requireRemoval({ bucket, require }: BucketExchange, { key, versionId }: RemovalTarget): void {
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
  require({ action, resource: `${bucketArn(bucket.name)}/${key}` });
}

/** One key that cannot be deleted does not keep the others. */
function removeOne(
  remove: (target: RemovalTarget) => Removed | undefined,
  bucket: Bucket,
  target: RemovalTarget,
  isQuiet: boolean,
): string {
  const named =
    xmlText('Key', target.key) + (target.versionId === undefined ? '' : xmlText('VersionId', target.versionId));
  try {
    checkedKey(target.key);
    const removed = remove(target);
    return isQuiet ? '' : `<Deleted>${named}${markerElements(bucket, removed)}</Deleted>`;
  } catch (thrown) {
    const error = thrown instanceof AccessRefused ? refusedByAccess(thrown) : thrown;
    if (!(error instanceof S3Error)) throw error;
    return `<Error>${named}${xmlText('Code', error.code)}${xmlText('Message', error.message)}</Error>`;
  }
}

function markerElements(bucket: Bucket, removed: Removed | undefined): string {
  if (removed?.isDeleteMarker !== true || bucket.versioning === 'Disabled') return '';
  return xmlText('DeleteMarker', true) + xmlText('DeleteMarkerVersionId', removed.versionId);
}
