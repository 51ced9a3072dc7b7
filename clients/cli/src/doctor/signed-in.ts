import { CliError } from '../cli-error.ts';
import { fromNowText } from '../duration-text.ts';
import { keptSignIn } from '../kept-sign-ins.ts';
import { loginCommand } from '../sign-in-options.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Who is signed in to the orders API. Nobody is asked; nothing is renewed. */
export const signedIn: Check = {
  name: 'Sign-in',
  async look({ url }) {
    if (process.env['COUNTERSIGN_BEARER_TOKEN']) return ok('a token from COUNTERSIGN_BEARER_TOKEN');
    try {
      const signIn = keptSignIn(url);
      if (signIn === undefined) return ok(`nobody is signed in to ${url}`);
      const { user, expiresAtMs, refreshToken } = signIn;
      const ends = `${user.username}, at ${url}; the token ${expiresAtMs > Date.now() ? 'ends' : 'ended'} ${fromNowText(expiresAtMs, Date.now())}`;
      if (expiresAtMs > Date.now() || refreshToken !== undefined) return ok(ends);
      return warn(ends, `Sign in again: ${loginCommand(url)}.`);
    } catch (error) {
      if (error instanceof CliError) return fail(error.message, error.nextStep);
      throw error;
    }
  },
};
