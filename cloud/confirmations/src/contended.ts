/** So many times somebody else may come between a read and its write. Each time means that another made progress. */
export const TRIES_MAX = 20;

export function contended(key: string): Error {
  return new Error(`"${key}" changed ${TRIES_MAX} times between reading and writing it`);
}
