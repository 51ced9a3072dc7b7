import * as z from 'zod';
import type { Addresses } from './notify/addresses.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What every function of this service is told by its environment. */
export interface StoreConfig {
  /** The bucket of waits and records. */
  readonly bucket: string;
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readStoreConfig(environment: Environment): StoreConfig {
  const { CONFIRMATIONS_BUCKET } = readAll(environment, 'CONFIRMATIONS_BUCKET');
  return Object.freeze({ bucket: CONFIRMATIONS_BUCKET });
}

/** How people are told, and where they answer. */
export interface NotifyConfig {
  /** `CONFIRMATIONS_URL`: where requests are, such as `https://example.com/orders`. */
  readonly url: string;
  /** `EVENT_BUS_NAME` */
  readonly eventBusName?: string;
  /** `TOPIC_ARN` */
  readonly topicArn?: string;
  /** `MAIL_FROM`, with `GROUP_ADDRESSES` and `PEOPLE_ADDRESSES` as JSON: `{"managers":"managers@example.com"}`. */
  readonly mail?: { readonly from: string; readonly addresses: Addresses };
  /** `LINK_SECRET_ARN`: what links are signed with; without it none are sent. */
  readonly linkSecretArn?: string;
}

/**
 * Undefined if the environment sets up nothing of it.
 *
 * @throws if what it sets up is not whole.
 */
export function readNotifyConfig(environment: Environment): NotifyConfig | undefined {
  const { EVENT_BUS_NAME, TOPIC_ARN, MAIL_FROM, LINK_SECRET_ARN } = environment;
  if (!EVENT_BUS_NAME && !TOPIC_ARN && !MAIL_FROM && !LINK_SECRET_ARN) return undefined;
  const { CONFIRMATIONS_URL } = readAll(environment, 'CONFIRMATIONS_URL');
  const addresses = {
    groups: readAddresses(environment, 'GROUP_ADDRESSES'),
    people: readAddresses(environment, 'PEOPLE_ADDRESSES'),
  };
  return Object.freeze({
    url: CONFIRMATIONS_URL.replace(/\/+$/v, ''),
    ...(EVENT_BUS_NAME && { eventBusName: EVENT_BUS_NAME }),
    ...(TOPIC_ARN && { topicArn: TOPIC_ARN }),
    ...(MAIL_FROM && { mail: { from: MAIL_FROM, addresses } }),
    ...(LINK_SECRET_ARN && { linkSecretArn: LINK_SECRET_ARN }),
  });
}

const addressesSchema = z.record(z.string(), z.string());

function readAddresses(environment: Environment, name: string): Readonly<Record<string, string>> {
  const text = environment[name];
  if (!text) return {};
  try {
    return addressesSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${name} is not JSON of addresses by name, such as {"managers":"managers@example.com"}`);
  }
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readAll<Name extends string>(
  environment: Environment,
  ...names: Name[]
): Readonly<Record<Name, string>> {
  assertPresent(environment, names);
  return environment;
}

function assertPresent<Name extends string>(
  environment: Environment,
  names: readonly Name[],
): asserts environment is Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Error(`environment variables missing: ${missing.join(', ')}`);
}
