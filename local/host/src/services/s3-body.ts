import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ChunkSignatures } from '../iam/chunk-signatures.ts';
import { createAwsChunkedDecoder } from './s3-aws-chunked.ts';
import { checksumOf, md5, type Checksum } from './s3-checksum.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { Exchange } from './s3-exchange.ts';

export interface Body {
  bytes: Buffer;
  md5: Buffer;
  /** What the sender vouched for, and what has been found true. */
  checksum?: Checksum;
}

type Sent = Pick<Exchange, 'message' | 'lease' | 'chunkSignatures'>;

/** The sender went away; there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';
}

/**
 * Reads a body into memory and checks it against all that the sender says of it: its length, its checksum in a header or
 * a trailer, its MD5, the digest that its signature covers and the signatures of its chunks. The length must be declared, as S3 demands, so a body that is
 * too large is refused before it is read.
 *
 * @throws {S3Error} EntityTooLarge, MissingContentLength, IncompleteBody, BadDigest, InvalidDigest, SignatureDoesNotMatch, SlowDown
 */
export async function readBody({ message, lease, chunkSignatures }: Sent, bytesMax: number): Promise<Body> {
  const { headers } = message;
  const length = declaredLength(headers);
  if (length > bytesMax) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      ProposedSize: String(length),
      MaxSizeAllowed: String(bytesMax),
    });
  }
  // Its pages are taken by the system as they are filled, so what counts is what has come, not what was announced.
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  const onData = (data: Uint8Array) => {
    if (filled + data.length > length) throw new S3Error('InvalidRequest', 'The body is longer than it was declared.');
    lease.take(data.length);
    bytes.set(data, filled);
    filled += data.length;
  };
  const trailers = await receive(message, onData, chunkSignatures);
  if (filled < length) throw incompleteBody();
  return verifiedBody(headers, trailers, bytes);
}

async function receive(
  message: IncomingMessage,
  onData: (data: Uint8Array) => void,
  signatures: ChunkSignatures | undefined,
): Promise<ReadonlyMap<string, string>> {
  if (!isAwsChunked(message.headers)) {
    await readAll(message, onData);
    return new Map();
  }
  const decoder = createAwsChunkedDecoder(onData, signatures);
  await readAll(message, (bytes) => decoder.push(bytes));
  return decoder.end();
}

/** By events: `for await` would destroy the socket at the first refusal, and the answer with it. */
function readAll(message: IncomingMessage, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    message.on('data', (bytes: Uint8Array) => {
      try {
        onBytes(bytes);
      } catch (error) {
        message.removeAllListeners('data');
        reject(error);
      }
    });
    let isWhole = false;
    // An error is made only where there is one: its stack takes longer than reading a small body.
    const gone = () => {
      if (!isWhole) reject(new SenderGone());
    };
    message.once('end', () => {
      isWhole = true;
      resolve();
    });
    message.once('close', gone);
    message.once('error', gone);
  });
}

function declaredLength(headers: IncomingHttpHeaders): number {
  const declared = isAwsChunked(headers) ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (declared === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const length = Number(declared);
  if (!/^\d+$/v.test(String(declared)) || !Number.isSafeInteger(length)) {
    throw new S3Error('InvalidArgument', `The length of the body is not a number: ${String(declared)}`);
  }
  return length;
}

function isAwsChunked(headers: IncomingHttpHeaders): boolean {
  const digest = headers['x-amz-content-sha256'];
  return String(digest).startsWith('STREAMING-') || /\baws-chunked\b/v.test(headers['content-encoding'] ?? '');
}

function verifiedBody(headers: IncomingHttpHeaders, trailers: ReadonlyMap<string, string>, bytes: Buffer): Body {
  const digest = md5(bytes);
  verifyContentMd5(headers['content-md5'], digest);
  verifySignedDigest(headers['x-amz-content-sha256'], bytes);
  const checksum = givenChecksum(headers, trailers);
  if (checksum === undefined) return { bytes, md5: digest };
  const { header, value } = checksum;
  const found = checksumOf(header, bytes);
  if (found === undefined) throw notImplemented(`the checksum ${header}`);
  if (found !== value)
    throw new S3Error('BadDigest', `The ${checksumName(header)} you specified did not match the calculated checksum.`);
  return { bytes, md5: digest, checksum };
}

function verifyContentMd5(given: string | string[] | undefined, found: Buffer): void {
  if (given === undefined) return;
  const isDigest = /^[A-Za-z0-9+\/]{22}==$/v.test(String(given));
  if (!isDigest) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  if (given !== found.toString('base64')) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

/** The header is a digest only where the sender hashed the body to sign it; else it is a word such as UNSIGNED-PAYLOAD. */
function verifySignedDigest(given: string | string[] | undefined, bytes: Buffer): void {
  if (!/^[\da-f]{64}$/v.test(String(given))) return;
  const found = checksumOf('x-amz-checksum-sha256', bytes);
  if (found === Buffer.from(String(given), 'hex').toString('base64')) return;
  throw new S3Error(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

/** Not checksums themselves, but words about one. */
const ABOUT_CHECKSUMS = new Set(['x-amz-checksum-type', 'x-amz-checksum-algorithm', 'x-amz-checksum-mode']);

function givenChecksum(headers: IncomingHttpHeaders, trailers: ReadonlyMap<string, string>): Checksum | undefined {
  const given = [...Object.entries(headers), ...trailers]
    .filter(([name]) => name.startsWith('x-amz-checksum-') && !ABOUT_CHECKSUMS.has(name))
    .map(([header, value]) => ({ header, value: String(value) }));
  if (given.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const announced = headers['x-amz-trailer'];
  if (announced !== undefined && !trailers.has(String(announced).toLowerCase())) throw incompleteBody();
  const isPromised = headers['x-amz-sdk-checksum-algorithm'] !== undefined && headers['content-md5'] === undefined;
  if (given.length === 0 && isPromised) {
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return given[0];
}

/** `CRC32` for `x-amz-checksum-crc32`, as the XML bodies say it. */
export function checksumName(header: string): string {
  return header.replace('x-amz-checksum-', '').toUpperCase();
}

function incompleteBody(): S3Error {
  return new S3Error(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );
}
