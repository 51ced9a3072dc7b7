import type { Pages } from '../../../local/host/src/index.ts';
import { targetOf } from './sign-in-target.ts';

/** Below the orders API. */
export const CONSOLE_PATH = '/console/';

/** The web page, told whom the API trusts. */
export const consolePages: Pages = {
  path: CONSOLE_PATH,
  async site({ url, identity, machine }) {
    // Loaded here, so that no other command waits for what makes it.
    const { buildConsole } = await import('../../console/src/index.ts');
    const target = targetOf(url, identity);
    const files = await buildConsole({
      api: '',
      ...(machine && { machine }),
      ...(target && { signIn: { issuer: target.issuer, clientId: target.clientId, scopes: target.scopes } }),
    });
    return { path: CONSOLE_PATH, files };
  },
};
