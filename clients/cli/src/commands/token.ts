import type { Command } from 'commander';
import { accessTokenFor } from '../access-token.ts';
import { dataCommand } from '../command.ts';
import { print, printJson } from '../output.ts';
import { apiUrlOption } from '../sign-in-options.ts';
import { nobodySignedIn } from '../signed-in.ts';
import { caOption } from '../trust.ts';

interface TokenOptions {
  url: string;
  json?: true;
}

export function token(): Command {
  return dataCommand('countersign token', 'Print the access token of who is signed in, for other programs.', [
    'curl -H "authorization: Bearer $(countersign token)" http://127.0.0.1:3000/orders',
  ])
    .addOption(apiUrlOption())
    .addOption(caOption())
    .action(async ({ url, json }: TokenOptions) => {
      const found = await accessTokenFor(url);
      if (found === undefined) throw nobodySignedIn(url);
      const { accessToken, expiresAtMs } = found;
      if (json) printJson({ accessToken, expiresAt: new Date(expiresAtMs).toISOString() });
      else print(accessToken);
    });
}
