import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** What is kept of a sign-in to an API. It has secrets: it goes nowhere but to this file and to its issuer. */
export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** When the access token ends. Epoch milliseconds. */
  readonly expiresAtMs: number;
  readonly user: SignedInUser;
}

export interface SignedInUser {
  readonly username: string;
  readonly email?: string;
  readonly groups: readonly string[];
}

/** The sign-in that is kept for the API at this address. */
export function keptSignIn(url: string): SignIn | undefined {
  const all = read();
  return Object.hasOwn(all, url) ? all[url] : undefined;
}

export function keepSignIn(url: string, signIn: SignIn): void {
  write({ ...read(), [url]: signIn });
}

export function forgetSignIn(url: string): void {
  const { [url]: _, ...others } = read();
  write(others);
}

type SignIns = Readonly<Record<string, SignIn>>;

/** State is what may be lost without harm and belongs to one machine. XDG Base Directory Specification 0.8. */
function stateFile(): string {
  const given = process.env['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'countersign', 'sign-ins.json');
}

function read(): SignIns {
  const file = stateFile();
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliError(exitCode.failure, `"${file}" is damaged.`, 'Delete it, then sign in again: countersign login.');
}

/** The file appears whole or not at all, and nobody else may ever read it. */
function write(signIns: SignIns): void {
  const file = stateFile();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
