import { z } from 'zod';
import { isKnownKey } from '../iam/global-context.ts';
import { knownManagedPolicies } from '../iam/managed-policies.ts';
import { PolicyFault } from '../iam/policy-fault.ts';
import { compilePolicy, type Policy, type PolicyKind } from '../iam/policy-document.ts';
import type { DeclaredPolicies } from '../iam/declared-policies.ts';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import { templateError, type Json } from '../template.ts';
import { ignoredResource } from './ignored.ts';

const PolicyDocument = z.json();
const InlinePolicies = z.array(z.strictObject({ PolicyName: text, PolicyDocument })).default([]);

const RoleProperties = z.strictObject({
  RoleName: text.optional(),
  Path: text.default('/'),
  AssumeRolePolicyDocument: PolicyDocument,
  ManagedPolicyArns: z.array(text).default([]),
  PermissionsBoundary: text.optional(),
  Policies: InlinePolicies,
  Description: withoutEffect,
  MaxSessionDuration: withoutEffect,
  Tags: withoutEffect,
});

const PolicyProperties = z.strictObject({
  PolicyName: text,
  PolicyDocument,
  Roles: z.array(text).default([]),
  Groups: withoutEffect,
  Users: withoutEffect,
});

const RolePolicyProperties = z.strictObject({ PolicyName: text, RoleName: text, PolicyDocument });

const ManagedPolicyProperties = z.strictObject({
  ManagedPolicyName: text.optional(),
  Path: withoutEffect,
  PolicyDocument,
  Roles: z.array(text).default([]),
  Groups: withoutEffect,
  Users: withoutEffect,
  Description: withoutEffect,
  Tags: withoutEffect,
});

export interface IamContext {
  readonly policies: DeclaredPolicies;
}

export function createRole({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(RoleProperties, resource);
  const created = named(resource);
  const arn = created.attributes['Arn'] ?? '';
  const trust = compiled(properties.AssumeRolePolicyDocument, 'trust', resource, 'AssumeRolePolicyDocument');
  const { ManagedPolicyArns: managedPolicyArns, PermissionsBoundary: boundaryArn } = properties;
  const attachedArns = [...managedPolicyArns, ...(boundaryArn === undefined ? [] : [boundaryArn])];
  if (isTakenOnHere(trust)) for (const policyArn of attachedArns) requireKnown(policyArn, policies, resource);
  policies.addRole({
    arn,
    name: created.ref,
    declaredAs: placeOf(resource),
    trust,
    managedPolicyArns,
    ...(boundaryArn !== undefined && { boundaryArn }),
  });
  properties.Policies.forEach(({ PolicyDocument: document }, index) =>
    policies.attach(created.ref, compiled(document, 'identity', resource, `Policies.${index}.PolicyDocument`)),
  );
  return created;
}

export function createPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { PolicyDocument: document, Roles } = parseProperties(PolicyProperties, resource);
  const policy = compiled(document, 'identity', resource, 'PolicyDocument');
  for (const role of Roles) policies.attach(role, policy);
  return named(resource);
}

export function createRolePolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { PolicyDocument: document, RoleName } = parseProperties(RolePolicyProperties, resource);
  policies.attach(RoleName, compiled(document, 'identity', resource, 'PolicyDocument'));
  return named(resource);
}

export function createManagedPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { PolicyDocument: document, Roles } = parseProperties(ManagedPolicyProperties, resource);
  const policy = compiled(document, 'identity', resource, 'PolicyDocument');
  const created = named(resource);
  policies.addManagedPolicy(created.ref, policy);
  for (const role of Roles) policies.attach(role, policy);
  return created;
}

/** Reads a policy that is about a resource, such as a bucket's. */
export function resourcePolicy(document: Json, resource: DeclaredResource, property = 'PolicyDocument'): Policy {
  return compiled(document, 'resource', resource, property);
}

/** Its names are those it has when nobody enforces it. */
export function named({ stack, logicalId, type, properties }: DeclaredResource): CreatedResource {
  return ignoredResource(stack, { logicalId, type, properties, dependsOn: [] }, (resolved) => resolved);
}

function compiled(document: Json, kind: PolicyKind, resource: DeclaredResource, property: string): Policy {
  const place = `Resources.${resource.logicalId}.Properties.${property}`;
  const nextStep = 'Correct the CDK app, or start with --no-iam, which checks no permissions.';
  try {
    const policy = compilePolicy(document, kind);
    if (kind !== 'trust') requireKnownKeys(policy);
    return policy;
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error;
    throw templateError(resource.stack.name, [place, error.place].filter(Boolean).join('.'), error.message, nextStep);
  }
}

/** A key that no request here ever has would make its statement say something else than on AWS. */
function requireKnownKeys({ statements }: Policy): void {
  statements.forEach(({ conditions }, index) => {
    const unknown = conditions.keys.find((key) => !isKnownKey(key));
    if (unknown === undefined) return;
    const what = `requests have no condition key "${unknown}" here`;
    throw new PolicyFault(`Statement.${index}.Condition`, what);
  });
}

/** Who runs here takes on roles of the app. */
const SERVICES_HERE = ['lambda', 'states', 'events', 'scheduler', 'ecs-tasks'].map((name) => `${name}.amazonaws.com`);

function isTakenOnHere(trust: Policy): boolean {
  return SERVICES_HERE.some((service) => trusts(trust, service));
}

/** Conditions are passed over: what a service says of itself when it takes on a role is AWS's affair. */
function trusts({ statements }: Policy, service: string): boolean {
  return statements.some(
    ({ effect, isAbout, principals }) =>
      effect === 'Allow' && isAbout('sts:AssumeRole') && principals?.({ kind: 'service', service }) === 'service',
  );
}

/**
 * A deployment fails where a service is given a role that does not trust it. A role from elsewhere may do so.
 *
 * @throws {HostError}
 */
export function requireTrust(
  policies: Pick<DeclaredPolicies, 'roleOf'>,
  roleArn: string,
  service: string,
  property: string,
  { stack, logicalId }: DeclaredResource,
): void {
  const role = policies.roleOf(roleArn);
  const names = [`${service}.amazonaws.com`, `${service}.${stack.environment.region}.amazonaws.com`];
  if (role === undefined || names.some((name) => trusts(role.trust, name))) return;
  const what = `the role ${role.declaredAs} cannot be assumed by ${names[0]}`;
  throw templateError(stack.name, `Resources.${logicalId}.Properties.${property}`, what);
}

function requireKnown(policyArn: string, policies: DeclaredPolicies, resource: DeclaredResource): void {
  if (policies.hasManagedPolicy(policyArn)) return;
  throw templateError(
    resource.stack.name,
    `Resources.${resource.logicalId}.Properties.ManagedPolicyArns`,
    `what "${policyArn}" allows is not known here; of AWS's own policies these are: ${knownManagedPolicies().join(', ')}`,
    'Write its statements into a policy of the app, or start with --no-iam, which checks no permissions.',
  );
}

/** Where somebody changes it: the path of its construct, where the template tells. */
function placeOf({ stack, logicalId }: DeclaredResource): string {
  const path = stack.template.resources.get(logicalId)?.constructPath;
  return path ?? `"${logicalId}" of stack "${stack.name}"`;
}
