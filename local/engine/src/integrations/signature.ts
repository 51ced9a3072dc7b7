import { createHash, createHmac, type BinaryLike, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './credentials.ts';

export interface SigningScope {
  /** The service's name in a signature, such as `monitoring` for CloudWatch. */
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

export interface SignableRequest {
  readonly method: string;
  readonly base: URL;
  /** The Host header, which need not be that of the base. */
  readonly host: string;
  /** Escaped. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The headers of the request with those of its signature. @see AWS General Reference, "Signature Version 4" */
export async function signedHeaders(request: SignableRequest, scope: SigningScope): Promise<Record<string, string>> {
  // Amazon S3 takes names as they are: it neither escapes the path once more nor resolves `..` in it.
  const isS3 = scope.service === 's3' || scope.service.startsWith('s3-');
  const signer = new SignatureV4({ ...scope, sha256: Sha256, uriEscapePath: !isS3, applyChecksum: isS3 });
  const { headers } = await signer.sign({
    method: request.method,
    protocol: request.base.protocol,
    hostname: request.host,
    path: request.path,
    query: bagOf(request.query),
    headers: { ...request.headers, host: request.host },
    body: request.body,
  });
  return headers;
}

function bagOf(query: SignableRequest['query']): Record<string, string[]> {
  const bag: Record<string, string[]> = {};
  for (const [name, value] of query) bag[name] = [...(bag[name] ?? []), value];
  return bag;
}

/** SHA-256 in the shape that the signer asks for. */
class Sha256 {
  readonly #secret: BinaryLike | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret instanceof ArrayBuffer ? new Uint8Array(secret) : (secret as BinaryLike | undefined);
    this.#hash = this.#begun();
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begun();
  }

  #begun(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}
