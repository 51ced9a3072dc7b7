import type { RunningApp } from './ready-words.ts';
import { DEFAULT_API_URL, DEFAULT_AWS_ENDPOINT, loginCommand } from './sign-in-options.ts';

const NAMES_MAX = 6;

/** Who can sign in to the app that runs, and how, in one line; none where nobody is asked on AWS either. */
export function signInWords({ identity, awsUrl }: Pick<RunningApp, 'identity' | 'awsUrl'>): string[] {
  const [api] = identity.apis;
  if (api === undefined) return [];
  if (identity.auth === 'off') return ['off (--no-auth): nobody is asked who they are'];
  const users = identity.userPools.find(({ issuer }) => issuer === api.issuer)?.users ?? [];
  const endpoint = awsUrl === DEFAULT_AWS_ENDPOINT ? '' : ` --endpoint ${awsUrl}`;
  const command = `${loginCommand(api.url)}${endpoint}`;
  const [first] = users;
  if (first === undefined) return [`${command}  (${api.issuer})`];
  const names = users
    .slice(0, NAMES_MAX)
    .map(({ username, groups }) => (groups.length === 0 ? username : `${username} (${groups.join(', ')})`));
  const others = users.length > NAMES_MAX ? ', …' : '';
  return [`${command} --user ${first.username}  as ${names.join(', ')}${others}`];
}

export function tokenCommand(url: string): string {
  return url === DEFAULT_API_URL ? 'countersign token' : `countersign token --url ${url}`;
}
