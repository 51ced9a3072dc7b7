import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { untrusted } from './trust.ts';
import type { HostIdentity } from '../../../local/host/src/index.ts';

/** Whom to sign in with for an API. */
export interface SignInTarget {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Who can sign in by name alone: those of a user pool that runs on this machine. */
  readonly users: readonly string[];
}

/**
 * Asks the host that runs the API which issuer and client it trusts.
 *
 * @throws {CliError} where no host answers, or the API asks nobody who they are.
 */
export async function askHost(url: string, endpoint: string): Promise<SignInTarget> {
  const identity = await readIdentity(endpoint);
  const target = targetOf(url, identity);
  if (target === undefined) {
    const why = identity.auth === 'off' ? 'it was started with --no-auth' : 'or it is not run by the host there';
    throw new CliError(
      exitCode.failure,
      `The API at ${url} asks nobody who they are, says the host at ${endpoint}; ${why}.`,
      'Use it without signing in, or give --issuer and --client-id.',
    );
  }
  return target;
}

/** Whom to sign in with for an API of a host; undefined where it asks nobody who they are. */
export function targetOf(url: string, { auth, apis, userPools }: HostIdentity): SignInTarget | undefined {
  const api = apis.find((each) => each.url === withAddress(url));
  if (auth === 'off' || api === undefined) return undefined;
  const pool = userPools.find(({ issuer }) => issuer === api.issuer);
  const client = pool?.clients.find(({ clientId, isPublic }) => isPublic && api.audience.includes(clientId));
  const clientId = client?.clientId ?? api.audience[0] ?? '';
  const scopes = [...new Set(['openid', ...(client?.scopes ?? api.scopes)])];
  return { issuer: api.issuer, clientId, scopes, users: pool?.users.map(({ username }) => username) ?? [] };
}

/** As the host names itself: it listens at an address, whatever name of it is used. */
function withAddress(url: string): string {
  return url.replace('://localhost', '://127.0.0.1');
}

async function readIdentity(endpoint: string): Promise<HostIdentity> {
  try {
    const answer = await fetch(`${endpoint}/_countersign/identity`, { signal: AbortSignal.timeout(5_000) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the host of the same version wrote it
    return (await answer.json()) as HostIdentity;
  } catch (error) {
    const distrust = untrusted(endpoint, error);
    if (distrust !== undefined) throw distrust;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new CliError(
      exitCode.failure,
      `No host of Countersign answers at ${endpoint}, so it is not known whom the API trusts.`,
      'Start it with `countersign start`, name its AWS endpoint with --endpoint, or give --issuer and --client-id.',
      cause instanceof Error ? [cause.message] : [],
    );
  }
}
