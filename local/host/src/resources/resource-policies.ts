import { z } from 'zod';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { Json } from '../template.ts';
import { named, resourcePolicy, type IamContext } from './iam.ts';

const BucketPolicyProperties = z.strictObject({ Bucket: text, PolicyDocument: z.json() });

export function createBucketPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { Bucket, PolicyDocument } = parseProperties(BucketPolicyProperties, resource);
  policies.addResourcePolicy(`arn:aws:s3:::${Bucket}`, resourcePolicy(PolicyDocument, resource));
  return named(resource);
}

const TopicPolicyProperties = z.strictObject({ Topics: z.array(text), PolicyDocument: z.json() });

export function createTopicPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { Topics, PolicyDocument } = parseProperties(TopicPolicyProperties, resource);
  const policy = resourcePolicy(PolicyDocument, resource);
  for (const topicArn of Topics) policies.addResourcePolicy(topicArn, policy);
  return named(resource);
}

const TopicInlinePolicyProperties = z.strictObject({ TopicArn: text, PolicyDocument: z.json() });

export function createTopicInlinePolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { TopicArn, PolicyDocument } = parseProperties(TopicInlinePolicyProperties, resource);
  policies.addResourcePolicy(TopicArn, resourcePolicy(PolicyDocument, resource));
  return named(resource);
}

const SecretPolicyProperties = z.strictObject({
  SecretId: text,
  ResourcePolicy: z.json(),
  BlockPublicPolicy: withoutEffect,
});

export function createSecretPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { SecretId, ResourcePolicy } = parseProperties(SecretPolicyProperties, resource);
  // There a resource of `*` is the secret that has the policy.
  policies.addResourcePolicy(SecretId, resourcePolicy(ResourcePolicy, resource, 'ResourcePolicy'));
  return named(resource);
}

const EventBusPolicyProperties = z.strictObject({
  EventBusName: text.default('default'),
  StatementId: text,
  Statement: z.json().optional(),
  Action: withoutEffect,
  Principal: withoutEffect,
  Condition: withoutEffect,
});

export function createEventBusPolicy({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { EventBusName, Statement } = parseProperties(EventBusPolicyProperties, resource);
  // The older form names other accounts only, and there are none on this machine.
  if (Statement === undefined) return named(resource);
  const { region, accountId } = resource.stack.environment;
  const document = { Version: '2012-10-17', Statement };
  const arn = `arn:aws:events:${region}:${accountId}:event-bus/${EventBusName}`;
  policies.addResourcePolicy(arn, resourcePolicy(document, resource, 'Statement'));
  return named(resource);
}

const PermissionProperties = z.strictObject({
  Action: text,
  FunctionName: text,
  Principal: text,
  SourceArn: text.optional(),
  SourceAccount: text.optional(),
  EventSourceToken: withoutEffect,
  FunctionUrlAuthType: withoutEffect,
  InvokedViaFunctionUrl: withoutEffect,
  PrincipalOrgID: z.undefined({ error: 'there are no organisations here' }).optional(),
});

/** Lambda makes a statement of each permission. @see Lambda API Reference, AddPermission */
export function createPermission({ policies }: IamContext, resource: DeclaredResource): CreatedResource {
  const { Action, FunctionName, Principal, SourceArn, SourceAccount } = parseProperties(PermissionProperties, resource);
  const { region, accountId } = resource.stack.environment;
  const arn = FunctionName.startsWith('arn:')
    ? FunctionName
    : `arn:aws:lambda:${region}:${accountId}:function:${FunctionName}`;
  const conditions = {
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
  };
  const statement = {
    Effect: 'Allow',
    Principal: principalOf(Principal),
    Action,
    Resource: arn,
    ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
  };
  const document = { Version: '2012-10-17', Statement: [statement] };
  policies.addResourcePolicy(unqualified(arn), resourcePolicy(document, resource));
  return named(resource);
}

function principalOf(principal: string): Json {
  if (principal === '*') return '*';
  return principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal };
}

/** What one version or alias allows stands in the policy of its function, under its own ARN. */
function unqualified(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
}
