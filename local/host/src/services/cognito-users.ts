import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { DataDir } from '../data-dir.ts';
import { HostError } from '../errors.ts';

export interface User {
  readonly username: string;
  /** By the names that Cognito gives them: `email`, `custom:branch`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

const UsersFile = z.strictObject({
  users: z.array(
    z.strictObject({
      username: z.string().min(1),
      name: z.string().optional(),
      email: z.email().optional(),
      groups: z.array(z.string()).default([]),
    }),
  ),
});

/** One who orders, two who may each decide, and one whom they ask: enough to try every rule of an approval. */
const DEMONSTRATION_USERS: z.infer<typeof UsersFile>['users'] = [
  { username: 'anna', name: 'Anna', email: 'anna@example.com', groups: ['customers'] },
  { username: 'ben', name: 'Ben', email: 'ben@example.com', groups: ['managers'] },
  { username: 'chris', name: 'Chris', email: 'chris@example.com', groups: ['managers'] },
  { username: 'dora', name: 'Dora', email: 'dora@example.com', groups: ['directors'] },
];

/**
 * The demonstration users of this machine, from `users.json` in the data folder. It is written where it is missing, and
 * then belongs to whoever edits it.
 *
 * @throws {HostError} if the file is damaged.
 */
export function readDemonstrationUsers(dataDir: DataDir): User[] {
  const file = dataDir.resolve('users.json');
  if (!existsSync(file)) {
    writeFileSync(file, `${JSON.stringify({ users: DEMONSTRATION_USERS }, null, 2)}\n`, { mode: 0o600 });
  }
  return parseUsersFile(file).users.map(({ username, name, email, groups }) => ({
    username,
    groups,
    attributes: {
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email, email_verified: 'true' }),
    },
  }));
}

function parseUsersFile(file: string): z.infer<typeof UsersFile> {
  try {
    return UsersFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const fault = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : String(cause);
    throw new HostError(`"${file}" is damaged: ${fault}.`, 'Mend it, or delete it: the next start writes a new one.', {
      cause,
    });
  }
}

/** What names a user in tokens: an id in the form of a UUID, the same at every start. */
export function subjectOf(userPoolId: string, { username }: User): string {
  const hex = createHash('sha256').update(`${userPoolId}/${username}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * What an ID token says of a user, in Cognito's names.
 *
 * @see Amazon Cognito Developer Guide, "Understanding the identity (ID) token"
 */
export function idTokenClaims(user: User, sub: string): { sub: string; [claim: string]: unknown } {
  const attributes = Object.entries(user.attributes).map(([name, value]) => [name, attributeValue(name, value)]);
  return {
    ...Object.fromEntries(attributes),
    sub,
    token_use: 'id',
    'cognito:username': user.username,
    ...groupsClaim(user),
  };
}

/** What an access token says of a user. @see Amazon Cognito Developer Guide, "Understanding the access token" */
export function accessTokenClaims(user: User): Record<string, unknown> {
  return { username: user.username, ...groupsClaim(user) };
}

/** Somebody in no group has no claim of it. */
function groupsClaim({ groups }: User): { 'cognito:groups'?: readonly string[] } {
  return groups.length === 0 ? {} : { 'cognito:groups': groups };
}

function attributeValue(name: string, value: string): unknown {
  return name.endsWith('_verified') ? value === 'true' : value;
}
