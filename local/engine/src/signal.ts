import type { Entropy, Json, JsonObject } from '../../asl/src/index.ts';
import type { Job } from './job-io.ts';

/**
 * What comes in to an execution. It carries the time and the chance that the transition needs, and names the effect it
 * answers: a signal for an effect that is no longer open changes nothing, which is how a late, doubled or early answer is harmless.
 */
export type Signal = Stamp & SignalBody;

export interface Stamp {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly entropy: Entropy;
}

export type SignalBody =
  /** With the ARNs of the version and the alias that it was started by. */
  | {
      readonly type: 'ExecutionStarted';
      readonly stateMachineVersionArn?: string;
      readonly stateMachineAliasArn?: string;
    }
  /** The call returned. A task that waits for its token, or for the job that it submitted, goes on waiting. */
  | { readonly type: 'CallReturned'; readonly effectId: number; readonly output: Json; readonly job?: Job }
  /** The call failed, or the worker said that the task did. */
  | { readonly type: 'TaskFailed'; readonly effectId: number; readonly error?: string; readonly cause?: string }
  /** The worker returned the token. */
  | { readonly type: 'TaskSucceeded'; readonly effectId: number; readonly output: Json }
  /** The execution that the task started has ended; `description` is what DescribeExecution says of it. */
  | { readonly type: 'ExecutionEnded'; readonly effectId: number; readonly description: JsonObject }
  /** The run of a distributed Map has ended, with the list of its results or with its failure. */
  | { readonly type: 'MapRunSucceeded'; readonly effectId: number; readonly results: Json }
  | { readonly type: 'MapRunFailed'; readonly effectId: number; readonly error: string; readonly cause: string }
  /** A worker has taken the activity's task. */
  | { readonly type: 'WorkerFound'; readonly effectId: number; readonly workerName?: string }
  | { readonly type: 'TaskHeartbeat'; readonly effectId: number }
  /** The due time of an effect has come. */
  | { readonly type: 'EffectDue'; readonly effectId: number }
  /** The process that performed this call is gone, and nobody knows how far the call came. */
  | { readonly type: 'AttemptLost'; readonly effectId: number }
  /** Continue what did not succeed; the execution's own time begins anew, and ends at `deadlineMs`. */
  | { readonly type: 'RedriveExecution'; readonly deadlineMs: number; readonly clientToken?: string }
  | { readonly type: 'StopExecution'; readonly error?: string; readonly cause?: string };
