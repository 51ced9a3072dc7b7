import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { LifecycleRule, S3Service } from '../services/s3.ts';

const Rule = z.strictObject({
  Id: text.optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: text.optional(),
  ExpirationInDays: numeric.optional(),
  NoncurrentVersionExpirationInDays: numeric.optional(),
  NoncurrentVersionExpiration: z
    .strictObject({ NoncurrentDays: numeric, NewerNoncurrentVersions: withoutEffect })
    .optional(),
  // Nothing is ever uploaded in parts here, and there is one storage class.
  AbortIncompleteMultipartUpload: withoutEffect,
  ExpiredObjectDeleteMarker: withoutEffect,
  NoncurrentVersionTransition: withoutEffect,
  NoncurrentVersionTransitions: withoutEffect,
  Transition: withoutEffect,
  Transitions: withoutEffect,
});

const BucketProperties = z.strictObject({
  BucketName: text
    .pipe(z.string().regex(/^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$/v, { error: 'it is no name for a bucket' }))
    .optional(),
  LifecycleConfiguration: z
    .strictObject({ Rules: z.array(Rule), TransitionDefaultMinimumObjectSize: withoutEffect })
    .optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  // Events to EventBridge reach nobody: rules do not run here. Those to functions and queues are refused.
  NotificationConfiguration: z.strictObject({ EventBridgeConfiguration: withoutEffect }).optional(),
  AbacStatus: withoutEffect,
  AccelerateConfiguration: withoutEffect,
  AccessControl: withoutEffect,
  AnalyticsConfigurations: withoutEffect,
  BucketEncryption: withoutEffect,
  CorsConfiguration: withoutEffect,
  IntelligentTieringConfigurations: withoutEffect,
  InventoryConfigurations: withoutEffect,
  LoggingConfiguration: withoutEffect,
  MetadataConfiguration: withoutEffect,
  MetadataTableConfiguration: withoutEffect,
  MetricsConfigurations: withoutEffect,
  OwnershipControls: withoutEffect,
  PublicAccessBlockConfiguration: withoutEffect,
  ReplicationConfiguration: withoutEffect,
  Tags: withoutEffect,
});

export function createBucket({ s3, nameResource }: BucketContext, resource: DeclaredResource): CreatedResource {
  const { BucketName, LifecycleConfiguration, VersioningConfiguration } = parseProperties(BucketProperties, resource);
  const name = nameResource(resource, BucketName, { maxLength: 63, isLowerCase: true });
  s3.createBucket(name, {
    versioned: VersioningConfiguration?.Status === 'Enabled',
    lifecycle: (LifecycleConfiguration?.Rules ?? []).filter(({ Status }) => Status === 'Enabled').map(lifecycleRule),
  });
  return { ref: name, attributes: attributes(name, resource) };
}

export interface BucketContext {
  readonly s3: Pick<S3Service, 'createBucket'>;
  readonly nameResource: NameResource;
}

function lifecycleRule(rule: z.infer<typeof Rule>): LifecycleRule {
  const { Id: id, Prefix: prefix, ExpirationInDays: expirationDays } = rule;
  const noncurrentDays = rule.NoncurrentVersionExpiration?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays;
  return {
    ...(id !== undefined && { id }),
    ...(prefix !== undefined && { prefix }),
    ...(expirationDays !== undefined && { expirationDays }),
    ...(noncurrentDays !== undefined && { noncurrentDays }),
  };
}

function attributes(name: string, { stack }: DeclaredResource): Record<string, string> {
  const { region } = stack.environment;
  return {
    Arn: `arn:aws:s3:::${name}`,
    DomainName: `${name}.s3.amazonaws.com`,
    DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
    RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
  };
}
