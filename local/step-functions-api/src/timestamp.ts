/** Instants go over the wire as epoch seconds, a number with milliseconds as its fraction. */
export function timestamp(instantMs: number): number {
  return instantMs / 1000;
}
