import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { HostError } from '../errors.ts';

/** A role as somebody has taken it on: what AWS calls an assumed role. */
export interface RoleSession {
  readonly roleArn: string;
  /** Whose session it is, such as a function's name; a part of the ARN that denials name. */
  readonly sessionName: string;
}

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Credentials of roles, derived from a key that the data folder keeps: the same session has the same ones after every
 * start, so a process that outlives the host keeps working. They do not expire.
 */
export interface RoleCredentialsIssuer {
  credentialsFor(session: RoleSession): RoleCredentials;
  /**
   * The way back. A token carries its session, so nothing needs to be remembered.
   *
   * @returns undefined for a key that was not issued here, or not with this token
   */
  sessionOf(accessKeyId: string, sessionToken: string | undefined): IssuedSession | undefined;
}

export interface IssuedSession extends RoleSession {
  readonly secretAccessKey: string;
}

/** Temporary keys of AWS begin with `ASIA`; what follows tells ours from those that a developer has. */
const OWN_PREFIX = 'ASIALOCAL';

/** Whether a key claims to be one of these. One that does and has no session is refused, and taken for nobody else's. */
export function claimsToBeIssuedHere(accessKeyId: string): boolean {
  return accessKeyId.startsWith(OWN_PREFIX);
}

/** As AWS hands them to whoever runs with a role: in the variables that every SDK reads. */
export function credentialsEnvironment(credentials: RoleCredentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}

/**
 * @param file keeps the key; `undefined` makes one that nothing outlives.
 * @throws {HostError} if the file is damaged.
 */
export function openRoleCredentials(file: string | undefined): RoleCredentialsIssuer {
  const key = file === undefined ? randomBytes(KEY_BYTES) : keptKey(file);
  const derive = (purpose: string, { roleArn, sessionName }: RoleSession) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, roleArn, sessionName]))
      .digest();
  const issued = new Map<string, RoleCredentials>();
  /** Sessions by tokens that were found to be right. */
  const proven = new Map<string, { readonly accessKeyId: string; readonly session: IssuedSession }>();

  function derived(session: RoleSession): RoleCredentials {
    const claims = Buffer.from(JSON.stringify([session.roleArn, session.sessionName])).toString('base64url');
    return {
      accessKeyId:
        OWN_PREFIX + base32(derive('accessKeyId', session)).slice(0, ACCESS_KEY_ID_LENGTH - OWN_PREFIX.length),
      secretAccessKey: derive('secretAccessKey', session).toString('base64').slice(0, SECRET_LENGTH),
      sessionToken: `${claims}.${derive('sessionToken', session).toString('base64url')}`,
    };
  }

  function credentialsFor(session: RoleSession): RoleCredentials {
    const name = JSON.stringify([session.roleArn, session.sessionName]);
    const credentials = issued.get(name) ?? derived(session);
    if (issued.size >= ISSUED_MAX) issued.clear();
    issued.set(name, credentials);
    return credentials;
  }

  return {
    credentialsFor,
    sessionOf(accessKeyId, sessionToken = '') {
      const known = proven.get(sessionToken);
      if (known?.accessKeyId === accessKeyId) return known.session;
      const session = claimedSession(sessionToken);
      if (session === undefined) return undefined;
      const { secretAccessKey, ...wanted } = credentialsFor(session);
      const isIssued = isSame(sessionToken, wanted.sessionToken) && isSame(accessKeyId, wanted.accessKeyId);
      if (!isIssued) return undefined;
      const found = { ...session, secretAccessKey };
      if (proven.size >= ISSUED_MAX) proven.clear();
      proven.set(sessionToken, { accessKeyId, session: found });
      return found;
    },
  };
}

const KEY_BYTES = 32;

/** In the lengths that AWS gives them. */
const ACCESS_KEY_ID_LENGTH = 20;
const SECRET_LENGTH = 40;

/** Sessions kept at hand, so that a forged flood of them holds no memory. */
const ISSUED_MAX = 1000;

/** No name of a role or a session is longer. IAM quotas, "Role name" and "Role session name". */
const TOKEN_LENGTH_MAX = 2048;

function claimedSession(sessionToken: string): RoleSession | undefined {
  const [claims = '', seal] = sessionToken.split('.');
  if (seal === undefined || sessionToken.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    const [roleArn, sessionName]: unknown[] = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return typeof roleArn === 'string' && typeof sessionName === 'string' ? { roleArn, sessionName } : undefined;
  } catch {
    return undefined;
  }
}

function isSame(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The alphabet of access keys. RFC 4648, section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => BASE32.charAt(byte % BASE32.length)).join('');
}

/** The key appears whole or not at all, and nobody but this user may read it. */
function keptKey(file: string): Buffer {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  // What is in it is not said.
  throw new HostError(`"${file}" is damaged.`, 'Delete it: functions get other credentials then.');
}
