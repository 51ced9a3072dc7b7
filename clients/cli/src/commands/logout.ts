import type { Command } from 'commander';
import { dataCommand } from '../command.ts';
import { forgetSignIn, keptSignIn } from '../kept-sign-ins.ts';
import { revokeToken } from '../oauth.ts';
import { printJson, say } from '../output.ts';
import { apiUrlOption } from '../sign-in-options.ts';
import { caOption } from '../trust.ts';

interface LogoutOptions {
  url: string;
  json?: true;
}

export function logout(): Command {
  return dataCommand('countersign logout', 'Forget who is signed in to the orders API.', ['countersign logout'])
    .addOption(apiUrlOption())
    .addOption(caOption())
    .action(endSignIn);
}

async function endSignIn({ url, json }: LogoutOptions): Promise<void> {
  const signIn = keptSignIn(url);
  // Forgotten first: whatever becomes of the issuer's answer, nothing of the sign-in stays here.
  if (signIn !== undefined) forgetSignIn(url);
  const { refreshToken, revocationEndpoint, clientId = '' } = signIn ?? {};
  const isRevoked =
    refreshToken !== undefined &&
    revocationEndpoint !== undefined &&
    (await revokeToken(revocationEndpoint, { token: refreshToken, client_id: clientId }));
  if (json) return printJson({ url, wasSignedIn: signIn !== undefined, isRevoked });
  if (signIn === undefined) return say(`Nobody was signed in to ${url}.`);
  say(isRevoked ? 'Signed out.' : 'Signed out here. The issuer was not told; its refresh token ends by itself.');
}
