import type { IncomingMessage } from 'node:http';
import type { Permission } from '../iam/caller.ts';
import type { ChunkSignatures } from '../iam/chunk-signatures.ts';
import type { MemoryLease } from './s3-memory.ts';
import type { S3Request } from './s3-request.ts';
import type { Bucket, S3Store } from './s3-store.ts';

/** What every operation may use. */
export interface S3Context {
  store: S3Store;
  region: string;
  objectBytesMax: number;
}

/** One request, on its way to its answer. */
export interface Exchange {
  request: S3Request;
  /** For the body. */
  message: IncomingMessage;
  /** Of a body that is sent in chunks; undefined where they are not signed. */
  chunkSignatures?: ChunkSignatures;
  /** For what the request holds in memory until its answer is sent. */
  lease: MemoryLease;
  /** Asks whether who calls may do so. @throws {AccessRefused} */
  require: (...permissions: readonly Permission[]) => void;
}

export interface BucketExchange extends Exchange {
  bucket: Bucket;
}

export interface ObjectExchange extends BucketExchange {
  key: string;
  keyBytes: Buffer;
}

export interface S3Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Text is XML. */
  body?: string | Uint8Array;
}
