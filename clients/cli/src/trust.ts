import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Option } from 'commander';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** For each command that asks somebody by HTTPS. */
export function caOption(): Option {
  return new Option('--ca <file>', 'PEM certificates to trust beside those of this machine (or: NODE_EXTRA_CA_CERTS)');
}

/** From here on this process takes certificates that were signed by one of these, or are one. @throws {CliError} for a file that holds none. */
export function trustAuthorities(file: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readAuthorities(file)]);
}

function readAuthorities(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    parseCertificate(pem);
    return pem;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new CliError(
      exitCode.usage,
      `"${file}" holds no certificate that could be trusted (${reason}).`,
      'Name a PEM file: it begins with -----BEGIN CERTIFICATE-----.',
    );
  }
}

/** The first of them. @throws if it is none. */
function parseCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

/** Somebody answers by HTTPS, and it is not known whether it is who was meant. Undefined for any other error. */
export function untrusted(url: string, error: unknown): CliError | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = namesOf(error);
    return new CliError(
      exitCode.failure,
      `The certificate at ${url} is not for that address${names === '' ? '' : `, but for ${names}`}.`,
      'Come by a name that it is for.',
    );
  }
  const nextStep = UNTRUSTED[code];
  if (nextStep === undefined) return undefined;
  return new CliError(exitCode.failure, `The certificate at ${url} is not trusted (${code}).`, nextStep);
}

/** What more to try where somebody hangs up who was asked plainly; else nothing. */
export function tryTls(url: string, error: unknown): string {
  const hungUp = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error) ?? '');
  return hungUp && url.startsWith('http:')
    ? ' Where it was started with --tls-cert, its address begins with https.'
    : '';
}

const NAME_IT = 'If it is yours, name it or its authority: --ca FILE, or NODE_EXTRA_CA_CERTS=FILE.';
const RENEW_IT = 'Have it renewed where the server runs, and look at the clocks of both machines.';

/** OpenSSL's reasons, as Node names them. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: NAME_IT,
  SELF_SIGNED_CERT_IN_CHAIN: NAME_IT,
  UNABLE_TO_GET_ISSUER_CERT: NAME_IT,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NAME_IT,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NAME_IT,
  CERT_UNTRUSTED: NAME_IT,
  INVALID_CA: NAME_IT,
  CERT_HAS_EXPIRED: RENEW_IT,
  CERT_NOT_YET_VALID: RENEW_IT,
};

/** `fetch` tells the reason as the cause of its error, the AWS SDK as the error. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause);
}

function namesOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (!('cert' in error)) return namesOf(error.cause);
  const { cert } = error;
  const names =
    typeof cert === 'object' && cert !== null && 'subjectaltname' in cert ? String(cert.subjectaltname) : '';
  return names.replaceAll(/(?:DNS|IP Address):/g, '');
}
