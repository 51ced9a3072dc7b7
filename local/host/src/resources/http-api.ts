import { createHash } from 'node:crypto';
import { z } from 'zod';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { CorsConfiguration } from '../services/api-gateway.ts';
import type { HttpApis } from '../services/http-apis.ts';
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
    .enum(['NONE', 'AWS_IAM'], { error: 'authorizers do not run here, and what they find out would be missing' })
    .default('NONE'),
  ApiKeyRequired: withoutEffect,
  OperationName: withoutEffect,
});

const StageProperties = z.strictObject({
  ApiId: text,
  StageName: z.literal('$default', { error: 'only the stage $default runs here' }),
  AccessLogSettings: withoutEffect,
  AutoDeploy: withoutEffect,
  // Throttling protects what many share; this machine serves one.
  DefaultRouteSettings: withoutEffect,
  RouteSettings: withoutEffect,
  DeploymentId: withoutEffect,
  Description: withoutEffect,
  Tags: withoutEffect,
});

export interface HttpApiContext {
  readonly httpApis: HttpApis;
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
  const { ApiId, RouteKey, Target, AuthorizationType } = parseProperties(RouteProperties, resource);
  const { stack, logicalId } = resource;
  const isKnown = httpApis.addRoute(ApiId, {
    routeKey: RouteKey,
    integrationId: Target.replace(/^integrations\//v, ''),
    isOpenHereOnly: AuthorizationType !== 'NONE',
  });
  if (!isKnown)
    throw templateError(stack.name, `Resources.${logicalId}.Properties`, 'its API or integration is not known');
  const routeId = idOf(resource, 7);
  return { ref: routeId, attributes: { RouteId: routeId } };
}

export function createStage(_context: HttpApiContext, resource: DeclaredResource): CreatedResource {
  return { ref: parseProperties(StageProperties, resource).StageName, attributes: {} };
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
