import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { flag, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import { compileEventPattern, InvalidEventPattern } from '../services/event-pattern.ts';
import type { SnsService } from '../services/sns.ts';
import type { Json } from '../template.ts';
import { templateError } from '../template.ts';

const Protocol = z.enum(['lambda', 'email', 'email-json', 'http', 'https'], {
  error: 'only functions, e-mail and HTTP endpoints are subscribers here',
});

const TopicProperties = z.strictObject({
  TopicName: text.pipe(z.string().regex(/^[\-_A-Za-z0-9]{1,256}$/v, { error: 'it is no name for a topic' })).optional(),
  DisplayName: text.optional(),
  Subscription: z.array(z.strictObject({ Endpoint: text, Protocol })).default([]),
  FifoTopic: flag.pipe(z.literal(false, { error: 'topics of the kind FIFO do not run here' })).optional(),
  DataProtectionPolicy: withoutEffect,
  DeliveryStatusLogging: withoutEffect,
  KmsMasterKeyId: withoutEffect,
  SignatureVersion: withoutEffect,
  Tags: withoutEffect,
  TracingConfig: withoutEffect,
});

const SubscriptionProperties = z.strictObject({
  TopicArn: text,
  Protocol,
  Endpoint: text,
  FilterPolicy: z.json().optional(),
  FilterPolicyScope: z.enum(['MessageAttributes', 'MessageBody']).default('MessageAttributes'),
  RawMessageDelivery: flag.default(false),
  DeliveryPolicy: withoutEffect,
  RedrivePolicy: withoutEffect,
  Region: withoutEffect,
});

export interface SnsContext {
  readonly sns: Pick<SnsService, 'createTopic' | 'subscribe' | 'hasTopic'>;
  readonly nameResource: NameResource;
}

export function createTopic({ sns, nameResource }: SnsContext, resource: DeclaredResource): CreatedResource {
  const { TopicName, DisplayName, Subscription } = parseProperties(TopicProperties, resource);
  const name = nameResource(resource, TopicName, { maxLength: 256 });
  const { region, accountId } = resource.stack.environment;
  const arn = `arn:aws:sns:${region}:${accountId}:${name}`;
  sns.createTopic(arn, DisplayName);
  Subscription.forEach(({ Protocol: protocol, Endpoint: endpoint }, index) => {
    const about = { topicArn: arn, protocol, endpoint, isRaw: false };
    sns.subscribe({ ...about, arn: subscriptionArn(arn, `${resource.logicalId}.${index}`) });
  });
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
}

/** Nobody is asked to confirm a subscription here. */
export function createSubscription({ sns }: SnsContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(SubscriptionProperties, resource);
  const { TopicArn: topicArn, FilterPolicy, FilterPolicyScope: scope } = properties;
  const { stack, logicalId } = resource;
  if (!sns.hasTopic(topicArn)) {
    throw templateError(stack.name, `Resources.${logicalId}.Properties.TopicArn`, `there is no topic ${topicArn}`);
  }
  const arn = subscriptionArn(topicArn, `${stack.name}/${logicalId}`);
  sns.subscribe({
    arn,
    topicArn,
    protocol: properties.Protocol,
    endpoint: properties.Endpoint,
    isRaw: properties.RawMessageDelivery,
    ...(FilterPolicy !== undefined && { filter: { scope, matches: filterOf(FilterPolicy, resource) } }),
  });
  return { ref: arn, attributes: { Arn: arn } };
}

function filterOf(policy: Json, { stack, logicalId }: DeclaredResource) {
  try {
    return compileEventPattern(policy);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw templateError(stack.name, `Resources.${logicalId}.Properties.FilterPolicy`, error.message);
  }
}

function subscriptionArn(topicArn: string, id: string): string {
  const hex = createHash('sha256').update(id).digest('hex');
  return `${topicArn}:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')}`;
}
