/**
 * What a JSON Pointer leads to; undefined if that is not there.
 *
 * @see RFC 6901
 */
export function memberAt(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((current, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const isContainer = typeof current === 'object' && current !== null;
    return isContainer && Object.hasOwn(current, name) ? (current as Record<string, unknown>)[name] : undefined;
  }, value);
}
