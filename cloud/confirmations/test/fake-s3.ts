import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Around } from './around.ts';

/** A bucket as the S3 client shows it: strongly consistent, conditional writes and deletes, keys in order. */
export class FakeS3 {
  readonly objects: Map<string, string>;

  constructor(objects: ReadonlyMap<string, string> = new Map()) {
    this.objects = new Map(objects);
  }

  client(around: Around): Pick<S3Client, 'send'> {
    const send = (command: { input: object }) => around(command.constructor.name, () => this.perform(command));
    return { send };
  }

  perform(command: unknown): unknown {
    if (command instanceof GetObjectCommand) return this.#get(command.input.Key);
    if (command instanceof PutObjectCommand) return this.#put(command.input);
    if (command instanceof DeleteObjectCommand) return this.#delete(command.input);
    if (command instanceof ListObjectsV2Command) return this.#list(command.input);
    return assert.fail('the bucket knows no such command');
  }

  #get(key: string | undefined) {
    const body = this.#body(key);
    return { Body: { transformToString: async () => body }, ETag: etag(body) };
  }

  #put({ Key, Body, IfMatch, IfNoneMatch }: PutObjectCommand['input']) {
    assert.ok(typeof Key === 'string' && typeof Body === 'string');
    assert.ok((IfMatch === undefined) !== (IfNoneMatch === undefined), 'every write has one condition');
    if (IfNoneMatch !== undefined && this.objects.has(Key)) throw preconditionFailed();
    if (IfMatch !== undefined && IfMatch !== etag(this.#body(Key))) throw preconditionFailed();
    this.objects.set(Key, Body);
    return { ETag: etag(Body) };
  }

  #delete({ Key, IfMatch }: DeleteObjectCommand['input']) {
    assert.ok(Key !== undefined && IfMatch !== undefined, 'every delete has a condition');
    if (IfMatch !== etag(this.#body(Key))) throw preconditionFailed();
    this.objects.delete(Key);
    return {};
  }

  #list({ Prefix = '', StartAfter = '', MaxKeys = 1000 }: ListObjectsV2Command['input']) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(Prefix) && key > StartAfter).sort();
    return { Contents: keys.slice(0, MaxKeys).map((Key) => ({ Key })), IsTruncated: keys.length > MaxKeys };
  }

  #body(key: string | undefined): string {
    const body = this.objects.get(key ?? '');
    if (body !== undefined) return body;
    throw new NoSuchKey({ message: 'The specified key does not exist.', $metadata: { httpStatusCode: 404 } });
  }
}

/** Of the content, as S3's is: the same content written again has the same one. */
function etag(body: string): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function preconditionFailed(): S3ServiceException {
  return new S3ServiceException({
    name: 'PreconditionFailed',
    message: 'At least one of the pre-conditions you specified did not hold',
    $fault: 'client',
    $metadata: { httpStatusCode: 412 },
  });
}
