/** A text in an input that nobody has read yet; undefined where there is none. */
export function textIn(input: unknown, name: string): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const value: unknown = input instanceof Map ? input.get(name) : Object.getOwnPropertyDescriptor(input, name)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** A list in such an input; empty where there is none. */
export function listIn(input: unknown, name: string): readonly unknown[] {
  if (typeof input !== 'object' || input === null) return [];
  const value: unknown = Object.getOwnPropertyDescriptor(input, name)?.value;
  return Array.isArray(value) ? value : [];
}
