import { S3Error } from './s3-error.ts';

/** A chunk's head is its size in hexadecimal and at most one signature; a trailer is one checksum. */
const LINE_BYTES_MAX = 1024;
const TRAILERS_MAX = 16;

/** Takes the bytes of an `aws-chunked` body as they come. */
export interface AwsChunkedDecoder {
  push(bytes: Uint8Array): void;
  /** The trailers, in lower case. Throws IncompleteBody if the last chunk has not come. */
  end(): ReadonlyMap<string, string>;
}

/**
 * Takes `aws-chunked` framing off a body. The SDK frames every stream this way, to send its checksum behind the data.
 *
 * Chunk signatures are passed over: this service knows no secrets to check them with.
 *
 * @see S3 User Guide, "Transferring payload in multiple chunks" and "Including trailing headers"
 */
export function createAwsChunkedDecoder(onData: (data: Uint8Array) => void): AwsChunkedDecoder {
  const trailers = new Map<string, string>();
  let expecting: 'size' | 'data' | 'end of data' | 'trailers' = 'size';
  let chunkBytesLeft = 0;
  let line = '';

  function takeData(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, chunkBytesLeft);
    onData(bytes.subarray(0, taken));
    chunkBytesLeft -= taken;
    if (chunkBytesLeft === 0) expecting = 'end of data';
    return taken;
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
      chunkBytesLeft = parseChunkSize(whole);
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
      return trailers;
    },
  };
}

function parseChunkSize(head: string): number {
  const digits = /^(?<size>[\da-fA-F]{1,12})(?:;.*)?$/v.exec(head)?.groups?.['size'];
  if (digits === undefined) throw malformed('a chunk does not begin with its size in hexadecimal');
  return Number.parseInt(digits, 16);
}

function addTrailer(trailers: Map<string, string>, line: string): void {
  const colonAt = line.indexOf(':');
  if (colonAt < 1 || trailers.size >= TRAILERS_MAX) throw malformed('a trailer is not a name, a colon and a value');
  trailers.set(line.slice(0, colonAt).trim().toLowerCase(), line.slice(colonAt + 1).trim());
}

function malformed(detail: string): S3Error {
  return new S3Error('InvalidRequest', `The aws-chunked body is malformed: ${detail}.`);
}
