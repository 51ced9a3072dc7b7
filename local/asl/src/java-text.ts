import { JSON_DEPTH_MAX } from './json-syntax.ts';
import { isArray, type Json } from './json.ts';
import { EvaluationError } from './states-error.ts';

/**
 * A value as Java's `toString` writes it, which is what `States.Format` puts into its template: `{Id=1, Names=[a, b]}`, texts
 * without quotes, `1.0E10`.
 *
 * @throws {EvaluationError} States.Runtime if the value is nested more deeply than JSON may be where it enters.
 */
export function javaText(value: Json): string {
  return written(value, 0);
}

/** The name of the class that holds such a value on the service, as its messages give it. */
export function javaClass(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'number') return javaNumberClass(value);
  return isArray(value) ? 'java.util.ArrayList' : 'java.util.LinkedHashMap';
}

function written(value: Json, depth: number): string {
  if (depth > JSON_DEPTH_MAX)
    throw new EvaluationError('States.Runtime', `The value is nested more than ${JSON_DEPTH_MAX} deep.`);
  if (typeof value === 'number') return javaNumber(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${name}=${written(member, depth + 1)}`);
  return `{${members.join(', ')}}`;
}

/** A double has always a fraction, and an exponent below 0.001 and from ten millions on; a whole number has neither. */
function javaNumber(value: number): string {
  const size = Math.abs(value);
  if ((Number.isInteger(value) && size < 1e21) || (size >= 1e-3 && size < 1e7)) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

function javaNumberClass(value: number): string {
  if (!Number.isInteger(value)) return 'java.lang.Double';
  return Math.abs(value) < 2 ** 31 ? 'java.lang.Integer' : 'java.lang.Long';
}
