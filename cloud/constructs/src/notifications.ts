import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { NodeFunction } from './node-function.ts';

export interface NotificationsProps {
  /** Where people answer: `https://…/orders`. */
  readonly url: string;
  /** Takes every notice as an event of the source `countersign.confirmations`. @default the account's default bus */
  readonly eventBus?: IEventBus;
  /** Takes every notice as a text. @default none */
  readonly topic?: ITopic;
  /** Sends people mails, with a link each by which they can answer. @default none */
  readonly mail?: MailProps;
  /** Encrypts the key of links. @default - a key of AWS's own */
  readonly encryptionKey?: IKey;
}

export interface MailProps {
  /** Verified with Amazon SES. */
  readonly from: string;
  /** By the name of the group: where its mail goes to. No links, for a link is one person's. @default none */
  readonly groupAddresses?: Readonly<Record<string, string>>;
  /** By the name of the person, where that is no address itself. @default none */
  readonly peopleAddresses?: Readonly<Record<string, string>>;
}

const ROTATE_LINK_KEY = join(import.meta.dirname, '../../confirmations/src/handlers/rotate-link-key.ts');

/** How often links get a new key. Those that are out stay good: the key before still verifies. */
const ROTATION = Duration.days(90);

/** How people hear of what waits for them. */
export class Notifications extends Construct {
  readonly environment: Readonly<Record<string, string>>;
  readonly #eventBus: IEventBus;
  readonly #topic: ITopic | undefined;
  readonly #mail: MailProps | undefined;
  readonly #linkKey: Secret | undefined;

  constructor(scope: Construct, id: string, { url, eventBus, topic, mail, encryptionKey }: NotificationsProps) {
    super(scope, id);
    this.#eventBus = eventBus ?? EventBus.fromEventBusName(this, 'DefaultBus', 'default');
    this.#topic = topic;
    this.#mail = mail;
    this.#linkKey = mail && linkKey(this, encryptionKey);
    this.environment = {
      CONFIRMATIONS_URL: url,
      EVENT_BUS_NAME: this.#eventBus.eventBusName,
      ...(topic && { TOPIC_ARN: topic.topicArn }),
      ...(mail && {
        MAIL_FROM: mail.from,
        GROUP_ADDRESSES: JSON.stringify(mail.groupAddresses ?? {}),
        PEOPLE_ADDRESSES: JSON.stringify(mail.peopleAddresses ?? {}),
      }),
      ...(this.#linkKey && { LINK_SECRET_ARN: this.#linkKey.secretArn }),
    };
  }

  /** For whatever tells people: all functions that write into records. */
  grantNotify(...functions: NodeFunction[]): void {
    for (const notifier of functions) {
      this.#eventBus.grantPutEventsTo(notifier);
      this.#topic?.grantPublish(notifier);
      this.#linkKey?.grantRead(notifier);
      if (this.#mail !== undefined) grantSendMail(notifier, this.#mail);
    }
  }
}

/** What links are signed with, and what makes a new one now and then. */
function linkKey(scope: Construct, encryptionKey: IKey | undefined): Secret {
  const secret = new Secret(scope, 'LinkKey', {
    description: 'Signs the links by which people confirm',
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.DESTROY,
    ...(encryptionKey && { encryptionKey }),
  });
  const rotate = new NodeFunction(scope, 'RotateLinkKey', {
    description: 'Makes the next key for links',
    entry: ROTATE_LINK_KEY,
  });
  secret.addRotationSchedule('Rotation', { rotationLambda: rotate, automaticallyAfter: ROTATION });
  Validations.of(rotate.role ?? rotate).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'secretsmanager:GetRandomPassword knows no resources; "*" is the only one IAM takes for it.',
  });
  return secret;
}

/** From this sender, through the identities of this account, and nothing else. */
function grantSendMail(notifier: NodeFunction, { from }: MailProps): void {
  notifier.addToRolePolicy(
    new PolicyStatement({
      actions: ['ses:SendEmail'],
      resources: [`arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/*`],
      conditions: { StringEquals: { 'ses:FromAddress': from } },
    }),
  );
  Validations.of(notifier.role ?? notifier).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]',
    reason:
      'Which identity covers the sender, its address or its domain, only SES knows; the condition names the sender.',
  });
}
