import type { IncomingHttpHeaders } from 'node:http';
import { noSuchKey, notImplemented, preconditionFailed } from './s3-error.ts';
import type { ObjectHead } from './s3-store.ts';

export interface ReadConditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
  ifUnmodifiedSince?: string | undefined;
}

/**
 * Weighs a reader's conditions. A tag outweighs the time that stands beside it. RFC 9110, section 13.2.2.
 *
 * @throws {S3Error} PreconditionFailed
 */
export function checkReadConditions(conditions: ReadConditions, head: ObjectHead): 'read' | 'not modified' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, head.etag)) throw preconditionFailed('If-Match');
  } else if (isAfter(head, ifUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, head.etag) ? 'not modified' : 'read';
  return isAfter(head, ifModifiedSince) === false ? 'not modified' : 'read';
}

/**
 * Weighs a writer's conditions against what is there now. To be called inside the write that they are for.
 *
 * @throws {S3Error} PreconditionFailed; NoSuchKey where `If-Match` finds nothing; NotImplemented for what S3 takes on
 * reads only
 * @see S3 User Guide, "Add preconditions to S3 operations with conditional requests"
 */
export function checkWriteConditions(headers: IncomingHttpHeaders, current: ObjectHead | undefined, key: string): void {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*')
    throw notImplemented('If-None-Match with an ETag on a write');
  if (ifNoneMatch !== undefined && ifMatch !== undefined) throw notImplemented('If-Match and If-None-Match together');
  if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch !== undefined) requireMatch(ifMatch, current, key);
}

/** @throws {S3Error} NoSuchKey, PreconditionFailed */
export function requireMatch(ifMatch: string, current: ObjectHead | undefined, key: string): void {
  if (current === undefined) throw noSuchKey(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

function matches(tags: string, etag: string): boolean {
  return tags.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed.replace(/^W\//v, '').replaceAll('"', '') === etag;
  });
}

/** In whole seconds, as HTTP tells the time. @returns undefined without a date: what is none is no condition. */
function isAfter(head: ObjectHead, date: string | undefined): boolean | undefined {
  const dateMs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(dateMs) ? undefined : Math.floor(head.lastModifiedMs / 1000) * 1000 > dateMs;
}
