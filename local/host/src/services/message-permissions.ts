import type { Environment } from '../cloud-assembly.ts';
import type { Access } from '../iam/access.ts';
import { AccessRefused, type Caller, type Permission } from '../iam/caller.ts';
import { listIn, textIn } from '../iam/inputs.ts';

/** Each entry is asked for by itself, and one that is denied refuses all. @see EventBridge User Guide, "PutEvents permissions" */
export function toPutEvents({ region, accountId }: Environment) {
  return (action: string, input: unknown): Permission[] => {
    if (action !== 'PutEvents') return [{ action: `events:${action}`, resource: textIn(input, 'Name') ?? '*' }];
    return listIn(input, 'Entries').map((entry) => {
      const bus = textIn(entry, 'EventBusName') ?? 'default';
      return {
        action: 'events:PutEvents',
        resource: bus.startsWith('arn:') ? bus : `arn:aws:events:${region}:${accountId}:event-bus/${bus}`,
        keys: { 'events:source': textIn(entry, 'Source'), 'events:detail-type': textIn(entry, 'DetailType') },
      };
    });
  };
}

/** A batch is the same permission as one message. */
export function toPublish(_action: string, form: unknown): Permission[] {
  const resource = textIn(form, 'TopicArn') ?? textIn(form, 'TargetArn') ?? '*';
  return [{ action: 'SNS:Publish', resource }];
}

/** @param arnOf finds a secret by what a caller may name it */
export function toUseSecrets(arnOf: (secretId: string) => string | undefined) {
  return (action: string, input: unknown): Permission[] => {
    const secretId = textIn(input, 'SecretId');
    const keys = {
      'secretsmanager:SecretId': secretId === undefined ? undefined : arnOf(secretId),
      'secretsmanager:VersionId': textIn(input, 'VersionId'),
      'secretsmanager:VersionStage': textIn(input, 'VersionStage'),
    };
    const resource = secretId === undefined ? '*' : (arnOf(secretId) ?? secretId);
    return [{ action: `secretsmanager:${action}`, resource, keys }];
  };
}

/** What a mail is sent as: the address where that is an identity of its own, else its domain. */
export function toSendMail({ region, accountId }: Environment, isIdentity: (name: string) => boolean) {
  return (action: string, from: string, recipients: readonly string[]): Permission[] => {
    const address = /<([^>]+)>$/v.exec(from)?.[1] ?? from;
    const domain = address.slice(address.indexOf('@') + 1);
    const identity = !isIdentity(address) && isIdentity(domain) ? domain : address;
    const keys = { 'ses:FromAddress': address, 'ses:Recipients': recipients };
    return [{ action: `ses:${action}`, resource: `arn:aws:ses:${region}:${accountId}:identity/${identity}`, keys }];
  };
}

/** Something that a service is to bring somewhere. */
export interface Errand {
  /** Such as `events.amazonaws.com`. */
  readonly service: string;
  /** The rule, schedule or topic that it acts for. */
  readonly sourceArn: string;
  /** What it acts as, where it has a role. Without one, the receiver has to let the service in. */
  readonly roleArn?: string;
}

/** How carriers ask for what they bring, by their names. */
const ACTIONS: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  states: 'states:StartExecution',
  sns: 'SNS:Publish',
  events: 'events:PutEvents',
};

/** Receivers that take nothing without a role: what has none here has nothing to be checked by, either. */
const BY_ROLE_ALONE: readonly string[] = ['states', 'events'];

/** Whether a service may bring something; what it may not, is in the log and goes nowhere, as on AWS. */
export function mayDeliver(access: Access, errand: Errand, kind: string, receiver: string): boolean {
  const action = ACTIONS[kind];
  if (action === undefined || (errand.roleArn === undefined && BY_ROLE_ALONE.includes(kind))) return true;
  try {
    access.require(callerOf(errand), [{ action, resource: receiver }]);
    return true;
  } catch (error) {
    if (error instanceof AccessRefused) return false;
    throw error;
  }
}

function callerOf({ service, sourceArn, roleArn }: Errand): Caller {
  if (roleArn === undefined) return { kind: 'service', service, sourceArn };
  return { kind: 'role', session: { roleArn, sessionName: sourceArn.slice(sourceArn.lastIndexOf('/') + 1) } };
}
