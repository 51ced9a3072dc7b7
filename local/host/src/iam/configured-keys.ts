import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { HostError } from '../errors.ts';
import { isLoopback } from '../http-server.ts';
import { claimsToBeIssuedHere } from '../services/role-credentials.ts';
import type { FindKey } from './authenticate.ts';
import { DEVELOPER } from './caller.ts';

/** The secrets of keys, by their ids. Whoever signs with one may do everything. */
export type ConfiguredKeys = ReadonlyMap<string, string>;

/** As AWS has them; what is shorter could be guessed. */
const ID = /^\w{16,128}$/v;
const SECRET_LENGTH_MIN = 32;

/** So that a wrong path to something else is not read whole. */
const FILE_BYTES_MAX = 1_000_000;

/**
 * @returns undefined where no keys are asked for, because only this machine can call.
 * @throws {HostError} where others could call and there are no keys, and for keys that cannot be used.
 */
export function keysFor({
  host,
  credentialsFile,
}: {
  readonly host: string;
  readonly credentialsFile?: string;
}): ConfiguredKeys | undefined {
  if (credentialsFile !== undefined) return readConfiguredKeys(credentialsFile);
  if (isLoopback(host)) return undefined;
  throw new HostError(
    `Whoever reaches ${host} could do everything: beyond this machine, AWS is called with keys.`,
    'Give it a file of keys (--credentials FILE), or listen at 127.0.0.1.',
  );
}

/**
 * Reads keys from a file like `~/.aws/credentials`: `aws_access_key_id` and `aws_secret_access_key` of each profile.
 *
 * @throws {HostError} if the file cannot be read, can be read by others, or holds anything but usable keys. What it says
 * holds no secret.
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files"
 */
function readConfiguredKeys(file: string): ConfiguredKeys {
  const keys = new Map<string, string>();
  for (const [profile, settings] of profilesOf(read(file))) {
    const where = `profile "${profile}"`;
    const id = settings.get('aws_access_key_id');
    const secret = settings.get('aws_secret_access_key');
    if (id === undefined || secret === undefined)
      throw unusable(file, `${where} needs aws_access_key_id and aws_secret_access_key`);
    if (settings.has('aws_session_token')) throw unusable(file, `${where} is of a session, which would end`);
    if (!ID.test(id)) throw unusable(file, `the key id of ${where} is not 16 to 128 letters, digits and _`);
    if (claimsToBeIssuedHere(id)) throw unusable(file, `the key id of ${where} is one of a role of this machine`);
    if (secret.length < SECRET_LENGTH_MIN)
      throw unusable(file, `the secret of ${where} is shorter than ${SECRET_LENGTH_MIN} characters`);
    if (keys.has(id)) throw unusable(file, `the key id of ${where} is there twice`);
    keys.set(id, secret);
  }
  if (keys.size === 0) throw unusable(file, 'it holds no key');
  return keys;
}

/** They are the developer's, wherever they come from. */
export function configuredKeys(keys: ConfiguredKeys): FindKey {
  return (accessKeyId) => {
    const secretAccessKey = keys.get(accessKeyId);
    return secretAccessKey === undefined ? undefined : { secretAccessKey, caller: DEVELOPER };
  };
}

function read(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (cause) {
    throw unusable(file, `it cannot be opened (${(cause as { code?: string }).code ?? 'unknown reason'})`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw unusable(file, 'others may read it', `Keep it for yourself: chmod 600 ${file}`);
    if (size > FILE_BYTES_MAX) throw unusable(file, 'it is too large for a file of keys');
    return readFileSync(descriptor, 'utf8');
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    throw unusable(file, `it cannot be read (${(cause as { code?: string }).code ?? 'unknown reason'})`);
  } finally {
    closeSync(descriptor);
  }
}

function profilesOf(text: string): Map<string, Map<string, string>> {
  const profiles = new Map<string, Map<string, string>>();
  let settings: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/v).map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const [, profile] = /^\[([^\]]+)\]/v.exec(line) ?? [];
    if (profile !== undefined) {
      settings = profiles.get(profile.trim()) ?? new Map();
      profiles.set(profile.trim(), settings);
      continue;
    }
    const at = line.indexOf('=');
    if (at > 0) settings?.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return profiles;
}

function unusable(
  file: string,
  why: string,
  nextStep = 'It is to look like ~/.aws/credentials; see "Beyond this machine" in docs/cli.md.',
): HostError {
  return new HostError(`The keys in "${file}" cannot be used: ${why}.`, nextStep);
}
