import type { Json, JsonObject, StateGraph, StateMachineDefinition } from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';
import type { ExecutionProgress } from './execution-store.ts';

/** An execution between two signals: all that the next transition needs, as plain data that is saved at each commit. */
export interface Execution {
  readonly executionArn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  readonly input: Json;
  readonly startedAtMs: number;
  /** The end of the execution's own time: `TimeoutSeconds` of the definition, or a year. */
  readonly deadlineMs: number;
  readonly redriveCount: number;
  readonly status: ExecutionStatus;
  readonly lastEventId: number;
  readonly lastEffectId: number;
  /** Where it stands: one frame for each state that is being worked on, parents before children. Empty once it has ended. */
  readonly frames: readonly Frame[];
  readonly ending?: Ending;
}

/** How it ended. */
export interface Ending {
  readonly atMs: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** One position in a graph of states. */
export interface Frame {
  readonly frameId: number;
  /** The frame whose Parallel or Map state this one is a branch or an iteration of. */
  readonly parentId: number | null;
  readonly index: number;
  readonly state: string;
  /** The state's raw input. */
  readonly input: Json;
  readonly enteredAtMs: number;
  readonly enteredEventId: number;
  readonly previousEventId: number;
  /** Retries made since the state was entered, by the place of the retrier in `Retry`. */
  readonly retries: readonly number[];
  readonly variables: JsonObject;
  readonly activity: Activity;
}

/** What a frame is doing between two signals. */
export type Activity =
  /** Not yet entered: the execution takes a breath in a long run of states that need nobody. */
  | { readonly kind: 'entering'; readonly effectId: number }
  | { readonly kind: 'waiting'; readonly effectId: number }
  | { readonly kind: 'pausing before a retry'; readonly effectId: number }
  | TaskActivity;

export interface TaskActivity {
  readonly kind: 'task';
  readonly effectId: number;
  readonly phase: 'calling' | 'awaiting token';
  readonly timeoutAtMs: number;
  readonly heartbeatSeconds: number | null;
  readonly heartbeatAtMs: number | null;
}

/** The graph that a frame stands in. */
export function graphOf(definition: StateMachineDefinition, frame: Frame): StateGraph {
  if (frame.parentId === null) return definition;
  throw new Error(`frame ${frame.frameId} has a parent, and no state in this release opens one`);
}

/** The part of an execution that changes, as the store keeps it. */
export function progressOf(execution: Execution): ExecutionProgress {
  const { ending } = execution;
  return {
    status: execution.status,
    stoppedAtMs: ending?.atMs ?? null,
    output: ending?.output ?? null,
    error: ending?.error ?? null,
    cause: ending?.cause ?? null,
    lastEventId: execution.lastEventId,
    lastEffectId: execution.lastEffectId,
    redriveCount: execution.redriveCount,
    frames: ending === undefined ? JSON.stringify(execution.frames) : null,
  };
}

/** Reads back what {@link progressOf} wrote. */
export function parseFrames(text: string | null): readonly Frame[] {
  return text === null ? [] : (JSON.parse(text) as readonly Frame[]);
}
