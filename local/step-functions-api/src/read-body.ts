import type { IncomingMessage } from 'node:http';
import { RequestEntityTooLargeException } from './errors.ts';

/** The connection ended before the request did: there is nobody to answer. */
export class ClientGone extends Error {}

/**
 * Collects a body of at most `maxBytes`. Of a longer one, nothing is kept and reading stops.
 *
 * @throws {RequestEntityTooLargeException} as soon as the body is known to be too long
 * @throws {ClientGone}
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > maxBytes) {
      reject(new RequestEntityTooLargeException(maxBytes));
      return;
    }
    let chunks: Buffer[] = [];
    let byteLength = 0;
    request.on('data', (chunk: Buffer) => {
      byteLength += chunk.length;
      if (byteLength <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      request.pause();
      reject(new RequestEntityTooLargeException(maxBytes));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}
