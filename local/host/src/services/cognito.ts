import { createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { DataDir } from '../data-dir.ts';
import { HostError } from '../errors.ts';
import type { HttpServer } from '../http-server.ts';
import { isLoopback, refuse, startHttpServer } from '../http-server.ts';
import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import type { UserPoolClient } from './cognito-client.ts';
import type { Issuer } from './cognito-issuer.ts';
import { createIssuer } from './cognito-issuer.ts';
import { keptSecret, signingKeys } from './cognito-keys.ts';
import type { SignInStore } from './cognito-store.ts';
import { openSignInStore } from './cognito-store.ts';
import type { User } from './cognito-users.ts';
import { readDemonstrationUsers } from './cognito-users.ts';

export type { UserPoolClient } from './cognito-client.ts';

export interface UserPoolsOptions {
  readonly dataDir: DataDir;
  readonly host: string;
  /** For all pools; taken with the first of them. 0 takes any free port. */
  readonly port: number;
  /** Where people who have signed in may be led back to, at any port of this machine. */
  readonly pagesPath?: string | undefined;
  readonly time: HostTime;
  readonly log: Log;
}

/** A user pool, for whoever wants to sign in to it. */
export interface UserPoolIdentity {
  readonly userPoolId: string;
  readonly issuer: string;
  readonly clients: readonly UserPoolClientIdentity[];
  readonly users: readonly { readonly username: string; readonly groups: readonly string[] }[];
}

export interface UserPoolClientIdentity {
  readonly clientId: string;
  readonly isPublic: boolean;
  readonly callbackUrls: readonly string[];
  readonly scopes: readonly string[];
}

/** The user pools of an app, each an OIDC issuer of its own under one port. */
export interface UserPools {
  /**
   * Makes a pool. @returns its issuer
   *
   * @throws {HostError} if others could reach it, or the port cannot be had.
   */
  createUserPool(userPoolId: string): Promise<string>;
  /** What a pool has. @throws {HostError} for a pool that is not known. */
  pool(userPoolId: string): DeclaredPool;
  /** The same at every start, and known to nobody who cannot read the data folder. */
  clientSecret(clientId: string): string;
  /** The issuer that stands here for one of AWS; undefined for one that is none of these pools'. */
  localIssuer(issuer: string): string | undefined;
  /** Makes the issuers, with their keys. @returns what lets requests in */
  prepare(): Promise<() => void>;
  identities(): UserPoolIdentity[];
  close(): Promise<void>;
}

/** A pool while its template is read. */
export interface DeclaredPool {
  readonly issuer: string;
  readonly clients: UserPoolClient[];
  readonly groups: Set<string>;
  /** Of resource servers. */
  readonly scopes: string[];
  readonly users: Map<string, { attributes: Record<string, string>; groups: Set<string> }>;
}

/** "openid, email, phone, profile and aws.cognito.signin.user.admin" */
const STANDARD_SCOPES = ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'];
const DRAIN_MS = 500;

export function createUserPools({ dataDir, host, port, pagesPath, time, log }: UserPoolsOptions): UserPools {
  const pools = new Map<string, DeclaredPool>();
  let server: HttpServer | undefined;
  let store: SignInStore | undefined;
  let demonstrationUsers: readonly User[] = [];
  let handle: RequestListener = (_request, response) =>
    refuse(response, 503, 'ServiceUnavailable', 'The host is starting.');

  /** As on AWS, nobody is in a group that the pool does not have. */
  function usersOf({ users, groups }: DeclaredPool): User[] {
    const declared = [...users].map(([username, user]) => ({ ...user, username, groups: [...user.groups] }));
    const names = new Set(users.keys());
    const others = demonstrationUsers.filter(({ username }) => !names.has(username));
    return [...declared, ...others].map((user) => ({
      ...user,
      groups: user.groups.filter((group) => groups.has(group)),
    }));
  }

  return {
    async createUserPool(userPoolId) {
      if (!isLoopback(host)) throw reachableByOthers(userPoolId, host);
      demonstrationUsers = readDemonstrationUsers(dataDir);
      server ??= await startHttpServer({
        host,
        port,
        purpose: 'signing in, which is the one after that of the AWS endpoint,',
        time,
        handle: (request, response) => handle(request, response),
      });
      const issuer = `${server.url}/${userPoolId}`;
      pools.set(userPoolId, { issuer, clients: [], groups: new Set(), scopes: [], users: new Map() });
      return issuer;
    },
    pool(userPoolId) {
      const pool = pools.get(userPoolId);
      if (pool !== undefined) return pool;
      throw new HostError(`The user pool "${userPoolId}" is none of this app.`, 'Name one that the app creates.');
    },
    clientSecret: (clientId) =>
      createHmac('sha256', keptSecret(dataDir.resolve('user-pools/secret')))
        .update(clientId)
        .digest('hex'),
    localIssuer(issuer) {
      const [, userPoolId = ''] = /^https:\/\/cognito-idp\.[^.\/]+\.amazonaws\.com\/([^\/]+)$/v.exec(issuer) ?? [];
      return pools.get(userPoolId)?.issuer;
    },
    async prepare() {
      if (pools.size === 0) return () => {};
      store = openSignInStore(dataDir.resolve('sign-in.sqlite'), () => time.now());
      const issuers = new Map<string, Issuer>();
      for (const [userPoolId, pool] of pools) {
        const keys = await signingKeys(dataDir.resolve(`user-pools/${userPoolId}.json`), time.now());
        const { issuer, clients } = pool;
        const scopes = [...STANDARD_SCOPES, ...pool.scopes];
        const users = usersOf(pool);
        const content = { userPoolId, clients, users, scopes, keys, store };
        issuers.set(userPoolId, createIssuer({ ...content, issuer, pagesPath, time, log }));
      }
      return () => {
        handle = (request, response) => {
          const [, userPoolId = ''] = (request.url ?? '').split(/[\/?]/v);
          const issuer = issuers.get(userPoolId);
          if (issuer === undefined) refuse(response, 404, 'ResourceNotFoundException', 'There is no such user pool.');
          else issuer.handle(request, response);
        };
      };
    },
    identities: () =>
      [...pools].map(([userPoolId, pool]) => ({
        userPoolId,
        issuer: pool.issuer,
        clients: pool.clients.map(({ clientId, secret, callbackUrls, scopes }) => ({
          clientId,
          isPublic: secret === undefined,
          callbackUrls,
          scopes,
        })),
        users: usersOf(pool).map(({ username, groups }) => ({ username, groups })),
      })),
    async close() {
      await server?.close(DRAIN_MS);
      store?.close();
    },
  };
}

function reachableByOthers(userPoolId: string, host: string): HostError {
  return new HostError(
    `The user pool "${userPoolId}" cannot be opened to others at ${host}: its users sign in without passwords.`,
    'Listen at 127.0.0.1, or let the app trust an identity provider of yours (HttpJwtAuthorizer with its issuer).',
  );
}
