/**
 * The instance's own reading and writing. Everything is synchronous, as in Lambda's own runtime: while it waits for the
 * next event nothing of the function runs (on AWS the environment is frozen then), the log is written before the result
 * that follows it, and nothing is lost by a `process.exit` on the next line.
 */
import { readSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { encodeFrame, FrameDecoder } from './lambda-frames.ts';
import type { Frame, InstanceHeader, InvokeHeader } from './lambda-frames.ts';

const HOST = 3;
const READ_BYTES = 65_536;

const written = { 1: 0, 2: 0 };
const decoder = new FrameDecoder<InvokeHeader>(Number.MAX_SAFE_INTEGER);
const readBuffer = Buffer.allocUnsafe(READ_BYTES);

export function sendToHost(message: Pick<InstanceHeader, 'kind' | 'errorType'>, body = ''): void {
  const { maxRSS } = process.resourceUsage();
  writeWhole(
    HOST,
    encodeFrame({ ...message, stdoutBytes: written[1], stderrBytes: written[2], maxRssKb: maxRSS }, body),
  );
}

/** Blocks until the host has sent an event. Ends the process when the host is gone. */
export function receiveFromHost(): Frame<InvokeHeader> {
  for (;;) {
    const buffer = decoder.missingBytes > READ_BYTES ? Buffer.allocUnsafe(decoder.missingBytes) : readBuffer;
    const bytes = retried(() => readSync(HOST, buffer, 0, buffer.length, null));
    if (bytes === 0) process.exit(0);
    const [frame] = decoder.push(Buffer.from(buffer.subarray(0, bytes)));
    if (frame !== undefined) return frame;
  }
}

export function writeLogLine(line: string): void {
  writeOutput(1, Buffer.from(`${line}\n`));
}

/** Gives `process.stdout` and `process.stderr` streams that write at once. Made when first asked for: few functions do. */
export function replaceOutputStreams(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    let stream: Writable | undefined;
    const get = () => (stream ??= outputStream(fd));
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get });
  }
}

function outputStream(fd: 1 | 2): Writable {
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    writeOutput(fd, chunk);
    done();
  };
  return Object.assign(new Writable({ write }), { fd });
}

function writeOutput(fd: 1 | 2, bytes: Buffer): void {
  written[fd] += bytes.length;
  writeWhole(fd, bytes);
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += retried(() => writeSync(fd, bytes, at));
}

/** A process that the function started may have made a descriptor non-blocking for both; then we wait by hand. */
function retried(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EPIPE' || code === 'ECONNRESET') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
