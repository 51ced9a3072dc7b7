import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import type { SignedInUser } from './kept-sign-ins.ts';
import { printable } from './printable.ts';
import { loginCommand } from './sign-in-options.ts';
import { facts } from './table.ts';

/** Who is signed in, for people. */
export function signedInFacts(url: string, user: SignedInUser, emphasise: (name: string) => string): string {
  const { username, email, groups } = user;
  const entries: [string, string][] = [
    ['User', username],
    ...(email === undefined || email === username ? [] : [['Email', email] as [string, string]]),
    ['Groups', groups.length === 0 ? 'none' : groups.join(', ')],
    ['API', url],
  ];
  return facts(
    entries.map(([name, value]) => [name, printable(value)] as const),
    emphasise,
  );
}

export function nobodySignedIn(url: string): CliError {
  return new CliError(exitCode.failure, `Nobody is signed in to ${url}.`, `Sign in: ${loginCommand(url)}.`);
}
