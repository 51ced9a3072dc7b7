import { createHash } from 'node:crypto';
import { HostError } from './errors.ts';
import type { DeclaredResource } from './service.ts';

export interface NameShape {
  readonly maxLength: number;
  /** Bucket names have no capitals. @default false */
  readonly isLowerCase?: boolean;
}

/** Names the resources of all stacks, and sees to it that no two of a kind get the same name. */
export type NameResource = (resource: DeclaredResource, givenName: string | undefined, shape: NameShape) => string;

export function createNames(): NameResource {
  const ownerOf = new Map<string, string>();
  return (resource, givenName, shape) => {
    const name = givenName ?? physicalName(resource.stack.name, resource.logicalId, shape);
    const owner = `${resource.stack.name}.${resource.logicalId}`;
    const first = ownerOf.get(`${resource.type} ${name}`) ?? owner;
    if (first !== owner) {
      throw new HostError(
        `"${first}" and "${owner}" are both named "${name}".`,
        'Give each a name of its own, or none.',
      );
    }
    ownerOf.set(`${resource.type} ${name}`, owner);
    return name;
  };
}

/**
 * The name of a resource that its template does not name: stack and logical id, as CloudFormation begins it, and the
 * same at every start. Where that is too long, its end makes room for a hash, so that two never become one.
 */
export function physicalName(
  stackName: string,
  logicalId: string,
  { maxLength, isLowerCase = false }: NameShape,
): string {
  const whole = `${stackName}-${logicalId}`;
  const name = isLowerCase ? whole.toLowerCase() : whole;
  if (name.length <= maxLength) return name;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 12);
  const start = name.slice(0, maxLength - hash.length - 1).replace(/[^a-z0-9]+$/iv, '');
  return `${start}-${hash}`;
}
