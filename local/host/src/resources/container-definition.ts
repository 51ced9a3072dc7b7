import { z } from 'zod';
import { numeric, text, withoutEffect } from '../properties.ts';

export const NameAndValue = z.strictObject({ Name: text, Value: text });

/** What a container definition reads from Secrets Manager. */
export const NamedSecret = z.strictObject({
  Name: text,
  ValueFrom: text.pipe(
    z
      .string()
      .regex(/^arn:[^:]*:secretsmanager:/v, { error: 'only the ARN of a secret of Secrets Manager is read here' }),
  ),
});

/** Where logs go on AWS; here they go to the log of the host. */
export const LogConfiguration = z.strictObject({
  LogDriver: text,
  Options: z.record(z.string(), text).default({}),
  SecretOptions: withoutEffect,
});

/** A volume of the task itself: its folder is its own anyway. Anything that others share is refused by name. */
export const TaskVolume = z.strictObject({ Name: text.optional(), Host: z.strictObject({}).optional() });

export const ResourceRequirement = z.strictObject({
  Type: z.enum(['VCPU', 'MEMORY'], { error: 'only VCPU and MEMORY are there to be required here' }),
  Value: text.pipe(z.string().regex(/^\d+(?:\.\d+)?$/v, { error: 'it is no number' })),
});

export function byName(pairs: readonly { Name: string; Value: string }[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]));
}

export function secretsByName(pairs: readonly z.infer<typeof NamedSecret>[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ Name, ValueFrom }) => [Name, ValueFrom]));
}

export function logPlace(configuration: z.infer<typeof LogConfiguration> | undefined) {
  const { 'awslogs-group': logGroup, 'awslogs-stream-prefix': logStreamPrefix } = configuration?.Options ?? {};
  return { ...(logGroup !== undefined && { logGroup }), ...(logStreamPrefix !== undefined && { logStreamPrefix }) };
}

/** Processors may be fractions, in text too. */
export const decimal = z.union([
  numeric,
  z.number(),
  z
    .string()
    .regex(/^\d+(?:\.\d+)?$/v)
    .transform(Number),
]);
