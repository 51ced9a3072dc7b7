import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeclaredPolicies } from '../iam/declared-policies.ts';
import type { NameResource } from '../physical-name.ts';
import { numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { LambdaService } from '../services/lambda.ts';
import type { RoleCredentialsIssuer } from '../services/role-credentials.ts';
import { templateError } from '../template.ts';
import { requireTrust } from './iam.ts';

const FunctionProperties = z.strictObject({
  FunctionName: text
    .pipe(z.string().regex(/^[a-zA-Z0-9\-_]{1,64}$/v, { error: 'it is no name for a function' }))
    .optional(),
  Code: z.object({ S3Key: z.string().optional(), ZipFile: z.string().optional() }),
  Handler: text,
  Runtime: text,
  PackageType: z.literal('Zip', { error: 'container images do not run here' }).optional(),
  Timeout: numeric.default(3),
  MemorySize: numeric.default(128),
  ReservedConcurrentExecutions: numeric.optional(),
  Environment: z.strictObject({ Variables: z.record(z.string(), text).default({}) }).default({ Variables: {} }),
  Architectures: withoutEffect,
  CodeSigningConfigArn: withoutEffect,
  DeadLetterConfig: withoutEffect,
  Description: withoutEffect,
  EphemeralStorage: withoutEffect,
  KmsKeyArn: withoutEffect,
  LoggingConfig: withoutEffect,
  RecursiveLoop: withoutEffect,
  Role: text.optional(),
  RuntimeManagementConfig: withoutEffect,
  SnapStart: withoutEffect,
  Tags: withoutEffect,
  TracingConfig: withoutEffect,
  VpcConfig: withoutEffect,
});
type FunctionProperties = z.infer<typeof FunctionProperties>;

const VersionProperties = z.object({ FunctionName: text });

/** Whole second minutes, as Lambda has them. Lambda quotas, "Function timeout" and "Function memory allocation". */
const TIMEOUT_SECONDS_MAX = 900;
const MEMORY_MB_MAX = 10_240;

export interface FunctionContext {
  readonly lambda: Pick<LambdaService, 'createFunction'>;
  readonly nameResource: NameResource;
  readonly credentials: Pick<RoleCredentialsIssuer, 'credentialsFor'>;
  readonly policies: Pick<DeclaredPolicies, 'roleOf'>;
  /** Where the functions reach the AWS of this machine. */
  readonly awsUrl: string;
  /** Where code that stands in the template itself is put. */
  readonly inlineCodeDir: string;
}

export function createFunction(context: FunctionContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(FunctionProperties, resource);
  requireWithin(properties.Timeout, TIMEOUT_SECONDS_MAX, 'Timeout', resource);
  requireWithin(properties.MemorySize, MEMORY_MB_MAX, 'MemorySize', resource);
  if (properties.Role !== undefined) requireTrust(context.policies, properties.Role, 'lambda', 'Role', resource);
  const name = context.nameResource(resource, properties.FunctionName, { maxLength: 64 });
  const arn = functionArn(resource, name);
  context.lambda.createFunction({
    functionName: name,
    arn,
    codeDir: codeDir(properties, name, resource, context.inlineCodeDir),
    handler: properties.Handler,
    runtime: properties.Runtime,
    timeoutSeconds: properties.Timeout,
    memoryMb: properties.MemorySize,
    environment: {
      ...properties.Environment.Variables,
      AWS_ENDPOINT_URL: context.awsUrl,
      // There is no X-Ray daemon here, and a tracer that seeks one fills the log.
      POWERTOOLS_TRACE_ENABLED: 'false',
    },
    ...(properties.Role !== undefined && {
      credentials: context.credentials.credentialsFor({ roleArn: properties.Role, sessionName: name }),
    }),
    ...(properties.ReservedConcurrentExecutions !== undefined && {
      reservedConcurrency: properties.ReservedConcurrentExecutions,
    }),
  });
  return { ref: name, attributes: { Arn: arn } };
}

/** There is one version of the code here, so every version of a function is the function itself. */
export function createVersion(_context: unknown, resource: DeclaredResource): CreatedResource {
  const arn = functionArn(resource, parseProperties(VersionProperties, resource).FunctionName);
  return { ref: arn, attributes: { FunctionArn: arn, Version: '$LATEST' } };
}

export function createAlias(_context: unknown, resource: DeclaredResource): CreatedResource {
  const arn = functionArn(resource, parseProperties(VersionProperties, resource).FunctionName);
  return { ref: arn, attributes: { AliasArn: arn } };
}

function functionArn({ stack }: DeclaredResource, nameOrArn: string): string {
  const { region, accountId } = stack.environment;
  return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:lambda:${region}:${accountId}:function:${nameOrArn}`;
}

function codeDir(
  { Code }: FunctionProperties,
  name: string,
  { stack, logicalId }: DeclaredResource,
  inlineCodeDir: string,
) {
  if (Code.ZipFile !== undefined) return writeInlineCode(join(inlineCodeDir, name), Code.ZipFile);
  const asset = Code.S3Key === undefined ? undefined : stack.assets.get(Code.S3Key);
  const place = `Resources.${logicalId}.Properties.Code`;
  if (asset?.packaging === 'zip') {
    if (!existsSync(asset.path)) throw templateError(stack.name, place, `its folder ${asset.path} is missing`);
    return asset.path;
  }
  if (asset !== undefined) {
    throw templateError(stack.name, place, `the code is the file ${asset.path}, and only a folder can be run here`);
  }
  throw templateError(stack.name, place, 'the assembly has no such code');
}

/** CloudFormation puts it into a file named index. */
function writeInlineCode(dir: string, code: string): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'index.js'), code);
  return dir;
}

function requireWithin(value: number, max: number, name: string, { stack, logicalId }: DeclaredResource): void {
  if (value >= 1 && value <= max) return;
  throw templateError(
    stack.name,
    `Resources.${logicalId}.Properties.${name}`,
    `it must be from 1 to ${max}, not ${value}`,
  );
}
