import type { IncomingMessage } from 'node:http';
import type { BodyLease } from './body-memory.ts';
import { RequestEntityTooLargeException } from './errors.ts';

/** The connection ended before the request did: there is nobody to answer. */
export class ClientGone extends Error {}

/**
 * Collects a body of at most `maxBytes`. Of a longer one, nothing is kept and reading stops.
 *
 * @throws {RequestEntityTooLargeException} as soon as the body is known to be too long
 * @throws {ThrottlingException} when the bodies of all requests are too much together
 * @throws {ClientGone}
 */
export function readBody(request: IncomingMessage, maxBytes: number, lease: BodyLease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > maxBytes) {
      reject(new RequestEntityTooLargeException(maxBytes));
      return;
    }
    let chunks: Buffer[] = [];
    let byteLength = 0;
    request.on('data', (chunk: Buffer) => {
      byteLength += chunk.length;
      try {
        if (byteLength > maxBytes) throw new RequestEntityTooLargeException(maxBytes);
        lease.take(chunk.length);
        chunks.push(chunk);
      } catch (refusal) {
        chunks = [];
        request.pause();
        reject(refusal);
      }
    });
    request.on('end', () => resolve(joined(chunks)));
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

/** Most bodies come in one piece. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
