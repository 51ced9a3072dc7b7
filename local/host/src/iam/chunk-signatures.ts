import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FindKey } from './authenticate.ts';
import { claimedSignature, sha256, signingKeyOf, type SignedRequest } from './signature.ts';

/**
 * The signatures of a body that is sent in chunks. Each is over what the one before it says as well, and the first goes on from
 * the request's own, so that none can be left out, changed or put elsewhere.
 *
 * @see S3 API Reference, "Signature calculations: transferring payload in multiple chunks" and "… including trailing headers"
 */
export interface ChunkSignatures {
  /** Whether the trailers are signed as well. */
  readonly withTrailer: boolean;
  /** Whether the next chunk was signed so. @param dataSha256 of all its bytes, hexadecimal */
  isChunk(signature: string, dataSha256: string): boolean;
  /** Whether these trailers were, after the last chunk. @param trailers `name:value` in lower case, each with a line feed */
  isTrailer(signature: string, trailers: string): boolean;
}

/** What `x-amz-content-sha256` says in place of a digest. */
const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const SIGNED_CHUNKS_AND_TRAILER = `${SIGNED_CHUNKS}-TRAILER`;

const NOTHING_SHA256 = sha256('');

/**
 * Of a request whose own signature has been found right.
 *
 * @returns undefined where its chunks are not signed, or with a key that nobody here knows: then it is the developer's.
 */
export function chunkSignaturesOf(findKey: FindKey, request: SignedRequest): ChunkSignatures | undefined {
  const payload = request.headers['x-amz-content-sha256'];
  const withTrailer = payload === SIGNED_CHUNKS_AND_TRAILER;
  if (!withTrailer && payload !== SIGNED_CHUNKS) return undefined;
  const claimed = claimedSignature(request);
  const key = claimed && findKey(claimed.accessKeyId, claimed.sessionToken);
  if (claimed === undefined || key === undefined) return undefined;
  const { day, region, service } = claimed.scope;
  const signingKey = signingKeyOf(key.secretAccessKey, claimed.scope);
  let previous = claimed.signature;

  function isNext(algorithm: string, signature: string, digests: readonly string[]): boolean {
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = [algorithm, claimed?.date, scope, previous, ...digests].join('\n');
    const wanted = createHmac('sha256', signingKey).update(toSign).digest();
    const given = Buffer.from(/^[0-9a-f]{64}$/v.test(signature) ? signature : '', 'hex');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
    previous = signature;
    return true;
  }

  return {
    withTrailer,
    isChunk: (signature, dataSha256) => isNext('AWS4-HMAC-SHA256-PAYLOAD', signature, [NOTHING_SHA256, dataSha256]),
    isTrailer: (signature, trailers) => isNext('AWS4-HMAC-SHA256-TRAILER', signature, [sha256(trailers)]),
  };
}
