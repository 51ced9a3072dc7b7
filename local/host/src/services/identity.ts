import type { UserPoolIdentity, UserPools } from './cognito.ts';
import type { HttpApis, ProtectedApi } from './http-apis.ts';

/** Who can sign in to what, for people and command lines. The answer to `GET /_countersign/identity`; no secrets. */
export interface HostIdentity {
  /** `off`: the APIs ask nobody, whatever they do on AWS. */
  readonly auth: 'enforced' | 'off';
  /** Those that ask who calls, on AWS at least. */
  readonly apis: readonly ProtectedApi[];
  /** Those that run here. An API may also trust an issuer elsewhere. */
  readonly userPools: readonly UserPoolIdentity[];
}

export function hostIdentity(
  auth: HostIdentity['auth'],
  httpApis: Pick<HttpApis, 'protectedApis'>,
  userPools: Pick<UserPools, 'identities'>,
): HostIdentity {
  return { auth, apis: httpApis.protectedApis(), userPools: userPools.identities() };
}
