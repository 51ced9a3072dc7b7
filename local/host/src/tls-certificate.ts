import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { HostError } from './errors.ts';

export interface TlsFiles {
  /** PEM: the server's certificate, then those between it and its authority. */
  readonly certFile: string;
  /** PEM, without a passphrase. */
  readonly keyFile: string;
}

/** What a server that speaks TLS shows and proves, read and checked. */
export interface TlsCertificate {
  readonly cert: string;
  readonly key: string;
  /** Names that it is for and that a URL can have: those with `*` are left out. */
  readonly names: readonly string[];
  /** Whether clients that come to this address, or by this name, take the certificate for it. */
  covers(address: string): boolean;
  /** When it expires; ISO 8601. */
  readonly until: string;
  /**
   * What is in the files now; undefined as long as they are as they were when this was read.
   *
   * @throws {HostError} as {@link readTlsCertificate} does.
   */
  renewed(): TlsCertificate | undefined;
}

/**
 * Reads a certificate and its key. Files that change later are another one: see `followRenewals`.
 *
 * @throws {HostError} if one of them cannot be read or used, or they do not belong together. What it says holds nothing of the key.
 */
export function readTlsCertificate(files: TlsFiles): TlsCertificate {
  const { certFile, keyFile } = files;
  // Before they are read: of a change in between it is better to hear twice.
  const stamp = stampOf(files);
  const cert = readPem('certificate', certFile);
  const leaf = parseCertificate(certFile, cert);
  refuseReadable(keyFile);
  const key = readPem('key', keyFile);
  if (!leaf.checkPrivateKey(parseKey(keyFile, key)))
    throw unusable(
      'key',
      keyFile,
      `it is not that of the certificate in "${certFile}"`,
      'Name the key that belongs to it.',
    );
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    // Such as a key that is too short for anybody to trust it.
    throw unusable('certificate', certFile, `OpenSSL refuses it (${reasonOf(error)})`, 'Have another one made.');
  }
  return {
    cert,
    key,
    names: [...(leaf.subjectAltName ?? '').matchAll(/DNS:([A-Za-z0-9.\-]+)/gv)].map(([, name = '']) => name),
    covers: (address) => (leaf.checkIP(address) ?? leaf.checkHost(address)) !== undefined,
    until: leaf.validToDate.toISOString(),
    renewed: () => (stampOf(files) === stamp ? undefined : readTlsCertificate(files)),
  };
}

/** Another one whenever a file, or what a link leads to, was written, replaced, or given to others. */
function stampOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
      return [ino, size, mtimeMs, ctimeMs].join(' ');
    })
    .join(', ');
}

function parseCertificate(file: string, pem: string): X509Certificate {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(pem);
  } catch (error) {
    throw unusable(
      'certificate',
      file,
      `it holds none in PEM (${reasonOf(error)})`,
      'It begins with -----BEGIN CERTIFICATE-----.',
    );
  }
  const now = new Date();
  if (leaf.validToDate < now)
    throw unusable('certificate', file, `it has expired (${leaf.validToDate.toISOString()})`, 'Have it renewed.');
  if (leaf.validFromDate > now)
    throw unusable(
      'certificate',
      file,
      `it counts only from ${leaf.validFromDate.toISOString()} on`,
      'Look at the clock of this machine.',
    );
  return leaf;
}

function parseKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isEncrypted = error instanceof Error && 'code' in error && error.code === 'ERR_MISSING_PASSPHRASE';
    if (isEncrypted || pem.includes('ENCRYPTED'))
      throw unusable(
        'key',
        file,
        'it is encrypted',
        'Decrypt it: openssl pkey -in KEY -out PLAIN, then chmod 600 PLAIN.',
      );
    throw unusable(
      'key',
      file,
      `it holds none in PEM (${reasonOf(error)})`,
      'It begins with -----BEGIN PRIVATE KEY-----.',
    );
  }
}

/** Its group may: that is how machines give one key to several services. */
function refuseReadable(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform !== 'win32' && (mode & 0o007) !== 0)
    throw unusable('key', file, 'everybody on this machine may use it', `Keep it to yourself: chmod 600 ${file}`);
}

function readPem(what: 'certificate' | 'key', file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(what, file, `it cannot be read (${reasonOf(error)})`, 'Name a file in PEM.');
  }
}

/** By its code alone: a message of OpenSSL or of the file system may say more of a file than others should read. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

function unusable(what: 'certificate' | 'key', file: string, why: string, nextStep: string): HostError {
  return new HostError(`The TLS ${what} in "${file}" cannot be used: ${why}.`, nextStep);
}
