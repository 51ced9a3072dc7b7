/**
 * How the host and a function instance talk, over the instance's file descriptor 3: one frame an utterance. A small
 * JSON header says what it is, and the body is text (an event, a result) that passes through the host unread.
 *
 * | header bytes, uint32 | body bytes, uint32 | header, JSON | body, UTF-8 |
 */
export interface Frame<Header> {
  header: Header;
  body: string;
}

/** Host to instance. The body is the event. */
export interface InvokeHeader {
  requestId: string;
  /** Epoch milliseconds. */
  deadlineMs: number;
  /** How far `Date` is ahead of the machine from this invocation on; absent where time does not travel. Never less than before. */
  offsetMs?: number;
  functionArn: string;
  traceId: string;
  /** JSON text. */
  clientContext?: string;
}

/** Instance to host. The body of `response` is the result, that of the two failures an error object; `ready` has none. */
export interface InstanceHeader {
  kind: 'ready' | 'initError' | 'response' | 'error';
  /** The `errorType` of the body, for the report. */
  errorType?: string;
  /** Everything the instance has written to its log so far; what the host has not read of it is still under way. */
  stdoutBytes: number;
  stderrBytes: number;
  maxRssKb: number;
}

const PREFIX_BYTES = 8;

export function encodeFrame(header: InvokeHeader | InstanceHeader, body: string): Buffer {
  const headerText = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(headerText);
  const bodyBytes = Buffer.byteLength(body);
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes + bodyBytes);
  frame.writeUInt32LE(headerBytes, 0);
  frame.writeUInt32LE(bodyBytes, 4);
  frame.write(headerText, PREFIX_BYTES);
  frame.write(body, PREFIX_BYTES + headerBytes);
  return frame;
}

/** The frame at the start of these bytes, or how many bytes are needed before that can be said. */
function frameAt<Header>(bytes: Buffer): { needed: number; frame?: Frame<Header> } {
  if (bytes.length < PREFIX_BYTES) return { needed: PREFIX_BYTES };
  const bodyAt = PREFIX_BYTES + bytes.readUInt32LE(0);
  const needed = bodyAt + bytes.readUInt32LE(4);
  if (bytes.length < needed) return { needed };
  const header = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, bodyAt)) as Header;
  return { needed, frame: { header, body: bytes.toString('utf8', bodyAt, needed) } };
}

/** Takes bytes as they come and gives the frames they complete. Holds at most `bytesMax` and one chunk. */
export class FrameDecoder<Header> {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = PREFIX_BYTES;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @throws {RangeError} if a frame says it is longer than `bytesMax`: the other side is not speaking this protocol. */
  push(chunk: Buffer): Frame<Header>[] {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    const frames: Frame<Header>[] = [];
    while (this.#heldBytes >= this.#neededBytes) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const { needed, frame } = frameAt<Header>(bytes);
      if (needed > this.#bytesMax) throw new RangeError(`a frame of ${needed} bytes is longer than ${this.#bytesMax}`);
      if (frame !== undefined) frames.push(frame);
      const rest = frame === undefined ? bytes : bytes.subarray(needed);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#heldBytes = rest.length;
      this.#neededBytes = frame === undefined ? needed : PREFIX_BYTES;
    }
    return frames;
  }

  /** How many more bytes the frame that has begun needs, as far as is known. */
  get missingBytes(): number {
    return this.#neededBytes - this.#heldBytes;
  }
}
