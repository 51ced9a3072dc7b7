import type { IncomingHttpHeaders } from 'node:http';
import { checksumName } from './s3-body.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import { expirationOf } from './s3-lifecycle.ts';
import type { Bucket, ObjectHead } from './s3-store.ts';

const CONTENT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const METADATA_PREFIX = 'x-amz-meta-';

/** Echoed as on AWS; nothing is encrypted here. */
const ENCRYPTION_HEADERS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-server-side-encryption-context',
];

/** They change what an object is or who may have it. To take them and do nothing would be a lie. */
const REFUSED =
  /^x-amz-(?:acl|grant-.*|object-lock-.*|server-side-encryption-customer-.*|storage-class|tagging|website-redirect-location|write-offset-bytes)$/v;
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-storage-class': ['STANDARD'],
};

/** S3 User Guide, "Working with object metadata": user-defined metadata is limited to 2 KB. */
const METADATA_BYTES_MAX = 2048;

/**
 * The headers of a write that the object keeps.
 *
 * @throws {S3Error} NotImplemented, MetadataTooLarge
 */
export function keptHeaders(headers: IncomingHttpHeaders): [name: string, value: string][] {
  refuseUnknownMeaning(headers);
  const kept = [...CONTENT_HEADERS, ...ENCRYPTION_HEADERS].flatMap((name) => pair(name, headerValue(headers, name)));
  const metadata = Object.keys(headers)
    .filter((name) => name.startsWith(METADATA_PREFIX))
    .flatMap((name) => pair(name, headerValue(headers, name)));
  const metadataBytes = metadata.reduce(
    (sum, [name, value]) => sum + name.length - METADATA_PREFIX.length + value.length,
    0,
  );
  if (metadataBytes > METADATA_BYTES_MAX) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(metadataBytes),
      MaxSizeAllowed: String(METADATA_BYTES_MAX),
    });
  }
  return [...kept, ...metadata];
}

/** What every read of the object answers. The checksum belongs to the whole object, and comes only if it was asked for. */
export function objectHeaders(bucket: Bucket, head: ObjectHead): Record<string, string> {
  return {
    'accept-ranges': 'bytes',
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(head.headers),
    'last-modified': new Date(head.lastModifiedMs).toUTCString(),
    ...identityHeaders(bucket, head),
  };
}

/** What the answer to a write says of the object. */
export function writtenHeaders(bucket: Bucket, head: ObjectHead): Record<string, string> {
  return {
    ...identityHeaders(bucket, head),
    ...checksumHeaders(head),
    ...Object.fromEntries(head.headers.filter(([name]) => ENCRYPTION_HEADERS.includes(name))),
  };
}

export function checksumHeaders({ checksum }: ObjectHead): Record<string, string> {
  return checksum === undefined ? {} : { [checksum.header]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

export function versionHeaders(bucket: Bucket, version: { versionId: string }): Record<string, string> {
  return bucket.versioning === 'Disabled' ? {} : { 'x-amz-version-id': version.versionId };
}

export function checksumElementsOf({ checksum }: ObjectHead): [name: string, value: string] | undefined {
  return checksum === undefined ? undefined : [`Checksum${checksumName(checksum.header)}`, checksum.value];
}

function identityHeaders(bucket: Bucket, head: ObjectHead): Record<string, string> {
  const expiration = expirationOf(bucket.lifecycle, head.key, head.lastModifiedMs);
  return {
    etag: `"${head.etag}"`,
    ...versionHeaders(bucket, head),
    ...(expiration === undefined
      ? {}
      : {
          'x-amz-expiration': `expiry-date="${new Date(expiration.atMs).toUTCString()}", rule-id="${encodeURIComponent(expiration.ruleId)}"`,
        }),
  };
}

function refuseUnknownMeaning(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) {
    if (REFUSED.test(name) && !(HARMLESS[name]?.includes(String(headers[name])) ?? false)) {
      throw notImplemented(`the header ${name}: ${String(headers[name])}`);
    }
  }
}

/** `aws-chunked` is how the body travelled, and no property of the object. */
function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(',') : value;
  if (name !== 'content-encoding' || text === undefined) return text;
  const codings = text.split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== 'aws-chunked' && coding !== '').join(',') || undefined;
}

function pair(name: string, value: string | undefined): [name: string, value: string][] {
  return value === undefined ? [] : [[name, value]];
}
