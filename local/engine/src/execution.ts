import type {
  ItemProcessor,
  Json,
  JsonObject,
  MapState,
  StateGraph,
  StateMachineDefinition,
} from '../../asl/src/index.ts';
import type { ExecutionStatus } from './api.ts';
import type { ExecutionProgress } from './execution-store.ts';
import { positionText } from './position.ts';

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
  readonly lastFrameId: number;
  /** Where it stands: one frame for each state that is being worked on, parents before children. Empty once it has ended. */
  readonly frames: readonly Frame[];
  readonly ending?: Ending;
  /** Of one that has ended and did not succeed: where it stood, for a redrive to continue from. */
  readonly unfinished?: readonly Frame[];
  /** The latest last. */
  readonly redrives?: readonly Redrive[];
}

export interface Redrive {
  readonly at: number;
  readonly clientToken?: string;
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
  | TaskActivity
  | BranchesActivity
  | IterationsActivity
  | MapRunActivity;

export interface TaskActivity {
  readonly kind: 'task';
  readonly effectId: number;
  readonly phase: 'calling' | 'offered' | 'awaiting end' | 'awaiting job';
  readonly timeoutAtMs: number;
  readonly heartbeatSeconds: number | null;
  readonly heartbeatAtMs: number | null;
}

/** A Parallel state is busy with its branches, each of which is a frame of its own. */
export interface BranchesActivity {
  readonly kind: 'branches';
  /** By branch, as far as the last that has ended; null for those before it that have not. */
  readonly results: readonly Json[];
  readonly open: number;
}

/** A Map state is busy with its iterations, so many at a time. */
export interface IterationsActivity {
  readonly kind: 'iterations';
  readonly items: readonly Json[];
  /** By iteration, as far as the last that has ended; null for those before it that have not. */
  readonly results: readonly Json[];
  /** The first iteration that has not begun. */
  readonly next: number;
  readonly open: number;
  readonly concurrency: number;
}

/** A distributed Map is a run of its own, outside of this execution. */
export interface MapRunActivity {
  readonly kind: 'map run';
  readonly effectId: number;
  readonly startedEventId: number;
  readonly mapRunArn: string;
  readonly redriveCount: number;
}

/** The effect that the frame waits for; none where it waits for frames of its own. */
export function effectOf({ activity }: Frame): number | undefined {
  return 'effectId' in activity ? activity.effectId : undefined;
}

/** Whether the frame goes on by itself, as soon as others have had their turn. */
export function isBreathing(activity: Activity): boolean {
  return activity.kind === 'entering' && activity.effectId > 0;
}

/** The graph that a frame stands in: that of the definition, of a branch of its parent's Parallel state, or of its Map's ItemProcessor. */
export function graphOf(
  definition: StateMachineDefinition,
  frames: ReadonlyMap<number, Frame>,
  frame: Frame,
): StateGraph {
  if (frame.parentId === null) return definition;
  const parent = frames.get(frame.parentId);
  const state = parent && graphOf(definition, frames, parent).States[parent.state];
  const graph =
    state?.Type === 'Parallel'
      ? state.Branches[frame.index]
      : state?.Type === 'Map'
        ? itemProcessorOf(state)
        : undefined;
  if (graph === undefined)
    throw new Error(`frame ${frame.frameId} stands in a graph that the definition does not have`);
  return graph;
}

export function itemProcessorOf(state: MapState): ItemProcessor {
  const processor = state.ItemProcessor ?? state.Iterator;
  if (processor === undefined) throw new Error('a Map state without an ItemProcessor was accepted');
  return processor;
}

/** What the children of a Map Run execute: the processor of its Map state as a definition of its own, and as which kind of execution. */
export function itemProcessorAt(
  definition: StateMachineDefinition,
  path: readonly (string | number)[],
): { readonly definition: StateMachineDefinition; readonly isExpress: boolean } {
  const { QueryLanguage } = definition;
  let graph: ItemProcessor = definition;
  for (const [place, step] of path.entries()) {
    if (typeof step === 'number') continue;
    const state = graph.States[step];
    const branch = path[place + 1];
    if (state?.Type === 'Map') graph = itemProcessorOf(state);
    else if (state?.Type === 'Parallel' && typeof branch === 'number') graph = state.Branches[branch] ?? graph;
    else throw new Error(`the definition has no Map at ${path.join('/')}`);
  }
  return {
    definition: {
      StartAt: graph.StartAt,
      States: graph.States,
      ...(QueryLanguage !== undefined && { QueryLanguage }),
    },
    isExpress: graph.ProcessorConfig?.ExecutionType === 'EXPRESS',
  };
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
    position: positionOf(execution),
  };
}

/** Nothing is kept of an execution that succeeded and was never redriven. */
function positionOf(execution: Execution): string | null {
  return execution.status === 'SUCCEEDED' && execution.redrives === undefined ? null : positionText(execution);
}
