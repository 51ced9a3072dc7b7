import type { IncomingMessage } from 'node:http';
import type { Environment } from '../cloud-assembly.ts';
import type { Log } from '../log.ts';
import type { RoleCredentialsIssuer, RoleSession } from '../services/role-credentials.ts';
import type { HostTime } from '../time/host-time.ts';
import { authenticator, roleKeys, type Authenticate, type FindKey } from './authenticate.ts';
import { AccessRefused, DEVELOPER, type Caller, type Permission } from './caller.ts';
import { chunkSignaturesOf, type ChunkSignatures } from './chunk-signatures.ts';
import { configuredKeys, type ConfiguredKeys } from './configured-keys.ts';
import { eitherContext, contextOf, emptyContext, type Context } from './context.ts';
import type { DeclaredPolicies } from './declared-policies.ts';
import { denialOf } from './denial.ts';
import { evaluate } from './evaluate.ts';
import { globalContext } from './global-context.ts';
import type { Principal } from './principals.ts';

/** What every service asks before it does anything: who calls, and may they. */
export interface Access {
  /**
   * @param body what the request was signed over; undefined where its hash stands in a header, as with S3
   * @throws {AccessRefused}
   */
  callerOf(request: IncomingMessage, body: Uint8Array | undefined): Caller;
  /** What the chunks of a body are to be signed with, of a request that {@link callerOf} has taken; undefined where they are not signed. */
  chunkSignaturesOf(request: IncomingMessage): ChunkSignatures | undefined;
  /** @throws {AccessRefused} for the first that is not allowed, which is said in the log, once. */
  require(caller: Caller, permissions: readonly Permission[]): void;
}

/** Lets everybody do everything, and looks at no signature. */
export const openToAll: Access = { callerOf: () => DEVELOPER, chunkSignaturesOf: () => undefined, require() {} };

export interface AccessOptions {
  readonly policies: DeclaredPolicies;
  readonly credentials: RoleCredentialsIssuer;
  /** Of whoever may do everything. @default whoever brings no key of a role may do everything */
  readonly keys?: ConfiguredKeys;
  readonly environment: Environment;
  readonly time: HostTime;
  readonly log: Log;
}

/** Lets in whoever signs with a key that was configured, or that is one of these. */
export function onlyWith(keys: ConfiguredKeys, time: HostTime, others: FindKey = () => undefined): Authenticate {
  return authenticator(oneOf(configuredKeys(keys), others), time, 'are refused');
}

function oneOf(first: FindKey, second: FindKey): FindKey {
  return (id, token) => first(id, token) ?? second(id, token);
}

/** Enforces the policies of the app. */
export function createAccess({ policies, credentials, keys, environment, time, log }: AccessOptions): Access {
  const ofRoles = roleKeys(credentials);
  const authenticate =
    keys === undefined ? authenticator(ofRoles, time, 'are the developer') : onlyWith(keys, time, ofRoles);
  const findKey = keys === undefined ? ofRoles : oneOf(configuredKeys(keys), ofRoles);
  const once = sayOnce();

  /** Undefined where nothing here knows what they may do. */
  function principalOf(caller: Exclude<Caller, { readonly kind: 'developer' }>): Principal | undefined {
    if (caller.kind === 'service') return { kind: 'service', service: caller.service };
    const { roleArn } = caller.session;
    if (policies.roleOf(roleArn) !== undefined) return rolePrincipal(caller.session);
    const note = 'it is no role of this app, so what it may do is not known here, and is not checked';
    if (once(`unknown ${roleArn}`)) log.warn('iam.role-unknown', { roleArn, note });
    return undefined;
  }

  function requireOne(caller: Exclude<Caller, { readonly kind: 'developer' }>, permission: Permission): void {
    const principal = principalOf(caller);
    if (principal === undefined) return;
    const { action, resource } = permission;
    const question = { principal, action, resource, context: contextFor(caller, principal, permission) };
    const verdict = evaluate(question, policies.policiesFor(principal, resource));
    if (verdict.isAllowed) return;
    const { message, statement } = denialOf(principal, permission, verdict);
    const role = principal.kind === 'role' ? policies.roleOf(principal.roleArn) : undefined;
    const who = principal.kind === 'role' ? principal.roleArn : principal.service;
    const source = caller.kind === 'service' ? caller.sourceArn : '';
    if (once(`${who} ${source} ${action} ${resource}`)) {
      log.warn('iam.denied', {
        message,
        ...(role !== undefined && { role: role.declaredAs }),
        ...(statement !== undefined && { statementToAdd: statement }),
      });
    }
    throw new AccessRefused('denied', message, resource);
  }

  function contextFor(
    caller: Exclude<Caller, { readonly kind: 'developer' }>,
    principal: Principal,
    { keys }: Permission,
  ): Context {
    const own = keys === undefined ? emptyContext : contextOf(keys);
    const sourceArn = caller.kind === 'service' ? caller.sourceArn : undefined;
    return eitherContext(own, globalContext({ principal, sourceArn, environment, time }));
  }

  return {
    callerOf: authenticate,
    chunkSignaturesOf: (request) => chunkSignaturesOf(findKey, request),
    require(caller, permissions) {
      if (caller.kind === 'developer') return;
      for (const permission of permissions) requireOne(caller, permission);
    },
  };
}

/** `arn:aws:iam::ACCOUNT:role/path/NAME` as somebody has taken it on. */
function rolePrincipal({ roleArn, sessionName }: RoleSession): Principal {
  const [, partition = 'aws', , , accountId = '', role = ''] = roleArn.split(':');
  const name = role.slice(role.lastIndexOf('/') + 1);
  const sessionArn = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`;
  return { kind: 'role', roleArn, sessionArn, accountId };
}

/** What was said is remembered so far, and then forgotten: better a line twice than a memory that grows. */
const SAID_MAX = 10_000;

function sayOnce(): (what: string) => boolean {
  const said = new Set<string>();
  return (what) => {
    if (said.has(what)) return false;
    if (said.size >= SAID_MAX) said.clear();
    said.add(what);
    return true;
  };
}
