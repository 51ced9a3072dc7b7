import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { HostError } from '../errors.ts';

/** A version has no value between the start of a rotation and its function's first PutSecretValue. */
const Version = z.object({
  id: z.string(),
  stages: z.array(z.string()),
  createdMs: z.number(),
  string: z.string().optional(),
  /** Base64. */
  binary: z.string().optional(),
});
export type SecretVersion = z.infer<typeof Version>;

const Secret = z.object({
  name: z.string(),
  arn: z.string(),
  description: z.string().optional(),
  createdMs: z.number(),
  changedMs: z.number(),
  rotatedMs: z.number().optional(),
  /** Of what the template said the value is to be: where that changes, so does the value. */
  declaredHash: z.string(),
  versions: z.array(Version),
});
export type Secret = z.infer<typeof Secret>;

export interface SecretStore {
  /** By name, by ARN, or by an ARN without its random end. */
  find(nameOrArn: string): Secret | undefined;
  /** Replaces the secret of that name; it is on disk when this returns. */
  put(secret: Secret): void;
}

/** All secrets are in one file, which nobody but this user may read. `undefined` keeps nothing. */
export function openSecretStore(file: string | undefined): SecretStore {
  const secrets = new Map(read(file).map((secret) => [secret.name, secret]));
  return {
    find(nameOrArn) {
      const byName = secrets.get(nameOrArn);
      if (byName !== undefined || !nameOrArn.startsWith('arn:')) return byName;
      return secrets.values().find(({ arn }) => arn === nameOrArn || arn.slice(0, -'-AbCdEf'.length) === nameOrArn);
    },
    put(secret) {
      const next = new Map(secrets).set(secret.name, secret);
      if (file !== undefined) {
        const text = JSON.stringify({ secrets: [...next.values()] }, null, 2);
        writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
        renameSync(`${file}.new`, file);
      }
      secrets.set(secret.name, secret);
    },
  };
}

function read(file: string | undefined): readonly Secret[] {
  if (file === undefined || !existsSync(file)) return [];
  try {
    return z.object({ secrets: z.array(Secret) }).parse(JSON.parse(readFileSync(file, 'utf8'))).secrets;
  } catch {
    // The cause is left out: it could say what is in the file.
    throw new HostError(
      `"${file}" is damaged.`,
      'Restore it from a backup, or move it away to begin with new secrets.',
    );
  }
}
