/** A JSON value. State data is never changed in place: whoever wants another value makes a new one. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A part of a definition that was parsed, as the JSON that it is. */
export function asObject(part: object | undefined): JsonObject {
  return { ...part };
}

const textOf = new WeakMap<object, string>();

/**
 * The compact JSON text of a value. State data passes through many states and stands in many events unchanged, so the
 * text of an object is made once and remembered for as long as the object lives.
 */
export function jsonText(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = textOf.get(value);
  if (text === undefined) textOf.set(value, (text = JSON.stringify(value)));
  return text;
}

/** Copies an object with one member added or replaced. `__proto__` is a key like any other. */
export function withMember(object: JsonObject, key: string, value: Json): JsonObject {
  if (key !== '__proto__') return { ...object, [key]: value };
  return Object.defineProperty({ ...object }, key, { value, enumerable: true, configurable: true, writable: true });
}
