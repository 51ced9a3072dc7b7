import type { Policies } from './evaluate.ts';
import { isManagedByAws, managedPolicyDocument } from './managed-policies.ts';
import { compilePolicy, type Policy } from './policy-document.ts';
import type { Principal } from './principals.ts';

export interface DeclaredRole {
  readonly arn: string;
  readonly name: string;
  /** Where its permissions are to be changed: the path of its construct, or its place in the template. */
  readonly declaredAs: string;
  /** Who may take it on. */
  readonly trust: Policy;
  readonly managedPolicyArns: readonly string[];
  readonly boundaryArn?: string;
}

/** All policies that the app declares, by whom or what they are about. */
export interface DeclaredPolicies {
  addRole(role: DeclaredRole): void;
  /** A policy of its own, or one inside a role: both are the role's. */
  attach(roleName: string, policy: Policy): void;
  addManagedPolicy(arn: string, policy: Policy): void;
  /** More than one may be about the same thing: permissions of a function are added one by one. */
  addResourcePolicy(resourceArn: string, policy: Policy): void;
  /** Whether what it allows is known here. */
  hasManagedPolicy(arn: string): boolean;
  roleOf(arn: string): DeclaredRole | undefined;
  /** Those that have a say when this principal asks for something of that resource. */
  policiesFor(principal: Principal, resource: string): Policies;
}

export function createDeclaredPolicies(): DeclaredPolicies {
  const roles = new Map<string, DeclaredRole>();
  const attached = new Map<string, Policy[]>();
  const managed = new Map<string, Policy>();
  const ofResources = new Map<string, Policy[]>();
  const collected = new Map<string, Pick<Policies, 'identity' | 'boundary'>>();

  function add(policies: Map<string, Policy[]>, name: string, policy: Policy): void {
    policies.set(name, [...(policies.get(name) ?? []), policy]);
    collected.clear();
  }

  /** The document of a policy of AWS is read when it is first asked for; others stand in the template. */
  function managedPolicy(arn: string): Policy | undefined {
    const kept = managed.get(arn);
    const document = kept === undefined && isManagedByAws(arn) ? managedPolicyDocument(arn) : undefined;
    if (document === undefined) return kept;
    const policy = compilePolicy(document, 'identity');
    managed.set(arn, policy);
    return policy;
  }

  function ofRole(role: DeclaredRole): Pick<Policies, 'identity' | 'boundary'> {
    const kept = collected.get(role.arn);
    if (kept !== undefined) return kept;
    const boundary = role.boundaryArn === undefined ? undefined : managedPolicy(role.boundaryArn);
    const policies = {
      identity: [
        ...(attached.get(role.name) ?? []),
        ...role.managedPolicyArns.flatMap((arn) => managedPolicy(arn) ?? []),
      ],
      ...(boundary !== undefined && { boundary }),
    };
    collected.set(role.arn, policies);
    return policies;
  }

  return {
    addRole(role) {
      roles.set(role.arn, role);
      collected.clear();
    },
    attach: (roleName, policy) => add(attached, roleName, policy),
    addManagedPolicy(arn, policy) {
      managed.set(arn, policy);
      collected.clear();
    },
    addResourcePolicy: (resourceArn, policy) => add(ofResources, resourceArn, policy),
    hasManagedPolicy: (arn) => managedPolicy(arn) !== undefined,
    roleOf: (arn) => roles.get(arn),
    policiesFor(principal, resource) {
      const role = principal.kind === 'role' ? roles.get(principal.roleArn) : undefined;
      const about = ofResources.get(policyHolder(resource));
      return {
        ...(role === undefined ? { identity: [] } : ofRole(role)),
        ...(about !== undefined && { resource: { statements: about.flatMap(({ statements }) => statements) } }),
        isUpToResource: resource.startsWith('arn:aws:kms:'),
      };
    },
  };
}

/** The ARN of that which has the policy: an object's bucket, a function without its version. */
function policyHolder(resource: string): string {
  if (resource.startsWith('arn:aws:s3:::')) return resource.split('/', 1)[0] ?? resource;
  return resource.startsWith('arn:aws:lambda:') ? resource.split(':').slice(0, 7).join(':') : resource;
}
