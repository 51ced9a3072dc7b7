import type { IncomingMessage } from 'node:http';

/** After a refusal, what the client still sends is thrown away for so long; then the connection is cut. */
const LINGER_MS = 1000;

/**
 * Reads a body that may have so many bytes. Gives undefined as soon as it is known to have more: by its content-length
 * before anything is read, else at the byte too many. The rest is thrown away for a moment, so that a client that sends
 * first and reads later still gets the answer.
 *
 * @throws if the client goes away before the body is complete.
 */
export function readRequestBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    discardRequestBody(request);
    return Promise.resolve(undefined);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) return void chunks.push(chunk);
      request.off('data', onData);
      discardRequestBody(request);
      return resolve(undefined);
    };
    request.on('data', onData);
    let isWhole = false;
    request.once('end', () => {
      isWhole = true;
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.once('error', reject);
    request.once('close', () => {
      // An error is made only where there is one: its stack takes longer than reading a small body.
      if (!isWhole) reject(new Error('the client went away before its request was complete'));
    });
  });
}

/** Lets go of a body that nobody wants, so that the answer can be read and the connection used again. */
export function discardRequestBody(request: IncomingMessage): void {
  request.resume();
  const cut = setTimeout(() => void (request.complete || request.destroy()), LINGER_MS);
  request.once('close', () => clearTimeout(cut));
  request.once('error', () => {});
}
