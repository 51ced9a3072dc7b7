import { createHash } from 'node:crypto';
import { DOES_NOT_MATCH } from '../iam/authenticate.ts';
import type { ChunkSignatures } from '../iam/chunk-signatures.ts';
import { S3Error } from './s3-error.ts';

/** A chunk's head is its size in hexadecimal and at most one signature; a trailer is one checksum. */
const LINE_BYTES_MAX = 1024;
const TRAILERS_MAX = 16;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/** Takes the bytes of an `aws-chunked` body as they come. */
export interface AwsChunkedDecoder {
  push(bytes: Uint8Array): void;
  /** The trailers, in lower case. Throws IncompleteBody if the last chunk has not come, SignatureDoesNotMatch if they were signed otherwise. */
  end(): ReadonlyMap<string, string>;
}

/**
 * Takes `aws-chunked` framing off a body. The SDK frames every stream this way, to send its checksum behind the data.
 *
 * @param signatures of the chunks; those that are there are passed over where nobody knows the key
 * @see S3 User Guide, "Transferring payload in multiple chunks" and "Including trailing headers"
 */
export function createAwsChunkedDecoder(
  onData: (data: Uint8Array) => void,
  signatures?: ChunkSignatures,
): AwsChunkedDecoder {
  const trailers = new Map<string, string>();
  let expecting: 'size' | 'data' | 'end of data' | 'trailers' = 'size';
  let chunkBytesLeft = 0;
  let line = '';
  let signature = '';
  let digest = createHash('sha256');

  function takeData(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, chunkBytesLeft);
    const data = bytes.subarray(0, taken);
    onData(data);
    if (signatures !== undefined) digest.update(data);
    chunkBytesLeft -= taken;
    if (chunkBytesLeft === 0) {
      endChunk();
      expecting = 'end of data';
    }
    return taken;
  }

  function endChunk(): void {
    if (signatures === undefined) return;
    if (!signatures.isChunk(signature, digest.digest('hex'))) throw wronglySigned();
    digest = createHash('sha256');
  }

  /** Reads up to the line feed, or keeps what there is for the next bytes. */
  function takeLine(bytes: Uint8Array): number {
    const lineFeedAt = bytes.indexOf(0x0a);
    const taken = lineFeedAt === -1 ? bytes.length : lineFeedAt + 1;
    line += Buffer.from(bytes.buffer, bytes.byteOffset, taken).toString('latin1');
    if (line.length > LINE_BYTES_MAX) throw malformed('a line of the framing is longer than any chunk head or trailer');
    if (lineFeedAt !== -1) {
      const whole = line.trim();
      line = '';
      endLine(whole);
    }
    return taken;
  }

  function endLine(whole: string): void {
    if (expecting === 'size') {
      ({ bytes: chunkBytesLeft, signature } = parseChunkHead(whole));
      // The last chunk has no data, and a signature as well: without it a body could be cut off.
      if (chunkBytesLeft === 0) endChunk();
      expecting = chunkBytesLeft === 0 ? 'trailers' : 'data';
    } else if (expecting === 'end of data') {
      if (whole !== '') throw malformed('a chunk is longer than its head says');
      expecting = 'size';
    } else if (whole !== '') {
      addTrailer(trailers, whole);
    }
  }

  return {
    push(bytes) {
      let rest = bytes;
      while (rest.length > 0) rest = rest.subarray(expecting === 'data' ? takeData(rest) : takeLine(rest));
    },
    end() {
      if (line.trim() !== '') endLine(line.trim());
      if (expecting !== 'trailers') throw new S3Error('IncompleteBody', 'The body ended before its last chunk.');
      if (signatures !== undefined) verifyTrailers(trailers, signatures);
      return trailers;
    },
  };
}

function verifyTrailers(trailers: ReadonlyMap<string, string>, signatures: ChunkSignatures): void {
  const signed = [...trailers].filter(([name]) => name !== TRAILER_SIGNATURE);
  const text = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const isRight = signatures.withTrailer
    ? signatures.isTrailer(trailers.get(TRAILER_SIGNATURE) ?? '', text)
    : trailers.size === 0;
  if (!isRight) throw wronglySigned();
}

function parseChunkHead(head: string): { bytes: number; signature: string } {
  const [, digits, signature = ''] =
    /^([\da-fA-F]{1,12})(?:;(?:chunk-signature=([\da-f]{64})$|.*))?$/v.exec(head) ?? [];
  if (digits === undefined) throw malformed('a chunk does not begin with its size in hexadecimal');
  return { bytes: Number.parseInt(digits, 16), signature };
}

function addTrailer(trailers: Map<string, string>, line: string): void {
  const colonAt = line.indexOf(':');
  if (colonAt < 1 || trailers.size >= TRAILERS_MAX) throw malformed('a trailer is not a name, a colon and a value');
  trailers.set(line.slice(0, colonAt).trim().toLowerCase(), line.slice(colonAt + 1).trim());
}

function wronglySigned(): S3Error {
  return new S3Error('SignatureDoesNotMatch', DOES_NOT_MATCH);
}

function malformed(detail: string): S3Error {
  return new S3Error('InvalidRequest', `The aws-chunked body is malformed: ${detail}.`);
}
