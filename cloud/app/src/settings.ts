import { Duration } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import type { MailProps } from '../../constructs/src/index.ts';
import type { OrderApprovalStackProps } from './order-approval-stack.ts';

/** A setting is not what it should be. The message is one sentence for whoever gave it, without the full stop. */
export class WrongSetting extends Error {
  override readonly name = 'WrongSetting';
}

/**
 * What can be set with `-c name=value`:
 *
 * | name | is | default |
 * | --- | --- | --- |
 * | `stackName` | the stack's name; another one is another, independent stack | `CountersignOrders` |
 * | `confirmationDeadlineDays` | how long somebody may take to confirm; may be a fraction | 3 |
 * | `confirmationPolicy` | who may confirm, and what it takes: JSON, see `cloud/confirmations/src/policy.ts` | one person, whoever it is |
 * | `confirmationSchedule` | reminders, escalation, calendar: JSON, see `cloud/confirmations/src/schedule.ts` | none; it expires |
 * | `mailFrom` | the sender of mails to those who may confirm | no mails are sent |
 * | `groupAddresses`, `peopleAddresses` | where their mails go: JSON, `{"managers":"managers@example.com"}` | none |
 * | `jwtIssuer`, `jwtAudience` | whose tokens the API demands | those of a user pool that the stack makes |
 * | `personClaim` | the claim that names a person | the user name that Cognito gives |
 * | `kms` | `true` makes a key of the account's own for buckets, logs and secrets | `false`; keys of AWS's own |
 * | `reservedConcurrency` | how many runs at once each function has for itself, and at most | what the account has |
 * | `longTasks` | `batch` or `fargate`: where orders are processed that take longer than 15 minutes | `none`; a Lambda function |
 * | `alarmTopicArn` | the SNS topic that hears of alarms | nobody does |
 * | `console` | `true` puts the web page on CloudFront | `false`; there is none |
 *
 * @throws {WrongSetting} if a value cannot be what it should be.
 */
export function readSettings(
  context: Pick<Node, 'tryGetContext'>,
  environment: Readonly<Record<string, string | undefined>>,
): OrderApprovalStackProps & { stackName: string } {
  const read = (name: string): string | undefined => {
    const value: unknown = context.tryGetContext(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new WrongSetting(`${name} is a text, a number or true or false, not ${JSON.stringify(value)}`);
  };
  return {
    ...stackNameSetting(read('stackName')),
    ...deadlineSetting(read('confirmationDeadlineDays')),
    ...jsonSetting('confirmationPolicy', context),
    ...jsonSetting('confirmationSchedule', context),
    ...mailSetting(read('mailFrom'), context),
    ...jwtSetting(read('jwtIssuer'), read('jwtAudience')),
    ...(read('personClaim') !== undefined && { personClaim: read('personClaim') ?? '' }),
    ...kmsSetting(read('kms')),
    ...concurrencySetting(read('reservedConcurrency')),
    ...longTasksSetting(read('longTasks')),
    ...topicSetting(read('alarmTopicArn')),
    ...consoleSetting(read('console'), read('jwtIssuer')),
    ...envSetting(environment['CDK_DEFAULT_ACCOUNT'], environment['CDK_DEFAULT_REGION']),
  };
}

/** AWS CloudFormation API Reference, CreateStack: StackName. */
function stackNameSetting(stackName = 'CountersignOrders'): { stackName: string } {
  if (/^[A-Za-z][A-Za-z0-9\-]{0,127}$/v.test(stackName)) return { stackName };
  throw new WrongSetting(
    `stackName is up to 128 letters, digits and hyphens, of which the first is a letter, not ${JSON.stringify(stackName)}`,
  );
}

function deadlineSetting(days: string | undefined): Pick<OrderApprovalStackProps, 'confirmationDeadline'> {
  if (days === undefined) return {};
  const seconds = Math.round(Number(days) * 24 * 60 * 60);
  if (Number.isFinite(seconds) && seconds >= 1) return { confirmationDeadline: Duration.seconds(seconds) };
  throw new WrongSetting(`confirmationDeadlineDays is a number of days greater than 0, not "${days}"`);
}

/** What it has to be, the wait itself says. */
function jsonSetting(
  name: 'confirmationPolicy' | 'confirmationSchedule',
  context: Pick<Node, 'tryGetContext'>,
): OrderApprovalStackProps {
  const value = readObject(name, context, '{"stages":[{"groups":["managers"]}]}');
  return value === undefined ? {} : { [name]: value };
}

function mailSetting(from: string | undefined, context: Pick<Node, 'tryGetContext'>): OrderApprovalStackProps {
  const groupAddresses = readAddresses('groupAddresses', context);
  const peopleAddresses = readAddresses('peopleAddresses', context);
  if (from !== undefined) return { mail: { from, groupAddresses, peopleAddresses } as MailProps };
  if (groupAddresses === undefined && peopleAddresses === undefined) return {};
  throw new WrongSetting('groupAddresses and peopleAddresses need a sender: give mailFrom as well');
}

/** Functions refuse to start with anything else, so it has to be told before there are any. */
function readAddresses(
  name: string,
  context: Pick<Node, 'tryGetContext'>,
): Readonly<Record<string, string>> | undefined {
  const example = '{"managers":"managers@example.com"}';
  const entries = Object.entries(readObject(name, context, example) ?? {});
  const addresses = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (addresses.length < entries.length)
    throw new WrongSetting(
      `${name} has one address for each name, such as ${example}, not ${JSON.stringify(Object.fromEntries(entries))}`,
    );
  return entries.length === 0 ? undefined : Object.fromEntries(addresses);
}

/** An object as cdk.json has it, or its JSON as `-c` gives it. */
function readObject(name: string, context: Pick<Node, 'tryGetContext'>, example: string): object | undefined {
  const value: unknown = context.tryGetContext(name);
  if (value === undefined || value === '') return undefined;
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Told below, as for any other JSON.
  }
  throw new WrongSetting(`${name} is a JSON object, such as ${example}, not ${JSON.stringify(value)}`);
}

function jwtSetting(issuer: string | undefined, audience: string | undefined): Pick<OrderApprovalStackProps, 'jwt'> {
  if (issuer !== undefined && audience !== undefined) return { jwt: { issuer, audience } };
  if (issuer === undefined && audience === undefined) return {};
  throw new WrongSetting('jwtIssuer and jwtAudience go together: give both, or neither');
}

function kmsSetting(kms: string | undefined): Pick<OrderApprovalStackProps, 'ownKey'> {
  if (kms === undefined || kms === 'false') return {};
  if (kms === 'true') return { ownKey: true };
  throw new WrongSetting(`kms is true or false, not "${kms}"`);
}

function concurrencySetting(each: string | undefined): Pick<OrderApprovalStackProps, 'reservedConcurrency'> {
  if (each === undefined) return {};
  // With 0 Lambda runs a function not at all.
  if (/^[1-9]\d*$/v.test(each)) return { reservedConcurrency: Number(each) };
  throw new WrongSetting(`reservedConcurrency is a whole number greater than 0, not "${each}"`);
}

function longTasksSetting(runOn: string | undefined): Pick<OrderApprovalStackProps, 'longTasks'> {
  if (runOn === undefined || runOn === 'none') return {};
  if (runOn === 'batch' || runOn === 'fargate') return { longTasks: runOn };
  throw new WrongSetting(`longTasks is batch, fargate or none, not "${runOn}"`);
}

function topicSetting(arn: string | undefined): Pick<OrderApprovalStackProps, 'alarmTopicArn'> {
  if (arn === undefined) return {};
  if (/^arn:[\w\-]+:sns:[a-z0-9\-]+:\d{12}:[\w\-]+$/v.test(arn)) return { alarmTopicArn: arn };
  throw new WrongSetting(
    `alarmTopicArn is of a standard SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alarms, not "${arn}"`,
  );
}

function consoleSetting(
  console: string | undefined,
  jwtIssuer: string | undefined,
): Pick<OrderApprovalStackProps, 'console'> {
  if (console === undefined || console === 'false') return {};
  if (console !== 'true') throw new WrongSetting(`console is true or false, not "${console}"`);
  if (jwtIssuer === undefined) return { console: true };
  throw new WrongSetting(
    'console is for those who sign in at the user pool of the stack: leave jwtIssuer out, or the console',
  );
}

/** The account of whoever deploys, as the CLI found it; without one the template fits any. */
function envSetting(account: string | undefined, region: string | undefined): Pick<OrderApprovalStackProps, 'env'> {
  return account && region ? { env: { account, region } } : {};
}
