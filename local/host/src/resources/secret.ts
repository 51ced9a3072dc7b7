import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import { AwsError } from '../services/aws-error.ts';
import { InvalidSchedule, parseSchedule } from '../services/event-schedule.ts';
import { PasswordShape, randomPassword } from '../services/random-password.ts';
import type { SecretsService } from '../services/secrets.ts';
import { templateError } from '../template.ts';

const SecretProperties = z.strictObject({
  Name: text.pipe(z.string().regex(/^[\w\/+=.@\-]{1,512}$/v, { error: 'it is no name for a secret' })).optional(),
  Description: text.optional(),
  SecretString: z.string({ error: 'it must be a string' }).optional(),
  GenerateSecretString: PasswordShape.extend({
    SecretStringTemplate: z.string().optional(),
    GenerateStringKey: z.string().optional(),
  })
    .strict()
    .optional(),
  KmsKeyId: withoutEffect,
  ReplicaRegions: withoutEffect,
  Tags: withoutEffect,
});
type SecretProperties = z.infer<typeof SecretProperties>;

const RotationProperties = z.strictObject({
  SecretId: text,
  RotationLambdaARN: text,
  RotationRules: z
    .strictObject({
      AutomaticallyAfterDays: numeric.optional(),
      ScheduleExpression: text.optional(),
      Duration: withoutEffect,
    })
    .default({}),
  RotateImmediatelyOnUpdate: flag.default(true),
});

export interface SecretsContext {
  readonly secrets: Pick<SecretsService, 'createSecret' | 'rotate'>;
  readonly nameResource: NameResource;
}

export function createSecret({ secrets, nameResource }: SecretsContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(SecretProperties, resource);
  const { Name, Description, SecretString, GenerateSecretString } = properties;
  const name = nameResource(resource, Name, { maxLength: 512 });
  const { region, accountId } = resource.stack.environment;
  const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${randomEnd(resource)}`;
  secrets.createSecret({
    name,
    arn,
    ...(Description !== undefined && { description: Description }),
    valueKey: JSON.stringify([SecretString, GenerateSecretString]),
    makeValue: () => valueOf(properties, resource),
  });
  return { ref: arn, attributes: { Id: arn } };
}

export function createRotationSchedule({ secrets }: SecretsContext, resource: DeclaredResource): CreatedResource {
  const { SecretId, RotationLambdaARN, RotationRules, RotateImmediatelyOnUpdate } = parseProperties(
    RotationProperties,
    resource,
  );
  const { ScheduleExpression, AutomaticallyAfterDays: days } = RotationRules;
  const expression =
    ScheduleExpression ?? (days === undefined ? undefined : `rate(${days} day${days === 1 ? '' : 's'})`);
  const { stack, logicalId } = resource;
  const place = `Resources.${logicalId}.Properties`;
  try {
    secrets.rotate({
      secretId: SecretId,
      functionArn: RotationLambdaARN,
      isImmediate: RotateImmediatelyOnUpdate,
      ...(expression !== undefined && { schedule: { expression, times: parseSchedule(expression) } }),
    });
  } catch (error) {
    if (error instanceof InvalidSchedule) throw templateError(stack.name, `${place}.RotationRules`, error.message);
    if (error instanceof AwsError) throw templateError(stack.name, `${place}.SecretId`, 'there is no such secret');
    throw error;
  }
  return { ref: SecretId, attributes: {} };
}

/** A secret that is given nothing has an empty value here, and none on AWS. */
function valueOf({ SecretString, GenerateSecretString: shape }: SecretProperties, resource: DeclaredResource): string {
  if (shape === undefined) return SecretString ?? '';
  const { SecretStringTemplate: template, GenerateStringKey: key } = shape;
  const place = `Resources.${resource.logicalId}.Properties.GenerateSecretString`;
  const password = passwordOf(shape, resource, place);
  if (template === undefined || key === undefined) return password;
  try {
    const members: unknown = JSON.parse(template);
    if (typeof members === 'object' && members !== null) return JSON.stringify({ ...members, [key]: password });
  } catch {
    // Said below: a text that is not JSON, and JSON that is no object, are the same mistake.
  }
  throw templateError(resource.stack.name, `${place}.SecretStringTemplate`, 'it must be a JSON object');
}

function passwordOf(shape: PasswordShape, { stack }: DeclaredResource, place: string): string {
  try {
    return randomPassword(shape);
  } catch (error) {
    if (error instanceof AwsError) throw templateError(stack.name, place, error.message.replace(/\.$/v, ''));
    throw error;
  }
}

/** Six letters, as Secrets Manager ends an ARN, and the same at every start. */
function randomEnd({ stack, logicalId }: DeclaredResource): string {
  const digest = createHash('sha256').update(`${stack.name}/${logicalId}`).digest();
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return [...digest.subarray(0, 6)].map((byte) => letters.charAt(byte % letters.length)).join('');
}
