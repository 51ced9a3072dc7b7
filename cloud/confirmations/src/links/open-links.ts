import type { NotifyConfig } from '../config.ts';
import { addressOfPerson } from '../notify/addresses.ts';
import { type LinkKeys, type ReadSecretVersion, rotatedKeys } from './link-keys.ts';
import type { Links } from './links.ts';

/** What the routes of links work with; undefined where the environment names no secret to sign them with. */
export function openLinks(config: NotifyConfig | undefined, now: () => number): Links | undefined {
  if (config?.linkSecretArn === undefined) return undefined;
  const { url, mail, linkSecretArn } = config;
  const reaches = (person: string) => mail !== undefined && addressOfPerson(mail.addresses, person) !== undefined;
  return { keys: openLinkKeys(linkSecretArn, now), url, reaches };
}

/** The client of Secrets Manager is imported when a key is first needed. */
export function openLinkKeys(secretArn: string, now: () => number): LinkKeys {
  let reading: Promise<ReadSecretVersion> | undefined;
  const open = async () => {
    const { openSecretsManager, readVersionsOf } = await import('./secrets-manager.ts');
    return readVersionsOf(openSecretsManager(), secretArn);
  };
  return rotatedKeys(async (stage) => {
    reading ??= open();
    return await (
      await reading
    )(stage);
  }, now);
}
