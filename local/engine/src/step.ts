import {
  chanceFrom,
  formatTimestamp,
  queryRulesOf,
  workDone,
  type Chance,
  type ContextObject,
  type EvaluationAnswer,
  type EvaluationRequest,
  type Failure,
  type Json,
  type Leaving,
  type QueryRules,
  type State,
  type StateScope,
  type StateMachineDefinition,
} from '../../asl/src/index.ts';
import { isExpressArn } from './arn.ts';
import type { Effect } from './effect.ts';
import { effectOf, graphOf, type Ending, type Execution, type Frame } from './execution.ts';
import { detailsMember, type HistoryEvent } from './history-event.ts';
import { heldLength } from './position.ts';
import type { Signal } from './signal.ts';

/** What the transition of one execution is worked out with. */
export interface Program {
  readonly definition: StateMachineDefinition;
  /** The token of the attempt that this effect is. A function of its argument alone. */
  readonly mintTaskToken: (effectId: number) => string;
  /** What is wrong with a call's parameters, before it is made; `undefined` where nothing is. A function of its arguments alone. */
  readonly parameterFault: (resource: string, parameters: Json) => string | undefined;
  /** Whether workers can ask for tasks of this activity. The same answer throughout a transition. */
  readonly activityExists: (activityArn: string) => boolean;
  /** Knows the answer to these expressions, or throws what stops the transition until it is known; it is then worked out anew. */
  readonly evaluate: (request: EvaluationRequest) => EvaluationAnswer;
}

/** What a state's scope holds beside the frame's own: the token of the attempt, the item of the iteration that begins. */
interface ScopeExtra {
  readonly token?: () => string;
  readonly item?: Item;
}
interface Item {
  readonly Index: number;
  readonly Value: Json;
}

/** What a transition answers with. */
export interface Outcome {
  readonly execution: Execution;
  readonly events: readonly HistoryEvent[];
  /** Opened, or moved to another due time. */
  readonly effects: readonly Effect[];
  /** No longer open. */
  readonly closed: readonly number[];
}

/** A frame while a step moves it. */
export type MovingFrame = { -readonly [Member in keyof Frame]: Frame[Member] };

/** What a state, once entered or answered, wants of its frame. */
export type Move =
  | { readonly to: 'rest' }
  | ({ readonly to: 'leave'; readonly next?: string | undefined } & Leaving)
  | { readonly to: 'fail'; readonly failure: Failure };

/** The workspace of one transition: copies of what it may move, and the events and effects it brings forth. */
export class Step {
  readonly program: Program;
  readonly signal: Signal;
  readonly events: HistoryEvent[] = [];
  /** Parents before children. */
  readonly frames: Map<number, MovingFrame>;
  /** Frames that are to enter their state in this step. */
  readonly ready: MovingFrame[] = [];
  readonly #execution: Execution;
  readonly #effects = new Map<number, Effect>();
  readonly #closed = new Set<number>();
  /** Lists that nobody but this step knows. */
  #copied = new WeakSet<readonly Json[]>();
  #lastEventId: number;
  #lastEffectId: number;
  #lastFrameId: number;
  #evaluations = 0;
  #work = 0;
  readonly #workBefore = workDone();
  #unfinished: Frame[] | undefined;
  #ended: (Pick<Execution, 'status' | 'unfinished'> & { readonly ending: Ending }) | undefined;
  #chance: Chance | undefined;

  constructor(program: Program, execution: Execution, signal: Signal) {
    this.program = program;
    this.signal = signal;
    this.#execution = execution;
    this.#lastEventId = execution.lastEventId;
    this.#lastEffectId = execution.lastEffectId;
    this.#lastFrameId = execution.lastFrameId;
    this.frames = new Map(execution.frames.map((frame) => [frame.frameId, { ...frame }]));
  }

  get execution(): Execution {
    return this.#execution;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  get lastEventId(): number {
    return this.#lastEventId;
  }

  /** The frame whose activity this effect is, if it is still open. */
  frameOf(effectId: number): MovingFrame | undefined {
    for (const frame of this.frames.values()) if (effectOf(frame) === effectId) return frame;
    return undefined;
  }

  stateOf(frame: Frame): State;
  /** The same, where the frame's activity leaves no doubt of its type. */
  stateOf<Type extends State['Type']>(frame: Frame, type: Type): Extract<State, { Type: Type }>;
  stateOf(frame: Frame, type?: State['Type']): State {
    const state = graphOf(this.program.definition, this.frames, frame).States[frame.state];
    if (state === undefined) throw new Error(`no state "${frame.state}" in the graph of frame ${frame.frameId}`);
    if (type !== undefined && state.Type !== type)
      throw new Error(`"${frame.state}" is a ${state.Type} and no ${type}`);
    return state;
  }

  /** The way from the definition to the frame's state: names of states, with the places of branches between them. */
  pathOf(frame: Frame): (string | number)[] {
    const parent = frame.parentId === null ? undefined : this.frames.get(frame.parentId);
    return parent === undefined ? [frame.state] : [...this.pathOf(parent), frame.index, frame.state];
  }

  language(state: State): QueryRules {
    return queryRulesOf(this.program.definition, state);
  }

  /** Appends an event that follows the frame's last one; `null` for what happens to the execution as a whole. */
  record(frame: MovingFrame | null, type: string, details?: object): number {
    const id = ++this.#lastEventId;
    const event = { id, previousEventId: frame?.previousEventId ?? 0, timestamp: this.signal.at / 1000, type };
    this.events.push(details === undefined ? event : { ...event, [detailsMember(type)]: details });
    if (details !== undefined) this.#work += lengthOf(details);
    if (frame !== null) frame.previousEventId = id;
    return id;
  }

  /** Appends an event beside the frame's way: what comes next follows the event before it. */
  recordBeside(frame: MovingFrame, type: string, details?: object): number {
    const { previousEventId } = frame;
    const id = this.record(frame, type, details);
    frame.previousEventId = previousEventId;
    return id;
  }

  /** The same for what happens to an execution that had ended. */
  recordAfter(previousEventId: number, type: string, details: object): number {
    const id = this.record(null, type, details);
    this.events.push(...this.events.splice(-1).map((event) => ({ ...event, previousEventId })));
    return id;
  }

  /** Opens the frame of the execution itself, which enters the first state. */
  openRoot(): MovingFrame {
    const root: MovingFrame = {
      frameId: 0,
      parentId: null,
      index: 0,
      state: this.program.definition.StartAt,
      input: this.#execution.input,
      enteredAtMs: 0,
      enteredEventId: 0,
      // The service numbers the first state's entry as if nothing had come before it.
      previousEventId: 0,
      retries: [],
      variables: {},
      activity: { kind: 'entering', effectId: 0 },
    };
    this.frames.set(root.frameId, root);
    return root;
  }

  /** A graph has failed, and the state that it belongs to is about to: a redrive would continue from what is there now. */
  graphFails(): void {
    this.#unfinished ??= this.#snapshot();
  }

  /** Somebody retries or catches the failure, so there is nothing to continue from it. */
  failureIsHandled(): void {
    this.#unfinished = undefined;
  }

  /** One that has no frame yet, or meets a fault while it is redriven, has what it had before. */
  #whereItStood(): readonly Frame[] | undefined {
    return this.#unfinished ?? (this.frames.size === 0 ? this.#execution.unfinished : this.#snapshot());
  }

  #snapshot(): Frame[] {
    this.#copied = new WeakSet();
    this.costs(this.frames.size * FRAME_COST);
    return [...this.frames.values()].map((frame) => ({ ...frame }));
  }

  /** The results of a state's branches or iterations with one more; null stands for those before it that have none yet. */
  withResult(results: readonly Json[], index: number, result: Json): readonly Json[] {
    // There may be a hundred thousand items, so they are copied once in a step and not once a result.
    const own = this.#copied.has(results) ? (results as Json[]) : [...results];
    this.#copied.add(own);
    while (own.length < index) own.push(null);
    own[index] = result;
    return own;
  }

  /** Opens a branch or an iteration of the parent's state; it enters its first state in this step. */
  openChild(parent: MovingFrame, index: number, startAt: string, input: Json, previousEventId: number): void {
    const frame: MovingFrame = {
      frameId: ++this.#lastFrameId,
      parentId: parent.frameId,
      index,
      state: startAt,
      input,
      enteredAtMs: 0,
      enteredEventId: 0,
      previousEventId,
      retries: [],
      variables: parent.variables,
      activity: { kind: 'entering', effectId: 0 },
    };
    this.frames.set(frame.frameId, frame);
    this.ready.push(frame);
  }

  /** The frames below this one, the deepest last. */
  descendantsOf(ancestor: MovingFrame): MovingFrame[] {
    const found = new Set([ancestor.frameId]);
    this.costs(this.frames.size * FRAME_COST);
    const descendants = [...this.frames.values()].filter((frame) => {
      if (frame.parentId === null || !found.has(frame.parentId)) return false;
      found.add(frame.frameId);
      return true;
    });
    return descendants;
  }

  newEffectId(): number {
    return ++this.#lastEffectId;
  }

  /** Opens an effect or moves its due time. Nothing outlives the execution's own time, so no effect is due after it. */
  open(effect: Effect): void {
    this.#effects.set(effect.effectId, { ...effect, dueAtMs: Math.min(effect.dueAtMs, this.#execution.deadlineMs) });
  }

  isClosed(effectId: number): boolean {
    return this.#closed.has(effectId);
  }

  close(effectId: number): void {
    // What was opened in this very step has no row yet.
    if (this.#effects.delete(effectId) && effectId > this.#execution.lastEffectId) return;
    this.#closed.add(effectId);
  }

  /** Ends the execution and all that is still open in it. */
  end(status: Execution['status'], ending: Omit<Ending, 'atMs'>): void {
    this.#effects.clear();
    for (const frame of this.#execution.frames) {
      const effectId = effectOf(frame);
      if (effectId !== undefined) this.#closed.add(effectId);
    }
    const unfinished = status === 'SUCCEEDED' ? undefined : this.#whereItStood();
    this.frames.clear();
    this.ready.length = 0;
    this.#ended = {
      status,
      ending: { ...ending, atMs: this.signal.at },
      ...(unfinished !== undefined && { unfinished }),
    };
  }

  get chance(): Chance {
    return (this.#chance ??= chanceFrom(this.signal.entropy));
  }

  /** What paths, templates and expressions of the frame's state can see. Most states look at none of it, and at their context least. */
  scope(frame: Frame, extra: ScopeExtra = {}): StateScope {
    const contextOf = (): ContextObject => this.#context(frame, extra);
    const chanceOf = (): Chance => this.chance;
    let context: ContextObject | undefined;
    return {
      get context() {
        return (context ??= contextOf());
      },
      get chance() {
        return chanceOf();
      },
      variables: frame.variables,
      at: this.signal.at,
      evaluate: (request) => this.#evaluate(request),
    };
  }

  #evaluate(request: EvaluationRequest): EvaluationAnswer {
    this.#evaluations++;
    return this.program.evaluate(request);
  }

  /** Counts work that its events do not show, as so many characters to be written. */
  costs(characters: number): void {
    this.#work += characters;
  }

  /** A step that would ask for ever more starts anew from what it has. */
  get needsBreath(): boolean {
    return (
      this.events.length >= EVENTS_PER_STEP_MAX ||
      this.#evaluations >= EVALUATIONS_PER_STEP_MAX ||
      this.#work + workDone() - this.#workBefore >= WORK_PER_STEP_MAX
    );
  }

  /** Only what is asked for is made. What it shows is the frame as it is now. */
  #context(frame: Frame, { token, item: ownItem }: ScopeExtra): ContextObject {
    const execution = this.#execution;
    const { state: Name, enteredAtMs, retries } = frame;
    const state = this.stateOf(frame);
    // Only states that can be retried count their retries.
    const countsRetries = 'Retry' in state || state.Type === 'Task';
    const item = ownItem ?? this.#itemOf(frame);
    const redrivenAt = execution.redrives?.at(-1)?.at;
    const isExpress = isExpressArn(execution.executionArn);
    const context: ContextObject = {
      get Execution() {
        return {
          Id: execution.executionArn,
          Input: execution.input,
          StartTime: formatTimestamp(execution.startedAtMs),
          Name: execution.name,
          RoleArn: execution.roleArn,
          ...(!isExpress && { RedriveCount: execution.redriveCount }),
          ...(!isExpress && redrivenAt !== undefined && { RedriveTime: formatTimestamp(redrivenAt) }),
        };
      },
      get StateMachine() {
        return { Id: execution.stateMachineArn, Name: execution.stateMachineName };
      },
      get State() {
        const entered = { Name, EnteredTime: formatTimestamp(enteredAtMs) };
        return countsRetries ? { ...entered, RetryCount: retries.reduce((sum, count) => sum + count, 0) } : entered;
      },
    };
    if (item !== undefined) Object.defineProperty(context, 'Map', { enumerable: true, value: { Item: item } });
    if (token !== undefined)
      Object.defineProperty(context, 'Task', { enumerable: true, get: () => ({ Token: token() }) });
    return context;
  }

  /** The item of the innermost iteration that the frame is part of. */
  #itemOf(frame: Frame): Item | undefined {
    for (let inner = frame; inner.parentId !== null;) {
      const outer = this.frames.get(inner.parentId);
      if (outer === undefined) return undefined;
      if (outer.activity.kind === 'iterations')
        return { Index: inner.index, Value: outer.activity.items[inner.index] ?? null };
      inner = outer;
    }
    return undefined;
  }

  outcome(): Outcome {
    if (this.#lastEventId > HISTORY_EVENTS_MAX && this.#lastEventId > this.#eventsMax) this.#failByFullHistory();
    else if (this.#mayHoldTooMuch && heldLength([...this.frames.values()]) > HELD_LENGTH_MAX) this.#failByData();
    const { frames: _frames, ...rest } = this.#execution;
    const execution: Execution = {
      ...rest,
      lastEventId: this.#lastEventId,
      lastEffectId: this.#lastEffectId,
      lastFrameId: this.#lastFrameId,
      frames: [...this.frames.values()],
      ...this.#ended,
    };
    return { execution, events: this.events, effects: [...this.#effects.values()], closed: [...this.#closed] };
  }

  /** A frame alone holds an input and its variables, which have limits of their own; of thousands, each step adds only so much. */
  get #mayHoldTooMuch(): boolean {
    const { lastEventId } = this.#execution;
    const isTime = Math.floor(lastEventId / EVENTS_PER_LOOK) !== Math.floor(this.#lastEventId / EVENTS_PER_LOOK);
    return this.frames.size > 1 && (isTime || this.#work >= WORK_PER_LOOK);
  }

  get #eventsMax(): number {
    return isExpressArn(this.#execution.executionArn) ? EXPRESS_EVENTS_MAX : HISTORY_EVENTS_MAX;
  }

  /** The last event that fits says that the execution failed; what would have come after it did not happen. */
  #failByFullHistory(): void {
    const most = this.#eventsMax;
    while (this.#lastEventId >= most) {
      this.events.pop();
      this.#lastEventId--;
    }
    const failure = {
      error: 'States.Runtime',
      cause: `The execution reached the maximum number of history events (${most}).`,
    };
    this.record(null, 'ExecutionFailed', failure);
    this.end('FAILED', failure);
  }

  /** There is too much of it to be kept for a redrive as well: that begins at the first state. */
  #failByData(): void {
    const failure = {
      error: 'States.DataLimitExceeded',
      cause: `The states that are open at the same time hold more than ${HELD_LENGTH_MAX} characters of data.`,
    };
    this.record(null, 'ExecutionFailed', failure);
    this.#unfinished = [];
    this.end('FAILED', failure);
  }
}

/** The texts in an event's details; those of variables are one level deeper. */
function lengthOf(details: object): number {
  let length = 0;
  for (const value of Object.values(details) as unknown[]) {
    if (typeof value === 'string') length += value.length;
    else if (typeof value === 'object' && value !== null) length += lengthOf(value);
  }
  return length;
}

/**
 * After this many events a step takes a breath: the rest of the run is an effect that is due at once, so that a definition
 * that goes in circles shares the thread with all other executions.
 */
const EVENTS_PER_STEP_MAX = 400;
/** Each answer that is waited for works the step out once more, so a step asks for few. */
const EVALUATIONS_PER_STEP_MAX = 6;

/** So many characters of events and the like are worked out and written without disturbing anybody. */
const WORK_PER_STEP_MAX = 2_097_152;
/** To copy or look through a frame takes as long as it takes to write some characters. */
const FRAME_COST = 50;
/**
 * A limit of ours: what the open states of an execution hold is written whenever one of them moves. Step Functions bounds inputs and
 * variables one by one, and says nothing of thousands of branches that each hold as much as they may.
 */
const HELD_LENGTH_MAX = 33_554_432;
/** It is looked at after so many events, or a step that brings so much at once. */
const EVENTS_PER_LOOK = 1_024;
const WORK_PER_LOOK = 65_536;

/** The history of a Standard execution holds this many events and no more. Step Functions quotas, "Maximum execution history size". */
export const HISTORY_EVENTS_MAX = 25_000;
/**
 * Step Functions sets an Express execution no limit of events, only five minutes. This one is ours: with each event an effect may come,
 * and the store keeps the effects of an execution apart by 20 bits.
 */
export const EXPRESS_EVENTS_MAX = 1_000_000;
