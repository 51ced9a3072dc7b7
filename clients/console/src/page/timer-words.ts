import type { Timer } from './times.ts';
import { readable } from './words.ts';

/** What a timer does when it is due, and whose it is. A kind of a later version is called by its name. */
export function timerWords({ kind, state = '', executionArn }: Timer): {
  readonly what: string;
  readonly about: string;
} {
  const what = (Object.hasOwn(KINDS, kind) ? KINDS[kind]?.(state) : undefined) ?? readable(kind);
  return { what, about: executionArn === undefined ? 'of the app' : nameInArn(executionArn) };
}

/** Of an execution: what an order is known by. */
export function nameInArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

const KINDS: Readonly<Record<string, (state: string) => string>> = {
  Turn: (state) => `${state} begins`,
  Wait: (state) => `${state} has waited long enough`,
  Retry: (state) => `${state} is tried again`,
  HeartbeatTimeout: (state) => `${state} should have shown a sign of life`,
  TaskTimeout: (state) => `${state} has taken its time`,
  ExecutionTimeout: () => 'The execution has taken its time',
  Schedule: () => 'A schedule fires',
  Delivery: () => 'Something is delivered again',
  InvocationRetry: () => 'A function is called again',
};
