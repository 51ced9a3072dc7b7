import { z } from 'zod';
import { physicalName } from '../physical-name.ts';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { SesService } from '../services/ses.ts';

const EmailIdentityProperties = z.strictObject({
  EmailIdentity: text,
  ConfigurationSetAttributes: withoutEffect,
  DkimAttributes: withoutEffect,
  DkimSigningAttributes: withoutEffect,
  FeedbackAttributes: withoutEffect,
  MailFromAttributes: withoutEffect,
  Tags: withoutEffect,
});

const ConfigurationSetProperties = z.strictObject({
  Name: text.optional(),
  ArchivingOptions: withoutEffect,
  DeliveryOptions: withoutEffect,
  OverrideDestination: withoutEffect,
  ReputationOptions: withoutEffect,
  SendingOptions: withoutEffect,
  SuppressionOptions: withoutEffect,
  Tags: withoutEffect,
  TrackingOptions: withoutEffect,
  VdmOptions: withoutEffect,
});

export interface EmailContext {
  readonly messaging: { readonly ses: Pick<SesService, 'addIdentity'> };
}

/** Any address may send here, so an identity is a name; its records of DKIM are for a domain's name servers. */
export function createEmailIdentity({ messaging }: EmailContext, resource: DeclaredResource): CreatedResource {
  const { EmailIdentity: identity } = parseProperties(EmailIdentityProperties, resource);
  messaging.ses.addIdentity(identity);
  const { region, accountId } = resource.stack.environment;
  const records = [1, 2, 3].flatMap((number) => [
    [`DkimDNSTokenName${number}`, `token${number}._domainkey.${identity}`],
    [`DkimDNSTokenValue${number}`, `token${number}.dkim.amazonses.com`],
  ]);
  const arn = `arn:aws:ses:${region}:${accountId}:identity/${identity}`;
  return { ref: identity, attributes: { ...Object.fromEntries(records), EmailIdentityArn: arn } };
}

export function createConfigurationSet(_context: unknown, resource: DeclaredResource): CreatedResource {
  const { Name } = parseProperties(ConfigurationSetProperties, resource);
  return { ref: Name ?? physicalName(resource.stack.name, resource.logicalId, { maxLength: 64 }), attributes: {} };
}
