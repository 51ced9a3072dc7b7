import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openToAll, type Access } from '../iam/access.ts';
import { AccessRefused, type Permission } from '../iam/caller.ts';
import type { Log } from '../log.ts';
import { SenderGone } from './s3-body.ts';
import { openDatabase } from './s3-database.ts';
import { refusedByAccess, S3Error } from './s3-error.ts';
import type { S3Answer, S3Context } from './s3-exchange.ts';
import type { CommitStats } from './s3-group-commit.ts';
import { parseLifecycle, type LifecycleRule } from './s3-lifecycle.ts';
import { createMemory, type MemoryLease } from './s3-memory.ts';
import { perform } from './s3-operations.ts';
import { parseRequest } from './s3-request.ts';
import { createStore } from './s3-store.ts';
import { xmlErrorDocument, xmlText } from './s3-xml.ts';

export type { LifecycleRule } from './s3-lifecycle.ts';

export interface S3Options {
  /** The one SQLite file that holds all buckets, in a folder that exists. `:memory:` keeps nothing. */
  file: string;
  region: string;
  log: Log;
  /** Who may do what. @default everybody everything */
  access?: Access;
  /** Epoch milliseconds. @default the machine's */
  clock?: { now(): number };
  /** Told of each write that was answered as done. @default nobody is */
  onWritten?: () => void;
  /** The largest object. @default 64 MiB, where AWS takes 5 GB */
  objectBytesMax?: number;
  /** What all requests together may hold in memory; beyond it they are told to slow down. @default 128 MiB */
  memoryBytesMax?: number;
}

export interface BucketOptions {
  /** @default nothing expires */
  lifecycle?: readonly LifecycleRule[];
  /** Keeps what is overwritten or deleted, under its version id. @default false */
  versioned?: boolean;
}

export interface S3Service {
  /**
   * Makes a bucket, or gives one that is there these options; its objects stay. It is on disk when this returns.
   * Versions are suspended, not dropped, where they were kept before and no longer are.
   */
  createBucket(name: string, options?: BucketOptions): void;
  /** Answers one HTTP request, path style. Never throws; whatever an answer tells, to a write or a read, is on disk. */
  handle(message: IncomingMessage, response: ServerResponse): void;
  /** Frees what has expired; it runs by itself when a bucket gets its rules, and every hour. @returns how many objects went */
  sweep(): Promise<number>;
  stats(): S3Stats;
  /** Commits what waits and closes the file. Requests are told to slow down from then on. */
  close(): void;
}

export interface S3Stats extends CommitStats {
  /** Held for requests under way. */
  bytesHeld: number;
}

const MIB = 1024 * 1024;
const SWEEP_INTERVAL_MS = 3_600_000;

/** Few enough that a sweep over many objects keeps nobody waiting. */
const SWEEP_COUNT_MAX = 500;

/** How long the rest of a refused body is read and thrown away, so that its sender sees the answer and no reset. */
const DISCARD_MS_MAX = 1000;

/**
 * Opens an S3 for one machine: the part of the API that applications store and list small objects with, with S3's exact
 * conditional writes. What it does not know it refuses by name, with 501.
 *
 * @throws {HostError} if the file is damaged, not ours, from a newer version or open in another process
 * @see S3 API Reference
 */
export function openS3(options: S3Options): S3Service {
  const { file, region, log, clock = { now: Date.now }, objectBytesMax = 64 * MIB, access = openToAll } = options;
  const store = createStore(openDatabase(file), () => clock.now());
  const memory = createMemory(options.memoryBytesMax ?? 128 * MIB);
  const context: S3Context = { store, region, objectBytesMax };
  let isClosed = false;

  async function answer(message: IncomingMessage, lease: MemoryLease): Promise<S3Answer> {
    if (isClosed) throw new S3Error('SlowDown', 'This S3 has been stopped.');
    const request = parseRequest(message);
    const caller = access.callerOf(message, undefined);
    const require = (...permissions: readonly Permission[]) => access.require(caller, permissions);
    const chunkSignatures = access.chunkSignaturesOf(message);
    return perform(context, { request, message, lease, require, ...(chunkSignatures && { chunkSignatures }) });
  }

  /** What is not on disk yet can be read already, and a crash could take it back: nobody hears of it before, nor of what it refused. */
  async function answerOnDisk(message: IncomingMessage, lease: MemoryLease): Promise<S3Answer> {
    try {
      return await answer(message, lease);
    } finally {
      await store.onDisk();
    }
  }

  /** @returns undefined where there is nobody to answer any more. */
  function answerError(thrown: unknown, message: IncomingMessage, requestId: string): S3Answer | undefined {
    const error = thrown instanceof AccessRefused ? refusedByAccess(thrown) : thrown;
    if (error instanceof SenderGone) return undefined;
    const told = error instanceof S3Error ? error : new S3Error('InternalError', 'We encountered an internal error.');
    if (told.status >= 500 && told.code !== 'NotImplemented') {
      log.error('s3.failed', { requestId, method: message.method, code: told.code, error });
    } else {
      log.debug('s3.refused', { requestId, method: message.method, code: told.code });
    }
    return errorAnswer(told, message.url ?? '/', requestId);
  }

  async function sweep(): Promise<number> {
    let total = 0;
    for (const { name } of store.buckets()) {
      let count = SWEEP_COUNT_MAX;
      while (count === SWEEP_COUNT_MAX) {
        count = await store.write(() => {
          const bucket = store.bucket(name);
          return bucket === undefined ? 0 : store.removeExpired(bucket, SWEEP_COUNT_MAX);
        });
        total += count;
      }
    }
    if (total > 0) log.info('s3.expired', { count: total });
    return total;
  }

  const sweepQuietly = () => {
    sweep().catch((error: unknown) => {
      if (!isClosed) log.warn('s3.sweep-failed', { error });
    });
  };
  const sweeper = setInterval(sweepQuietly, SWEEP_INTERVAL_MS).unref();

  return {
    createBucket(name, { lifecycle = [], versioned = false } = {}) {
      requireBucketName(name);
      store.putBucket(name, versioned, parseLifecycle(lifecycle));
      // Not when the file is opened: an app that keeps objects longer from now on has not said so yet.
      if (lifecycle.length > 0) sweepQuietly();
    },
    handle(message, response) {
      const requestId = randomBytes(8).toString('hex').toUpperCase();
      const lease = memory.lease();
      response.once('close', () => lease.release());
      answerOnDisk(message, lease)
        .catch((error: unknown) => answerError(error, message, requestId))
        .then((given) => {
          if (given === undefined) return;
          send(given, requestId, message, response);
          if (given.status < 300 && message.method !== 'GET' && message.method !== 'HEAD') options.onWritten?.();
        })
        .catch((error: unknown) => {
          log.error('s3.failed', { requestId, error });
          response.destroy();
        });
    },
    sweep,
    stats: () => ({ ...store.stats(), bytesHeld: memory.bytesHeld() }),
    close() {
      isClosed = true;
      clearInterval(sweeper);
      store.close();
    },
  };
}

/** S3 User Guide, "General purpose bucket naming rules". */
function requireBucketName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9.\-]{1,61})[a-z0-9]$/v.test(name)) return;
  throw new Error(`"${name}" is no name for a bucket: 3 to 63 lower-case letters, digits, dots and hyphens are.`);
}

function errorAnswer(error: S3Error, resource: string, requestId: string): S3Answer {
  const fields = Object.entries(error.fields).map(([name, value]) => xmlText(name, value));
  const content = [
    xmlText('Code', error.code),
    xmlText('Message', error.message),
    ...fields,
    xmlText('Resource', resource.split('?', 1)[0] ?? '/'),
    xmlText('RequestId', requestId),
    xmlText('HostId', 'local'),
  ];
  return { status: error.status, headers: error.headers, body: xmlErrorDocument(content.join('')) };
}

function send(answer: S3Answer, requestId: string, message: IncomingMessage, response: ServerResponse): void {
  const { status, headers = {}, body } = answer;
  const isXml = typeof body === 'string';
  response.writeHead(status, {
    'x-amz-request-id': requestId,
    'x-amz-id-2': 'local',
    ...(isXml ? { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)) } : {}),
    ...headers,
    ...(isForPerson(message, headers) && { 'content-security-policy': SANDBOX }),
  });
  if (!message.complete) discardRest(message);
  response.end(message.method === 'HEAD' ? undefined : body);
}

/**
 * Whatever somebody has uploaded has no share in the origin of this endpoint, where there is more than S3: a page among it could
 * read the mails and the tasks of this machine. Its scripts run, and are nobody's.
 */
const SANDBOX = 'sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts';

/** Browsers show no PDF in a sandbox, and give the scripts of one no origin. */
function isForPerson({ headers }: IncomingMessage, answered: Readonly<Record<string, string>>): boolean {
  const isBrowser = headers['sec-fetch-dest'] !== undefined || (headers.accept ?? '').includes('text/html');
  return isBrowser && answered['content-type'] !== 'application/pdf';
}

/** Closing at once would reset the connection, and the sender would never read why. */
function discardRest(message: IncomingMessage): void {
  const timer = setTimeout(() => message.socket.destroy(), DISCARD_MS_MAX).unref();
  message.once('end', () => clearTimeout(timer));
  message.once('close', () => clearTimeout(timer));
  message.resume();
}
