/*
 * What paths, templates and functions have done so far, in values and characters that were looked at. It only grows, and says
 * nothing but what lies between two readings: how much a definition makes of one state is for its author to choose, and must be
 * known to whoever shares a thread with it.
 */
let done = 0;

export function workDone(): number {
  return done;
}

export function countWork(amount: number): void {
  done += amount;
}
