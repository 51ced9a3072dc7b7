import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** As the credential providers of the AWS SDK give them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What a signature holds for, such as `us-east-1` and `s3`. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

export interface Unsigned {
  readonly method: string;
  /** As it will be sent: escaped, and without a query. */
  readonly path: string;
  /** By lower-case names, with `host`. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a request: gives its headers, and those that a signature adds. */
export type Sign = (request: Unsigned, credentials: Credentials, nowMs: number) => Record<string, string>;

/**
 * Signature Version 4 for requests without a query, whose bodies are texts.
 *
 * The key of a day is made once: to derive it takes four times as long as to sign with it.
 *
 * @see AWS IAM User Guide, "Create a signed AWS API request"
 */
export function signerFor({ region, service }: Scope): Sign {
  let last: { name: string; key: KeyObject } | undefined;

  function keyOf(day: string, secretAccessKey: string): KeyObject {
    const name = `${day}/${secretAccessKey}`;
    if (last?.name !== name) last = { name, key: signingKey(secretAccessKey, [day, region, service, 'aws4_request']) };
    return last.key;
  }

  return ({ method, path, headers: given, body }, { accessKeyId, secretAccessKey, sessionToken }, nowMs) => {
    const date = new Date(nowMs).toISOString().replace(/[\-:]|\.\d{3}/gv, '');
    const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
    const bodyHash = hash('sha256', body);
    const headers: Record<string, string> = { ...given, 'x-amz-content-sha256': bodyHash, 'x-amz-date': date };
    if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${canonical(headers[name] ?? '')}`);
    const request = [method, path, '', ...lines, '', names.join(';'), bodyHash].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', date, scope, hash('sha256', request)].join('\n');
    const signature = createHmac('sha256', keyOf(date.slice(0, 8), secretAccessKey))
      .update(toSign)
      .digest('hex');
    const credential = `Credential=${accessKeyId}/${scope}`;
    headers['authorization'] =
      `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return headers;
  };
}

function signingKey(secretAccessKey: string, parts: readonly string[]): KeyObject {
  const start = Buffer.from(`AWS4${secretAccessKey}`);
  const key = parts.reduce<Buffer>((secret, part) => createHmac('sha256', secret).update(part).digest(), start);
  return createSecretKey(key);
}

function canonical(value: string): string {
  return value.trim().replace(/\s+/gv, ' ');
}
