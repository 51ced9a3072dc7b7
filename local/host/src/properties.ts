import { z } from 'zod';
import { templateError } from './template.ts';
import type { DeclaredResource } from './service.ts';

/**
 * Reads the properties of a resource by a strict schema: a property nobody here knows is refused by name, for it may be
 * what the app relies on.
 */
export function parseProperties<T>(schema: z.ZodType<T>, { stack, logicalId, properties }: DeclaredResource): T {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = `Resources.${logicalId}.Properties`;
  if (issue?.code === 'unrecognized_keys') {
    throw templateError(stack.name, [place, ...issue.path].join('.'), `"${issue.keys[0]}" has no counterpart here`);
  }
  throw templateError(
    stack.name,
    [place, ...(issue?.path ?? [])].join('.'),
    lowerFirst(issue?.message ?? 'it is invalid'),
  );
}

/** For a property that changes nothing on this machine. */
export const withoutEffect = z.unknown().optional();

/** CloudFormation takes a number written as a string for a number. */
export const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/v)
    .transform(Number),
]);
/** And `"true"` for true. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
/** And writes numbers and booleans out where it wants a string. */
export const text = z.union([z.string(), z.union([z.number(), z.boolean()]).transform(String)]);

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
