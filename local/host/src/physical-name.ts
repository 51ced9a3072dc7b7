import { createHash } from 'node:crypto';

export interface NameShape {
  readonly maxLength: number;
  /** Bucket names have neither capitals nor underscores. @default false */
  readonly isLowerCase?: boolean;
}

/**
 * The name of a resource that its template does not name: stack and logical id, as CloudFormation begins it, and the
 * same at every start. Where that is too long, the middle makes room for a hash, so that two never become one.
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
  const room = maxLength - hash.length - 1;
  const start = name.slice(0, room).replace(/[^a-z0-9]+$/iv, '');
  return `${start}-${hash}`;
}
