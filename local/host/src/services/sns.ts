import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { z } from 'zod';
import type { Environment } from '../cloud-assembly.ts';
import { openToAll, type Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { Json } from '../template.ts';
import { awsQueryListener, formList, type Action } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';
import type { Carrier, Delivery } from './deliveries.ts';
import type { EventPattern } from './event-pattern.ts';
import { mayDeliver, toPublish } from './message-permissions.ts';
import type { MessageWrites } from './message-store.ts';
import { attributeValues, readAttributes, type MessageAttributes } from './sns-attributes.ts';
import { notification, type PublishedMessage } from './sns-notification.ts';

export type SubscriptionProtocol = 'lambda' | 'email' | 'email-json' | 'http' | 'https';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: SubscriptionProtocol;
  /** A function's ARN, an address or a URL. */
  readonly endpoint: string;
  /** @default every message */
  readonly filter?: { readonly scope: 'MessageAttributes' | 'MessageBody'; readonly matches: EventPattern };
  readonly isRaw: boolean;
}

/** SNS of this machine: an answer to Publish means that what subscriptions get is on disk, and gets there at least once. */
export interface SnsService {
  createTopic(arn: string, displayName: string | undefined): void;
  subscribe(subscription: Subscription): void;
  hasTopic(arn: string): boolean;
  handle: RequestListener;
  /** Publishes what a rule sends to a topic. */
  readonly carryToTopic: Carrier;
}

export interface SnsOptions {
  readonly environment: Environment;
  readonly writes: MessageWrites;
  readonly addDeliveries: (deliveries: readonly Delivery[]) => void;
  readonly now: () => number;
  /** Who may do what. @default everybody everything */
  readonly access?: Access;
  readonly log: Log;
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** SNS quotas: a message, or all of a batch, and the messages of a batch. */
const BYTES_MAX = 262_144;
const BATCH_MAX = 10;

interface Topic {
  readonly displayName: string | undefined;
  readonly subscriptions: Subscription[];
}

interface ToPublish {
  readonly message: string;
  readonly subject: string | undefined;
  readonly isPerProtocol: boolean;
  readonly attributes: MessageAttributes;
}

export function createSns({ writes, addDeliveries, now, log, access = openToAll }: SnsOptions): SnsService {
  const topics = new Map<string, Topic>();

  function topicOf(arn: string | undefined): Topic {
    const topic = arn === undefined ? undefined : topics.get(arn);
    if (topic === undefined) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  function deliveriesOf(arn: string, toPublish: ToPublish, messageId: string): Delivery[] {
    const topic = topicOf(arn);
    const published: Omit<PublishedMessage, 'message'> = {
      messageId,
      topicArn: arn,
      topicName: topic.displayName ?? arn.slice(arn.lastIndexOf(':') + 1),
      subject: toPublish.subject,
      atMs: now(),
      attributes: toPublish.attributes,
    };
    return topic.subscriptions
      .filter((subscription) => isWanted(subscription, toPublish))
      .filter(({ protocol, endpoint }) => {
        const errand = { service: 'sns.amazonaws.com', sourceArn: arn };
        return protocol !== 'lambda' || mayDeliver(access, errand, protocol, endpoint);
      })
      .map((subscription) => {
        const message = { ...published, message: textFor(subscription.protocol, toPublish) };
        return { id: `${messageId}/${subscription.arn}`, ...notification(subscription, message) };
      });
  }

  async function publish(input: unknown): Promise<Json> {
    const form = formOf(input);
    if (form.has('PhoneNumber')) throw invalid('PhoneNumber', 'no text messages are sent from this machine');
    const arn = form.get('TopicArn') ?? form.get('TargetArn') ?? '';
    const toPublish = readMessage(form);
    const messageId = randomUUID();
    const deliveries = deliveriesOf(arn, toPublish, messageId);
    if (bytesOf(toPublish) > BYTES_MAX) throw invalid('Message', 'Message too long');
    await writes.write(() => addDeliveries(deliveries));
    log.debug('sns.published', { topicArn: arn, messageId, deliveries: deliveries.length });
    return { MessageId: messageId };
  }

  async function publishBatch(input: unknown): Promise<Json> {
    const form = formOf(input);
    const arn = form.get('TopicArn') ?? '';
    topicOf(arn);
    const entries = formList(form, 'PublishBatchRequestEntries.member');
    if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'The batch request has no entries.');
    if (entries.length > BATCH_MAX) throw new AwsError('TooManyEntriesInBatchRequest', 'A batch has up to 10 entries.');
    const ids = new Set(entries.map((entry) => entry.get('Id')));
    if (ids.size < entries.length) throw new AwsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
    const read = entries.map((entry) => readEntry(entry));
    const total = read.reduce((bytes, one) => bytes + ('toPublish' in one ? bytesOf(one.toPublish) : 0), 0);
    if (total > BYTES_MAX) throw new AwsError('BatchRequestTooLong', 'All entries together have up to 262144 bytes.');
    const good = read.filter((one) => 'toPublish' in one);
    const published = good.map(({ id, toPublish }) => ({ id, toPublish, messageId: randomUUID() }));
    const deliveries = published.flatMap(({ toPublish, messageId }) => deliveriesOf(arn, toPublish, messageId));
    await writes.write(() => addDeliveries(deliveries));
    return {
      Successful: published.map(({ id, messageId }) => ({ Id: id, MessageId: messageId })),
      Failed: read
        .filter((one) => 'error' in one)
        .map(({ id, error }) => ({ Id: id, Code: error.code, Message: error.message, SenderFault: true })),
    };
  }

  const actions: Record<string, Action> = { Publish: publish, PublishBatch: publishBatch };
  return {
    createTopic: (arn, displayName) => void topics.set(arn, { displayName, subscriptions: [] }),
    subscribe: (subscription) => void topicOf(subscription.topicArn).subscriptions.push(subscription),
    hasTopic: (arn) => topics.has(arn),
    handle: awsQueryListener({
      name: 'sns',
      log,
      namespace: NAMESPACE,
      actions,
      bytesMax: BYTES_MAX * 8,
      access,
      permissions: toPublish,
      deniedCode: 'AuthorizationError',
    }),
    async carryToTopic({ id, receiver, payload }) {
      const toPublish = { message: payload, subject: undefined, isPerProtocol: false, attributes: new Map() };
      // The message's id comes from the delivery, so that a second attempt is the same message to whoever asks.
      const deliveries = deliveriesOf(receiver, toPublish, id.split('/', 1)[0] ?? id);
      await writes.write(() => addDeliveries(deliveries));
    },
  };
}

function isWanted({ filter }: Subscription, { message, attributes }: ToPublish): boolean {
  if (filter === undefined) return true;
  if (filter.scope === 'MessageAttributes') return filter.matches(attributeValues(attributes));
  try {
    const body: Json = JSON.parse(message);
    return filter.matches(body);
  } catch {
    return false;
  }
}

/** A message in the structure `json` has a text for each protocol it names, and one for all the others. */
function textFor(protocol: SubscriptionProtocol, { message, isPerProtocol }: ToPublish): string {
  if (!isPerProtocol) return message;
  const texts = new Map(Object.entries(parsePerProtocol(message)));
  const own = texts.get(protocol);
  return typeof own === 'string' ? own : String(texts.get('default'));
}

const PerProtocol = z.looseObject({ default: z.string() });

function parsePerProtocol(message: string): Readonly<Record<string, unknown>> {
  try {
    const { success, data } = PerProtocol.safeParse(JSON.parse(message));
    if (success) return data;
  } catch {
    // Said below, for a text that is not JSON and for one without the member alike.
  }
  throw invalid('MessageStructure', 'No default entry in JSON message body');
}

type ReadEntry =
  { readonly id: string; readonly toPublish: ToPublish } | { readonly id: string; readonly error: AwsError };

function readEntry(entry: ReadonlyMap<string, string>): ReadEntry {
  const id = entry.get('Id') ?? '';
  try {
    return { id, toPublish: readMessage(entry) };
  } catch (error) {
    if (error instanceof AwsError) return { id, error };
    throw error;
  }
}

function readMessage(form: ReadonlyMap<string, string>): ToPublish {
  const message = form.get('Message') ?? '';
  if (message === '') throw invalid('Message', 'Empty message');
  const subject = form.get('Subject');
  if (subject !== undefined && !/^[^\p{Cc}]{1,100}$/v.test(subject)) throw invalid('Subject', 'it is no subject');
  const isPerProtocol = form.get('MessageStructure') === 'json';
  if (isPerProtocol) parsePerProtocol(message);
  return { message, subject, isPerProtocol, attributes: readAttributes(form) };
}

function bytesOf({ message, attributes }: ToPublish): number {
  const texts = [message, ...[...attributes].flatMap(([name, { type, value }]) => [name, type, value])];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), 0);
}

function formOf(input: unknown): ReadonlyMap<string, string> {
  if (!(input instanceof Map)) throw new TypeError('a query request is a form');
  return input;
}

function invalid(parameter: string, reason: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${parameter} Reason: ${reason}`);
}
