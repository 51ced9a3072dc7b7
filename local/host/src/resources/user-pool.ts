import { createHash } from 'node:crypto';
import { z } from 'zod';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { UserPoolClient, UserPools } from '../services/cognito.ts';

export interface UserPoolContext {
  readonly userPools: UserPools;
}

const TRIGGERS = { error: 'functions that take part in signing in do not run here' };

const UserPoolProperties = z.strictObject({
  UserPoolName: text.optional(),
  LambdaConfig: z.strictObject({}, TRIGGERS).optional(),
  // How users sign up, prove themselves and get mail: the users of this machine are there, and have no passwords.
  AccountRecoverySetting: withoutEffect,
  AdminCreateUserConfig: withoutEffect,
  AliasAttributes: withoutEffect,
  AutoVerifiedAttributes: withoutEffect,
  DeletionProtection: withoutEffect,
  DeviceConfiguration: withoutEffect,
  EmailAuthenticationMessage: withoutEffect,
  EmailAuthenticationSubject: withoutEffect,
  EmailConfiguration: withoutEffect,
  EmailVerificationMessage: withoutEffect,
  EmailVerificationSubject: withoutEffect,
  EnabledMfas: withoutEffect,
  MfaConfiguration: withoutEffect,
  Policies: withoutEffect,
  Schema: withoutEffect,
  SmsAuthenticationMessage: withoutEffect,
  SmsConfiguration: withoutEffect,
  SmsVerificationMessage: withoutEffect,
  UserAttributeUpdateSettings: withoutEffect,
  UsernameAttributes: withoutEffect,
  UsernameConfiguration: withoutEffect,
  UserPoolAddOns: withoutEffect,
  UserPoolTags: withoutEffect,
  UserPoolTier: withoutEffect,
  VerificationMessageTemplate: withoutEffect,
  WebAuthnFactorConfiguration: withoutEffect,
  WebAuthnRelyingPartyID: withoutEffect,
  WebAuthnUserVerification: withoutEffect,
});

const Unit = z.enum(['seconds', 'minutes', 'hours', 'days']);

const ClientProperties = z.strictObject({
  UserPoolId: text,
  ClientName: text.optional(),
  GenerateSecret: flag.default(false),
  AllowedOAuthFlowsUserPoolClient: flag.default(false),
  AllowedOAuthFlows: z.array(z.enum(['code', 'implicit', 'client_credentials'])).default([]),
  AllowedOAuthScopes: z.array(text).default([]),
  CallbackURLs: z.array(text).default([]),
  LogoutURLs: z.array(text).default([]),
  AccessTokenValidity: numeric.optional(),
  IdTokenValidity: numeric.optional(),
  RefreshTokenValidity: numeric.optional(),
  TokenValidityUnits: z
    .strictObject({ AccessToken: Unit.optional(), IdToken: Unit.optional(), RefreshToken: Unit.optional() })
    .default({}),
  AnalyticsConfiguration: withoutEffect,
  AuthSessionValidity: withoutEffect,
  DefaultRedirectURI: withoutEffect,
  EnablePropagateAdditionalUserContextData: withoutEffect,
  EnableTokenRevocation: withoutEffect,
  // Passwords, SRP and the like are of Cognito's own API, which does not run here; the sign-in page stands for all.
  ExplicitAuthFlows: withoutEffect,
  PreventUserExistenceErrors: withoutEffect,
  ReadAttributes: withoutEffect,
  RefreshTokenRotation: withoutEffect,
  SupportedIdentityProviders: withoutEffect,
  WriteAttributes: withoutEffect,
});

const DomainProperties = z.strictObject({
  UserPoolId: text,
  Domain: text,
  CustomDomainConfig: withoutEffect,
  ManagedLoginVersion: withoutEffect,
  Routing: withoutEffect,
});

const GroupProperties = z.strictObject({
  UserPoolId: text,
  GroupName: text.optional(),
  Description: withoutEffect,
  Precedence: withoutEffect,
  RoleArn: withoutEffect,
});

const UserProperties = z.strictObject({
  UserPoolId: text,
  Username: text.optional(),
  UserAttributes: z.array(z.strictObject({ Name: text, Value: text })).default([]),
  ClientMetadata: withoutEffect,
  DesiredDeliveryMediums: withoutEffect,
  ForceAliasCreation: withoutEffect,
  MessageAction: withoutEffect,
  ValidationData: withoutEffect,
});

const MembershipProperties = z.strictObject({ UserPoolId: text, GroupName: text, Username: text });

const ResourceServerProperties = z.strictObject({
  UserPoolId: text,
  Identifier: text,
  Name: withoutEffect,
  Scopes: z.array(z.strictObject({ ScopeName: text, ScopeDescription: withoutEffect })).default([]),
});

/** `ProviderURL` is the issuer that runs here, so that a function which verifies tokens by it finds this one's keys. */
export async function createUserPool(
  { userPools }: UserPoolContext,
  resource: DeclaredResource,
): Promise<CreatedResource> {
  parseProperties(UserPoolProperties, resource);
  const { region, accountId } = resource.stack.environment;
  const userPoolId = `${region}_${idOf(resource, 9)}`;
  const issuer = await userPools.createUserPool(userPoolId);
  const attributes = {
    Arn: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${userPoolId}`,
    ProviderName: `cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    ProviderURL: issuer,
    UserPoolId: userPoolId,
  };
  return { ref: userPoolId, attributes };
}

export function createUserPoolClient({ userPools }: UserPoolContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(ClientProperties, resource);
  const pool = userPools.pool(properties.UserPoolId);
  const clientId = idOf(resource, 26);
  const name = properties.ClientName ?? resource.logicalId;
  const secret = properties.GenerateSecret ? userPools.clientSecret(clientId) : undefined;
  pool.clients.push({ clientId, name, ...(secret !== undefined && { secret }), ...oauthSettings(properties) });
  return { ref: clientId, attributes: { ClientId: clientId, Name: name, ...(secret && { ClientSecret: secret }) } };
}

export function createUserPoolDomain({ userPools }: UserPoolContext, resource: DeclaredResource): CreatedResource {
  const { UserPoolId, Domain } = parseProperties(DomainProperties, resource);
  return { ref: Domain, attributes: { CloudFrontDistribution: new URL(userPools.pool(UserPoolId).issuer).host } };
}

export function createUserPoolGroup({ userPools }: UserPoolContext, resource: DeclaredResource): CreatedResource {
  const { UserPoolId, GroupName = resource.logicalId } = parseProperties(GroupProperties, resource);
  userPools.pool(UserPoolId).groups.add(GroupName);
  return { ref: GroupName, attributes: {} };
}

export function createUserPoolUser({ userPools }: UserPoolContext, resource: DeclaredResource): CreatedResource {
  const { UserPoolId, Username, UserAttributes } = parseProperties(UserProperties, resource);
  const username = Username ?? resource.logicalId;
  const attributes = Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value]));
  userPools.pool(UserPoolId).users.set(username, { attributes, groups: new Set() });
  return { ref: username, attributes: {} };
}

/** Whoever the template does not declare is not put into a group: demonstration users have theirs from their file. */
export function createUserPoolMembership({ userPools }: UserPoolContext, resource: DeclaredResource): CreatedResource {
  const { UserPoolId, GroupName, Username } = parseProperties(MembershipProperties, resource);
  userPools.pool(UserPoolId).users.get(Username)?.groups.add(GroupName);
  return { ref: `${UserPoolId}/${GroupName}/${Username}`, attributes: {} };
}

export function createUserPoolResourceServer(
  { userPools }: UserPoolContext,
  resource: DeclaredResource,
): CreatedResource {
  const { UserPoolId, Identifier, Scopes } = parseProperties(ResourceServerProperties, resource);
  userPools.pool(UserPoolId).scopes.push(...Scopes.map(({ ScopeName }) => `${Identifier}/${ScopeName}`));
  return { ref: Identifier, attributes: {} };
}

type OauthSettings = Omit<UserPoolClient, 'clientId' | 'name' | 'secret'>;

/** A client that may not use OAuth has no flow, as on AWS. The implicit flow is one that nobody should use any more. */
function oauthSettings(properties: z.infer<typeof ClientProperties>): OauthSettings {
  const { AllowedOAuthFlowsUserPoolClient, AllowedOAuthFlows, TokenValidityUnits: units } = properties;
  const flows = AllowedOAuthFlowsUserPoolClient ? AllowedOAuthFlows : [];
  return {
    flows: flows.filter((flow) => flow !== 'implicit'),
    scopes: properties.AllowedOAuthScopes,
    callbackUrls: properties.CallbackURLs,
    logoutUrls: properties.LogoutURLs,
    accessTokenSeconds: seconds(properties.AccessTokenValidity ?? 1, units.AccessToken ?? 'hours'),
    idTokenSeconds: seconds(properties.IdTokenValidity ?? 1, units.IdToken ?? 'hours'),
    refreshTokenSeconds: seconds(properties.RefreshTokenValidity || 30, units.RefreshToken ?? 'days'),
  };
}

const SECONDS: Readonly<Record<z.infer<typeof Unit>, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

function seconds(amount: number, unit: z.infer<typeof Unit>): number {
  return amount * SECONDS[unit];
}

/** Of letters and digits, as Cognito's are, and the same at every start. */
function idOf({ stack, logicalId }: DeclaredResource, length: number): string {
  const hash = createHash('sha256').update(`${stack.name}/${logicalId}`).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(0, length);
}
