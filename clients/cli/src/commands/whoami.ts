import type { Command } from 'commander';
import { accessTokenFor } from '../access-token.ts';
import { dataCommand } from '../command.ts';
import { keptSignIn } from '../kept-sign-ins.ts';
import { print, printJson, style } from '../output.ts';
import { apiUrlOption } from '../sign-in-options.ts';
import { nobodySignedIn, signedInFacts } from '../signed-in.ts';
import { caOption } from '../trust.ts';

interface WhoamiOptions {
  url: string;
  json?: true;
}

export function whoami(): Command {
  return dataCommand('countersign whoami', 'Show who is signed in to the orders API, and their groups.', [
    'countersign whoami',
    'countersign whoami --json | jq -r .groups[]',
  ])
    .addOption(apiUrlOption())
    .addOption(caOption())
    .action(async ({ url, json }: WhoamiOptions) => {
      // What is kept of a sign-in that has ended since tells of nobody.
      const isSignedIn = (await accessTokenFor(url)) !== undefined;
      const signIn = keptSignIn(url);
      if (!isSignedIn || signIn === undefined) throw nobodySignedIn(url);
      if (json) printJson({ url, issuer: signIn.issuer, ...signIn.user });
      else print(signedInFacts(url, signIn.user, (name) => style('dim', name)));
    });
}
