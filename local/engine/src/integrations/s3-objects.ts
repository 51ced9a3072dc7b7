import { isArray, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { callAws, type AwsConnection, type Unreached } from './aws/call.ts';
import { sdkCodec } from './aws/codec.ts';
import { operationOf, serviceModel } from './aws/model-files.ts';
import { sdkExceptionName } from './aws/names.ts';
import type { AwsOutput, AwsRefusal, AwsReply } from './aws/reply.ts';

/** Amazon S3 as a distributed Map uses it: what it reads its items from, and writes its results to. */
export interface S3Objects {
  /**
   * Some of the object's bytes, from `first` on; all of them from a service that knows no ranges. With `etag`, of that object alone.
   */
  getObjectPart(
    object: S3Location & { readonly first: number; readonly count: number; readonly etag?: string },
    signal: AbortSignal,
  ): Promise<S3Result<S3ObjectPart>>;
  putObject(
    object: S3Location & { readonly text: string },
    signal: AbortSignal,
  ): Promise<S3Result<{ readonly etag: string }>>;
  /** One page, of at most a thousand. The next follows on its last key, given as `startAfter`. */
  listObjects(
    where: { readonly bucket: string; readonly prefix?: string; readonly startAfter?: string },
    signal: AbortSignal,
  ): Promise<S3Result<S3Page>>;
}

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

export interface S3ObjectPart {
  readonly bytes: Buffer;
  /** Where it begins in the object. */
  readonly first: number;
  /** How long the whole object is. */
  readonly totalBytes: number;
  readonly etag: string;
}

export interface S3Page {
  readonly objects: readonly ListedObject[];
  readonly hasMore: boolean;
}

export interface ListedObject {
  readonly key: string;
  /** With its quotes. */
  readonly etag: string;
  readonly size: number;
  /** As Amazon S3 wrote it: `2024-01-01T00:00:00Z`. */
  readonly lastModified: string;
  readonly storageClass: string;
}

/** A failure has the error name of the SDK, such as `S3.NoSuchKeyException`. */
export type S3Result<T> = { readonly ok: T } | { readonly error: string; readonly cause: string };

export function s3Objects(connection: AwsConnection): S3Objects {
  return {
    async getObjectPart({ bucket, key, first, count, etag }, signal) {
      const range = { Range: `bytes=${first}-${first + count - 1}`, ...(etag !== undefined && { IfMatch: etag }) };
      const reply = await call(connection, 'getObject', { Bucket: bucket, Key: key, ...range }, signal);
      // An object without bytes has no range of any.
      if (first === 0 && reply.kind === 'refusal' && reply.code === 'InvalidRange')
        return { ok: { bytes: Buffer.alloc(0), first, totalBytes: 0, etag: '' } };
      return reply.kind === 'output' ? { ok: partOf(reply) } : failureOf(reply);
    },
    async putObject({ bucket, key, text }, signal) {
      const answer = await s3(connection, 'putObject', { Bucket: bucket, Key: key }, signal, Buffer.from(text));
      return 'ok' in answer ? { ok: { etag: textOf(answer.ok['ETag']) } } : answer;
    },
    async listObjects({ bucket, prefix, startAfter }, signal) {
      const asked = {
        Bucket: bucket,
        ...(prefix !== undefined && { Prefix: prefix }),
        ...(startAfter !== undefined && { StartAfter: startAfter }),
      };
      const answer = await s3(connection, 'listObjectsV2', asked, signal);
      return 'ok' in answer ? { ok: page(answer.ok) } : answer;
    },
  };
}

async function s3(
  connection: AwsConnection,
  action: string,
  parameters: JsonObject,
  signal: AbortSignal,
  body?: Buffer,
): Promise<S3Result<JsonObject>> {
  const reply = await call(connection, action, parameters, signal, body);
  return reply.kind === 'output' ? { ok: reply.output } : failureOf(reply);
}

async function call(
  connection: AwsConnection,
  action: string,
  parameters: JsonObject,
  signal: AbortSignal,
  body?: Buffer,
): Promise<AwsReply | Unreached> {
  const model = serviceModel('s3');
  const found = model === undefined ? undefined : operationOf(model, action);
  if (model === undefined || found === undefined) throw new Error(`the model of Amazon S3 has no ${action}`);
  return await callAws(found, parameters, sdkCodec(model), connection, signal, body);
}

function failureOf(reply: AwsRefusal | Unreached): { readonly error: string; readonly cause: string } {
  if (reply.kind === 'unreached')
    return { error: 'S3.SdkClientException', cause: `Unable to execute HTTP request: ${reply.reason}` };
  const name = reply.errorName === undefined ? 'S3Exception' : sdkExceptionName(reply.errorName);
  return { error: `S3.${name}`, cause: reply.message ?? reply.code };
}

function partOf({ http }: AwsOutput): S3ObjectPart {
  const etag = http.header('etag') ?? '';
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(http.header('content-range') ?? '') ?? [];
  if (http.statusCode !== 206 || first === undefined || total === undefined)
    return { bytes: http.body, first: 0, totalBytes: http.body.length, etag };
  return { bytes: http.body, first: Number(first), totalBytes: Number(total), etag };
}

function page({
  Contents: contents,
  IsTruncated: isTruncated,
}: JsonObject & { Contents?: Json; IsTruncated?: Json }): S3Page {
  return { objects: isArray(contents) ? contents.filter(isObject).map(listed) : [], hasMore: isTruncated === true };
}

function listed(object: JsonObject): ListedObject {
  return {
    key: textOf(object['Key']),
    etag: textOf(object['ETag']),
    size: Number(object['Size'] ?? 0),
    lastModified: textOf(object['LastModified']),
    storageClass: textOf(object['StorageClass']),
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
