import { isReference } from './attempt-store.ts';

/** By this ECS shows what has started a task; the attempt's reference follows. */
export const STARTED_BY = 'long-task/';

/** Undefined: something else has started the task. */
export function referenceIn(startedBy: string | undefined): string | undefined {
  if (startedBy?.startsWith(STARTED_BY) !== true) return undefined;
  const reference = startedBy.slice(STARTED_BY.length);
  return isReference(reference) ? reference : undefined;
}
