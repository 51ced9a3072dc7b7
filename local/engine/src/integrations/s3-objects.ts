import { isArray, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { callAws, type AwsConnection } from './aws/call.ts';
import { sdkCodec } from './aws/codec.ts';
import { operationOf, serviceModel } from './aws/model-files.ts';
import { sdkExceptionName } from './aws/names.ts';

/** Amazon S3 as a distributed Map uses it: what it reads its items from, and writes its results to. */
export interface S3Objects {
  /** The object's bytes as UTF-8. */
  getObjectText(object: S3Location, signal: AbortSignal): Promise<S3Result<string>>;
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
    async getObjectText({ bucket, key }, signal) {
      const answer = await s3(connection, 'getObject', { Bucket: bucket, Key: key }, signal);
      return 'ok' in answer ? { ok: textOf(answer.ok['Body']) } : answer;
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
  const model = serviceModel('s3');
  const found = model === undefined ? undefined : operationOf(model, action);
  if (model === undefined || found === undefined) throw new Error(`the model of Amazon S3 has no ${action}`);
  const answer = await callAws(found, parameters, sdkCodec(model), connection, signal, body);
  if (answer.kind === 'output') return { ok: answer.output };
  if (answer.kind === 'unreached')
    return { error: 'S3.SdkClientException', cause: `Unable to execute HTTP request: ${answer.reason}` };
  const name = answer.errorName === undefined ? 'S3Exception' : sdkExceptionName(answer.errorName);
  return { error: `S3.${name}`, cause: answer.message ?? answer.code };
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
