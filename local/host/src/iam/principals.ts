import { isObject, type Json } from '../template.ts';
import { PolicyFault, textsOf } from './policy-fault.ts';

/** Whom a policy can be asked about. */
export type Principal =
  | {
      readonly kind: 'role';
      readonly roleArn: string;
      /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` */
      readonly sessionArn: string;
      readonly accountId: string;
    }
  | {
      readonly kind: 'service';
      /** Such as `events.amazonaws.com`. */
      readonly service: string;
    };

/** As whom a statement means somebody: the account, which leaves the rest to the policies of its roles, or more closely. */
export type MeantAs = 'nobody' | 'account' | 'role' | 'session' | 'service';

export type PrincipalMatch = (principal: Principal) => MeantAs;

/** @see IAM User Guide, "AWS JSON policy elements: Principal" */
export function compilePrincipals(value: Json): PrincipalMatch {
  if (value === '*') return everybody;
  if (!isObject(value)) throw new PolicyFault('Principal', 'it must be "*" or an object');
  const matches = Object.entries(value).map(([kind, given]) => {
    const place = `Principal.${kind}`;
    const names = textsOf(given, place);
    if (kind === 'AWS') return names.includes('*') ? everybody : ofAws(names);
    if (kind === 'Service') return ofServices(names);
    // People and machines from elsewhere take no part here.
    if (kind === 'Federated' || kind === 'CanonicalUser') return nobody;
    throw new PolicyFault(place, 'this kind of principal is not known here');
  });
  return (principal) => matches.map((match) => match(principal)).find((as) => as !== 'nobody') ?? 'nobody';
}

const nobody: PrincipalMatch = () => 'nobody';
/** Whoever it is, the session is meant, and not what its role may do. */
const everybody: PrincipalMatch = ({ kind }) => (kind === 'role' ? 'session' : 'service');

function ofServices(services: readonly string[]): PrincipalMatch {
  return (principal) => (principal.kind === 'service' && services.includes(principal.service) ? 'service' : 'nobody');
}

function ofAws(names: readonly string[]): PrincipalMatch {
  return (principal) => {
    if (principal.kind !== 'role') return 'nobody';
    const { roleArn, sessionArn, accountId } = principal;
    if (names.includes(sessionArn)) return 'session';
    if (names.includes(roleArn)) return 'role';
    return names.includes(accountId) || names.includes(`arn:aws:iam::${accountId}:root`) ? 'account' : 'nobody';
  };
}
