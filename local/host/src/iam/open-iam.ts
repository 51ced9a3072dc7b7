import type { ConfiguredKeys } from './configured-keys.ts';
import type { Environment } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import type { Log } from '../log.ts';
import { openRoleCredentials, type RoleCredentialsIssuer } from '../services/role-credentials.ts';
import type { HostTime } from '../time/host-time.ts';
import { createAccess, openToAll, type Access } from './access.ts';
import { createDeclaredPolicies, type DeclaredPolicies } from './declared-policies.ts';

/** Who may do what on this machine. */
export interface Iam {
  readonly isEnforced: boolean;
  readonly access: Access;
  /** Filled while the stacks are created. */
  readonly policies: DeclaredPolicies;
  /** Roles have theirs whether or not anybody looks at them. */
  readonly credentials: RoleCredentialsIssuer;
}

export function openIam(options: {
  readonly dataDir: Pick<DataDir, 'resolve'>;
  readonly environment: Environment;
  readonly isEnforced: boolean;
  /** Of whoever may do everything. @default whoever brings no key of a role may do everything */
  readonly keys?: ConfiguredKeys;
  /** Kept by whoever wants to change them later. @default new ones */
  readonly policies?: DeclaredPolicies;
  readonly time: HostTime;
  readonly log: Log;
}): Iam {
  const { dataDir, environment, isEnforced, keys, time, log } = options;
  const credentials = openRoleCredentials(dataDir.resolve('role-credentials.key'));
  const policies = options.policies ?? createDeclaredPolicies();
  const access = isEnforced
    ? createAccess({ policies, credentials, ...(keys !== undefined && { keys }), environment, time, log })
    : openToAll;
  return { isEnforced, access, policies, credentials };
}
