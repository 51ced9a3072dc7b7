import type { Json } from '../../asl/src/index.ts';
import type { TaskCall } from './effect.ts';
import type { Job } from './job-io.ts';

/**
 * Makes the call of a task's attempt, once. The answer is the service's reply or the failure in the service's words; a
 * handler that throws has a fault of its own, and its task fails with `States.TaskFailed`.
 *
 * `signal` aborts when the attempt is over before the call is: its timeout came, or its execution ended. Whatever is
 * answered after that changes nothing. `watch` is shown what an HTTP task sends and gets, where somebody wants to look on.
 */
export type TaskHandler = (call: TaskCall, signal: AbortSignal, watch?: HttpWatch) => Promise<TaskResult>;

/** With the job, where the call has submitted one that a `.sync` task waits for. */
export type TaskResult = { readonly output: Json; readonly job?: Job } | TaskFailure;

export interface TaskFailure {
  readonly error: string;
  readonly cause: string;
}

export type HttpWatch = (exchange: HttpTaskExchange) => void;

/** One request of an HTTP task, as it went out, and without what its connection added, which is secret. */
export interface HttpTaskExchange {
  readonly request: HttpTaskRequest;
  readonly requestWithoutSecrets: HttpTaskRequest;
  /** Absent where none came. */
  readonly response?: HttpTaskResponse;
}

export interface HttpTaskRequest {
  /** `https` */
  readonly protocol: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpTaskResponse {
  readonly protocol: string;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}
