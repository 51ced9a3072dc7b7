import { createHash } from 'node:crypto';
import { z } from 'zod';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { CorsConfiguration } from '../services/api-gateway.ts';
import { IDENTITY_SOURCE } from '../services/api-gateway-jwt.ts';
import type { ThrottlingLimits } from '../services/api-gateway-throttling.ts';
import type { UserPools } from '../services/cognito.ts';
import type { DeclaredRoute, HttpApis } from '../services/http-apis.ts';
import { templateError } from '../template.ts';

/** Whatever else than HTTP APIs with functions behind them is refused by the first property that says so. */
const ApiProperties = z.strictObject({
  Name: text.default('api'),
  ProtocolType: z.literal('HTTP', { error: 'only HTTP APIs run here' }),
  CorsConfiguration: z
    .strictObject({
      AllowCredentials: flag.optional(),
      AllowHeaders: z.array(text).optional(),
      AllowMethods: z.array(text).optional(),
      AllowOrigins: z.array(text).optional(),
      ExposeHeaders: z.array(text).optional(),
      MaxAge: numeric.optional(),
    })
    .optional(),
  Description: withoutEffect,
  DisableExecuteApiEndpoint: withoutEffect,
  FailOnWarnings: withoutEffect,
  IpAddressType: withoutEffect,
  RouteSelectionExpression: withoutEffect,
  Tags: withoutEffect,
  Version: withoutEffect,
});
type CorsProperties = NonNullable<z.infer<typeof ApiProperties>['CorsConfiguration']>;

const IntegrationProperties = z.strictObject({
  ApiId: text,
  IntegrationType: z.literal('AWS_PROXY', { error: 'only Lambda integrations (AWS_PROXY) run here' }),
  IntegrationUri: text,
  IntegrationMethod: withoutEffect,
  PayloadFormatVersion: z.literal('2.0', { error: 'only version 2.0 runs here' }),
  TimeoutInMillis: numeric.optional(),
  ConnectionType: z.literal('INTERNET').optional(),
  CredentialsArn: withoutEffect,
  Description: withoutEffect,
});

const RouteProperties = z.strictObject({
  ApiId: text,
  RouteKey: text,
  Target: text,
  AuthorizationType: z
    .enum(['NONE', 'AWS_IAM', 'JWT'], {
      error: 'authorizers that are functions do not run here, and what they find out would be missing',
    })
    .default('NONE'),
  AuthorizerId: text.optional(),
  AuthorizationScopes: z.array(text).default([]),
  ApiKeyRequired: withoutEffect,
  OperationName: withoutEffect,
});

const AuthorizerProperties = z.strictObject({
  ApiId: text,
  AuthorizerType: z.literal('JWT', { error: 'only JWT authorizers run here' }),
  IdentitySource: z
    .array(text.pipe(z.string().regex(IDENTITY_SOURCE, { error: 'it is no header and no query parameter' })))
    .default(['$request.header.Authorization']),
  JwtConfiguration: z.strictObject({ Issuer: text.pipe(z.url()), Audience: z.array(text) }),
  Name: withoutEffect,
});

/** Logs and metrics of API Gateway are not written here. */
const RouteSettings = z.strictObject({
  ThrottlingBurstLimit: numeric.pipe(z.int().nonnegative()).optional(),
  ThrottlingRateLimit: numeric.pipe(z.number().nonnegative()).optional(),
  DataTraceEnabled: withoutEffect,
  DetailedMetricsEnabled: withoutEffect,
  LoggingLevel: withoutEffect,
});

const StageProperties = z.strictObject({
  ApiId: text,
  StageName: z.literal('$default', { error: 'only the stage $default runs here' }),
  AccessLogSettings: withoutEffect,
  AutoDeploy: withoutEffect,
  DefaultRouteSettings: RouteSettings.optional(),
  RouteSettings: z.record(z.string(), RouteSettings).default({}),
  DeploymentId: withoutEffect,
  Description: withoutEffect,
  Tags: withoutEffect,
});

export interface HttpApiContext {
  readonly httpApis: HttpApis;
  readonly userPools: Pick<UserPools, 'localIssuer'>;
}

export async function createApi({ httpApis }: HttpApiContext, resource: DeclaredResource): Promise<CreatedResource> {
  const { CorsConfiguration } = parseProperties(ApiProperties, resource);
  const { stack, logicalId } = resource;
  const apiId = idOf(resource, 10);
  const cors = CorsConfiguration === undefined ? {} : { cors: corsConfiguration(CorsConfiguration) };
  const url = await httpApis.open({ apiId, stackName: stack.name, logicalId, ...cors });
  const { region, accountId } = stack.environment;
  const attributes = {
    ApiId: apiId,
    ApiEndpoint: url,
    ExecuteApiArn: `arn:aws:execute-api:${region}:${accountId}:${apiId}`,
  };
  return { ref: apiId, attributes };
}

export function createIntegration({ httpApis }: HttpApiContext, resource: DeclaredResource): CreatedResource {
  const { IntegrationUri, TimeoutInMillis } = parseProperties(IntegrationProperties, resource);
  const integrationId = idOf(resource, 7);
  httpApis.addIntegration(integrationId, {
    target: invokedFunction(IntegrationUri),
    ...(TimeoutInMillis !== undefined && { timeoutMs: TimeoutInMillis }),
  });
  return { ref: integrationId, attributes: { IntegrationId: integrationId } };
}

export function createRoute({ httpApis }: HttpApiContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(RouteProperties, resource);
  const { ApiId, RouteKey, Target } = properties;
  const { stack, logicalId } = resource;
  const isKnown = httpApis.addRoute(ApiId, {
    routeKey: RouteKey,
    integrationId: Target.replace(/^integrations\//v, ''),
    access: accessTo(properties),
  });
  if (!isKnown) {
    const what = 'its API, integration or authorizer is not known';
    throw templateError(stack.name, `Resources.${logicalId}.Properties`, what);
  }
  const routeId = idOf(resource, 7);
  return { ref: routeId, attributes: { RouteId: routeId } };
}

/** The issuer of a user pool of this app is the one that runs here in its place. */
export function createAuthorizer({ httpApis, userPools }: HttpApiContext, resource: DeclaredResource): CreatedResource {
  const { IdentitySource, JwtConfiguration } = parseProperties(AuthorizerProperties, resource);
  const authorizerId = idOf(resource, 6);
  httpApis.addAuthorizer(authorizerId, {
    issuer: userPools.localIssuer(JwtConfiguration.Issuer) ?? JwtConfiguration.Issuer,
    audience: JwtConfiguration.Audience,
    identitySource: IdentitySource,
  });
  return { ref: authorizerId, attributes: { AuthorizerId: authorizerId } };
}

export function createStage({ httpApis }: HttpApiContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(StageProperties, resource);
  const { ApiId, StageName, DefaultRouteSettings } = properties;
  const routes = Object.entries(properties.RouteSettings).map(([key, settings]) => [key, limitsOf(settings)] as const);
  const isKnown = httpApis.setThrottling(ApiId, {
    ...(DefaultRouteSettings !== undefined && { defaults: limitsOf(DefaultRouteSettings) }),
    routes: Object.fromEntries(routes),
  });
  const { stack, logicalId } = resource;
  if (!isKnown) throw templateError(stack.name, `Resources.${logicalId}.Properties`, 'its API is not known');
  return { ref: StageName, attributes: {} };
}

function limitsOf({
  ThrottlingRateLimit,
  ThrottlingBurstLimit,
}: z.infer<typeof RouteSettings>): Partial<ThrottlingLimits> {
  return {
    ...(ThrottlingRateLimit !== undefined && { ratePerSecond: ThrottlingRateLimit }),
    ...(ThrottlingBurstLimit !== undefined && { burst: ThrottlingBurstLimit }),
  };
}

function accessTo(route: z.infer<typeof RouteProperties>): DeclaredRoute['access'] {
  const { AuthorizationType, AuthorizerId = '', AuthorizationScopes } = route;
  if (AuthorizationType === 'JWT') return { authorizerId: AuthorizerId, scopes: AuthorizationScopes };
  return AuthorizationType === 'AWS_IAM' ? 'iam' : 'open';
}

/** In the form API Gateway gives its ids, and the same at every start. */
function idOf({ stack, logicalId }: DeclaredResource, length: number): string {
  const hash = createHash('sha256').update(`${stack.name}/${logicalId}`).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(0, length);
}

/** A function's ARN, or the longer form of it that API Gateway has from REST APIs. */
function invokedFunction(uri: string): string {
  return /:lambda:path\/[^\/]+\/functions\/([^\/]+)\/invocations$/v.exec(uri)?.[1] ?? uri;
}

function corsConfiguration(properties: CorsProperties): CorsConfiguration {
  const { AllowCredentials, AllowHeaders, AllowMethods, AllowOrigins, ExposeHeaders, MaxAge } = properties;
  return {
    ...(AllowCredentials !== undefined && { allowCredentials: AllowCredentials }),
    ...(AllowHeaders !== undefined && { allowHeaders: AllowHeaders }),
    ...(AllowMethods !== undefined && { allowMethods: AllowMethods }),
    ...(AllowOrigins !== undefined && { allowOrigins: AllowOrigins }),
    ...(ExposeHeaders !== undefined && { exposeHeaders: ExposeHeaders }),
    ...(MaxAge !== undefined && { maxAgeSeconds: MaxAge }),
  };
}
