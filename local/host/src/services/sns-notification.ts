import type { Delivery } from './deliveries.ts';
import type { Subscription } from './sns.ts';
import type { MessageAttributes } from './sns-attributes.ts';

export interface PublishedMessage {
  readonly messageId: string;
  readonly topicArn: string;
  /** For people. */
  readonly topicName: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly atMs: number;
  readonly attributes: MessageAttributes;
}

/**
 * What one subscription gets of a message.
 *
 * @see SNS Developer Guide, "Message and JSON formats"
 */
export function notification(subscription: Subscription, message: PublishedMessage): Omit<Delivery, 'id'> {
  const { protocol, endpoint, isRaw } = subscription;
  switch (protocol) {
    case 'lambda':
      return { kind: 'lambda', receiver: endpoint, payload: JSON.stringify(lambdaEvent(subscription, message)) };
    case 'http':
    case 'https': {
      const body = isRaw ? message.message : JSON.stringify(httpNotification(message));
      const headers = httpHeaders(subscription, message);
      return { kind: 'http', receiver: endpoint, payload: JSON.stringify({ headers, body }) };
    }
    case 'email':
    case 'email-json': {
      const text = protocol === 'email' ? message.message : JSON.stringify(httpNotification(message), null, 2);
      const subject = message.subject ?? 'AWS Notification Message';
      const from = `${message.topicName} <no-reply@sns.amazonaws.com>`;
      return { kind: 'mail', receiver: endpoint, payload: JSON.stringify({ from, to: [endpoint], subject, text }) };
    }
  }
}

function lambdaEvent({ arn }: Subscription, message: PublishedMessage) {
  const Sns = { ...common(message), SigningCertUrl: 'EXAMPLE', UnsubscribeUrl: 'EXAMPLE' };
  const record = {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: arn,
    Sns: { ...Sns, Subject: message.subject ?? null, MessageAttributes: attributesOf(message) },
  };
  return { Records: [record] };
}

function httpNotification(message: PublishedMessage) {
  const { subject, attributes } = message;
  return {
    ...common(message),
    ...(subject !== undefined && { Subject: subject }),
    SigningCertURL: 'EXAMPLE',
    UnsubscribeURL: 'EXAMPLE',
    ...(attributes.size > 0 && { MessageAttributes: attributesOf(message) }),
  };
}

/** Nobody signs here: the certificate would be SNS's. */
function common({ messageId, topicArn, message, atMs }: PublishedMessage) {
  return {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    Message: message,
    Timestamp: new Date(atMs).toISOString(),
    SignatureVersion: '1',
    Signature: 'EXAMPLE',
  };
}

function httpHeaders({ arn, isRaw }: Subscription, { messageId, topicArn }: PublishedMessage): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-message-id': messageId,
    'x-amz-sns-topic-arn': topicArn,
    'x-amz-sns-subscription-arn': arn,
    ...(isRaw && { 'x-amz-sns-rawdelivery': 'true' }),
  };
}

function attributesOf({ attributes }: PublishedMessage) {
  return Object.fromEntries([...attributes].map(([name, { type, value }]) => [name, { Type: type, Value: value }]));
}
