import { type Command, InvalidArgumentError, Option } from 'commander';
import { dataCommand, httpUrl } from '../command.ts';
import { isLoopback } from '../loopback.ts';
import { print, printJson, style } from '../output.ts';
import { apiUrlOption, DEFAULT_AWS_ENDPOINT } from '../sign-in-options.ts';
import { signedInFacts } from '../signed-in.ts';
import { caOption } from '../trust.ts';

export interface LoginOptions {
  url: string;
  endpoint: string;
  callback: string;
  user?: string;
  issuer?: string;
  clientId?: string;
  scope?: string;
  json?: true;
}

export function login(): Command {
  return dataCommand('countersign login', 'Sign in to the orders API, in a browser or as a user of this machine.', [
    'countersign login --user anna',
    'countersign login',
    'countersign login --url https://api.example.com --issuer https://id.example.com --client-id abc123',
  ])
    .option('--user <name>', 'a user of this machine: signs in at once, without a browser')
    .addOption(apiUrlOption())
    .addOption(caOption())
    .addOption(
      new Option('--endpoint <url>', 'the AWS endpoint of the host that runs the API; it knows whom the API trusts')
        .env('AWS_ENDPOINT_URL')
        .default(DEFAULT_AWS_ENDPOINT)
        .argParser(httpUrl),
    )
    .option('--issuer <url>', 'the OIDC issuer that the API trusts, such as a Cognito user pool', issuerUrl)
    .option('--client-id <id>', 'the public client to sign in with there')
    .option('--scope <scopes>', 'what to ask for beside openid')
    .option('--callback <url>', 'where the browser is led back to', callbackUrl, 'http://127.0.0.1:0/callback')
    .action(async (options: LoginOptions) => {
      // Loaded here, so that no other command waits for it.
      const { signIn } = await import('../sign-in.ts');
      const { user } = await signIn(options);
      if (options.json) printJson({ url: options.url, ...user });
      else print(signedInFacts(options.url, user, (name) => style('dim', name)));
    });
}

/** An issuer is compared letter by letter, so the slash at its end stays. */
function issuerUrl(text: string): string {
  httpUrl(text);
  return text;
}

function callbackUrl(text: string): string {
  const url = httpUrl(text);
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && isLoopback(hostname)) return url;
  throw new InvalidArgumentError('A callback is on this machine, such as http://127.0.0.1:8976/callback.');
}
