import type { Json } from '../../asl/src/index.ts';
import type { TaskCall } from './effect.ts';

/**
 * Makes the call of a task's attempt, once. The answer is the service's reply or the failure in the service's words; a
 * handler that throws has a fault of its own, and its task fails with `States.TaskFailed`.
 *
 * `signal` aborts when the attempt is over before the call is: its timeout came, or its execution ended. Whatever is
 * answered after that changes nothing.
 */
export type TaskHandler = (call: TaskCall, signal: AbortSignal) => Promise<TaskResult>;

export type TaskResult = { readonly output: Json } | { readonly error: string; readonly cause: string };
