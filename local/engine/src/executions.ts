import { setTimeout as sleep } from 'node:timers/promises';
import { jsonText, type Json } from '../../asl/src/index.ts';
import type { ExecutionTimer, WaitingTask } from './api.ts';
import { expressName } from './arn.ts';
import type { Clock } from './clock.ts';
import { Dispatcher, type HeldCall } from './dispatcher.ts';
import type { Effect, TaskCall } from './effect.ts';
import type { EntropySource } from './entropy.ts';
import { ServiceUnavailable } from './errors.ts';
import { eventsText } from './event-text.ts';
import { Evaluations, NeedsEvaluation, type Evaluator } from './evaluations.ts';
import type { ExecutionStore, OpenEffect, StoredExecution } from './execution-store.ts';
import { isBreathing, progressOf, type Execution } from './execution.ts';
import { GroupCommit } from './group-commit.ts';
import { endedExecution } from './integrations/start-execution.ts';
import type { JobIo } from './job-io.ts';
import { Jobs } from './jobs.ts';
import { logEvents, type EngineLog } from './log-events.ts';
import type { MapIo } from './map-io.ts';
import type { MapRunSettings, StoredMapRun } from './map-run-store.ts';
import { MapRuns } from './map-runs.ts';
import { OfferBell } from './offer-bell.ts';
import type { Pace } from './pace.ts';
import { whyNotRedrivable } from './redrive.ts';
import { deadlineOf, type Current, type Ground, type StoredExecutions } from './stored-executions.ts';
import type { Signal, SignalBody, Stamp } from './signal.ts';
import type { Outcome, Program } from './step.ts';
import type { TaskHandler } from './task-handler.ts';
import { mintTaskId, mintTaskToken } from './task-token.ts';
import { timerOf } from './timer.ts';
import { failByFault, mapItemInput, transition } from './transition.ts';
import { waitingTasksOf } from './waiting-task.ts';

/** So many effects that are due fire in one commit. */
const DUE_PER_COMMIT_MAX = 256;
/** A call that has not returned so long after we were asked to stop is left behind. */
const DRAIN_MS_MAX = 5_000;
/** An expression that is evaluated for a timer is answered long before; if it never is, the timer fires again. */
const EVALUATION_MS_MAX = 30_000;
/** An execution that cannot be read is asked for again so much later. */
const SET_ASIDE_MS = 3_600_000;
/** Where the store cannot be read it is looked at again so much later. */
const UNREADABLE_MS = 60_000;
/** What must be delivered is tried again so much later while the disk takes nothing. */
const REDELIVERY_MS = 250;

export interface ExecutionsOptions {
  readonly store: ExecutionStore;
  readonly stored: StoredExecutions;
  readonly taskHandler: TaskHandler;
  readonly parameterFault: Program['parameterFault'];
  readonly activityExists: Program['activityExists'];
  readonly evaluator: Evaluator;
  readonly mapIo: MapIo;
  readonly jobIo: JobIo;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly entropy: EntropySource;
  readonly log: EngineLog;
  /** Within a transaction: the last step of an execution of this state machine. */
  readonly onEnd: (stateMachineId: number) => void;
  /** A transaction did not come to be; what was read in it is not so. */
  readonly onRollback: () => void;
  /** After a commit that moved an execution, however little. */
  readonly onMoved: () => void;
}

interface Watcher {
  resolve(execution: Execution): void;
  reject(error: ServiceUnavailable): void;
}

/** What a new execution is made of. */
export type NewExecution = Pick<
  StoredExecution,
  'stateMachineId' | 'revisionId' | 'version' | 'alias' | 'name' | 'input' | 'traceHeader'
>;

/**
 * The durable executions: each signal is one transition and one transaction, in which its events are appended, finished effects go and
 * new ones come. Nobody is answered, and no effect performed, before that is on disk. After a crash it starts reading; there is
 * no other path.
 */
export class Executions {
  readonly #store: ExecutionStore;
  readonly #stored: StoredExecutions;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #entropy: EntropySource;
  readonly #evaluator: Evaluator;
  readonly #log: EngineLog;
  readonly #parameterFault: Program['parameterFault'];
  readonly #activityExists: Program['activityExists'];
  readonly #onEnd: ExecutionsOptions['onEnd'];
  readonly #onRollback: ExecutionsOptions['onRollback'];
  readonly #onMoved: ExecutionsOptions['onMoved'];
  readonly #commits: GroupCommit;
  readonly #dispatcher: Dispatcher;
  readonly #mapRuns: MapRuns;
  readonly #jobs: Jobs;
  readonly #offers = new OfferBell();
  /** Executions that a call is being made for or that take a breath, to spare reading them again. One that waits is in the store alone. */
  readonly #busy = new Map<number, Current>();
  /** While much is due at once, those that the last transaction moved: what is due next is likely theirs as well. */
  #recent = new Map<number, Current>();
  /** What the running transaction has read and made of them, and brought forth. */
  #staged = new Map<number, Current>();
  #outcomes: { readonly executionId: number; readonly outcome: Outcome; readonly stateBefore: string | undefined }[] =
    [];
  /** Of these, the ones that are to be written when the transaction ends: an execution may take many signals in one. */
  readonly #moved = new Set<number>();
  readonly #delivering = new Set<Promise<void>>();
  /** Those who wait here for the end of an execution; where the process dies, they learn that from their connection. */
  readonly #watchers = new Map<number, Watcher>();
  #lastExecutionId: number;
  #closing = false;
  #isClosed = false;
  /** Effects that are due are being brought to their executions. */
  #firing = false;

  constructor(options: ExecutionsOptions) {
    this.#store = options.store;
    this.#stored = options.stored;
    this.#clock = options.clock;
    this.#pace = options.pace;
    this.#entropy = options.entropy;
    this.#evaluator = options.evaluator;
    this.#log = options.log;
    this.#parameterFault = options.parameterFault;
    this.#activityExists = options.activityExists;
    this.#onEnd = options.onEnd;
    this.#onRollback = options.onRollback;
    this.#onMoved = options.onMoved;
    this.#commits = new GroupCommit(options.store, options.pace, {
      beforeCommit: () => this.#saveMoved(),
      afterCommit: (committed) => this.#afterCommit(committed),
    });
    this.#dispatcher = new Dispatcher(options.taskHandler, (executionId, signal) => this.#deliver(executionId, signal));
    this.#mapRuns = new MapRuns(options.store.mapRuns, options.mapIo, {
      log: options.log,
      isClosing: () => this.#closing,
      now: () => this.#clock.now(),
      pause: (ms) => this.#pace.pause(ms, { ref: false }),
      transact: (work) => this.commit(work),
      signal: (executionId, body, evaluations) => {
        const name = `${body.type} of ${executionId}`;
        void this.apply(executionId, { ...body, ...this.#stampOnce(name, evaluations) }, evaluations);
      },
      itemInput: (run, index, item, evaluations) => this.#itemInput(run, index, item, evaluations),
      startChild: (run, input, evaluations) => this.#startChild(run, input, evaluations),
      redriveChild: (executionId, evaluations) => this.#redriveChild(executionId, evaluations),
      runningChildren: (run) => this.#runningChildren(run),
      statusOf: (executionId) => this.#stored.get(executionId).status,
      resultOf: (executionId) => this.#stored.resultOf(executionId),
    });
    this.#jobs = new Jobs(options.store.jobs, options.jobIo, {
      now: () => this.#clock.now(),
      transact: (work) => this.commit(work),
      signal: (executionId, body, evaluations) => void this.apply(executionId, this.stamp(body), evaluations),
      sleep: () => this.#sleep(),
    });
    this.#lastExecutionId = options.store.lastExecutionId();
  }

  /** Reads what must be done and does it. */
  goOn(): void {
    for (const { executionId, effectId } of this.#store.effectsInFlight(Number.MAX_SAFE_INTEGER)) {
      this.#takeUp(executionId, effectId);
    }
    const handedOver = this.#store.transact(() => this.#store.takeOver());
    for (const { executionId, effectId, call } of handedOver) {
      this.#dispatcher.perform(executionId, { effectId, call: JSON.parse(call) as TaskCall });
    }
    for (const executionId of this.#store.endedAndAwaited()) this.#tellWaiting(executionId);
    this.#mapRuns.goOn();
    this.#sleep();
  }

  /** What was in flight when the last process ended: a call is lost; a timer whose end was being worked out is due again. */
  #takeUp(executionId: number, effectId: number): void {
    const lost = { type: 'AttemptLost', effectId } as const;
    const due = { type: 'EffectDue', effectId } as const;
    void this.#insist(
      (evaluations) => {
        const stamp = this.#stampOnce('take up', evaluations);
        void (
          this.apply(executionId, { ...lost, ...stamp }, evaluations) ??
          this.apply(executionId, { ...due, ...stamp }, evaluations)
        );
      },
      (fault) => this.#endByFault(executionId, this.stamp(lost), fault),
    );
  }

  now(): number {
    return this.#clock.now();
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** Nothing is being called, written or fired: only the clock, or a request, makes anything happen. */
  get isResting(): boolean {
    const isIdle = this.#dispatcher.isIdle && this.#commits.isIdle && this.#delivering.size === 0 && !this.#firing;
    const due = Math.min(this.#store.nextDueAtMs() ?? Infinity, this.#jobs.nextAskAtMs() ?? Infinity);
    return isIdle && this.#jobs.isIdle && due > this.#clock.now();
  }

  /** The first due first. */
  timers(limit: number, untilMs = Infinity): ExecutionTimer[] {
    const effects = this.#store.nextEffects(limit).filter(({ dueAtMs }) => dueAtMs <= untilMs);
    return effects.flatMap(({ executionId, effectId, dueAtMs }) => {
      const current = this.#stored.load(executionId);
      return current === undefined ? [] : (timerOf(current.execution, effectId, dueAtMs) ?? []);
    });
  }

  /** What waits at these effects; those where nothing does any more, or that cannot be read, are left out. */
  waitingTasks(waits: readonly OpenEffect[]): WaitingTask[] {
    const byExecution = Map.groupBy(waits, ({ executionId }) => executionId);
    return [...byExecution].flatMap(([executionId, open]) => {
      const current = this.#loadIfSound(executionId);
      if (current === undefined) return [];
      const effectIds = new Set(open.map(({ effectId }) => effectId));
      return waitingTasksOf(current.ground.definition, current.execution, effectIds).map(({ effectId, ...task }) => ({
        taskId: mintTaskId(this.#store.tokenKey, { executionId, effectId }),
        ...task,
      }));
    });
  }

  /** Runs the work in a transaction; where it asks for an expression, that is evaluated outside of any, and the work runs anew. */
  async commit<T>(work: (evaluations: Evaluations) => T): Promise<T> {
    const evaluations = new Evaluations(this.#evaluator);
    for (;;) {
      const result = await this.#commits.run(() => evaluations.attempt(work));
      if (!(result instanceof NeedsEvaluation)) return result;
      await evaluations.answer(result);
    }
  }

  /** A signal carries the time and the chance that its transition needs. */
  stamp<Body extends SignalBody>(body: Body): Body & Stamp {
    return { ...body, at: this.#clock.now(), entropy: this.#entropy() };
  }

  /** Within a transaction: starts an execution. Answers with its id. */
  start(
    made: NewExecution,
    input: Json,
    signal: Signal & { readonly type: 'ExecutionStarted' },
    evaluations: Evaluations,
  ): number {
    const id = ++this.#lastExecutionId;
    const started = { ...made, id, startedAtMs: signal.at };
    const ground = this.#stored.groundOf(started);
    const execution: Execution = {
      ...this.#stored.identity(started, ground),
      input,
      redriveCount: 0,
      status: 'RUNNING',
      lastEventId: 0,
      lastEffectId: 0,
      lastFrameId: 0,
      frames: [],
    };
    const outcome = this.#move(id, { execution, ground }, signal, evaluations);
    if (outcome === undefined) throw new Error('a new execution did not start');
    this.#store.insertExecution({ ...started, ...progressOf(outcome.execution) });
    this.#forgetEndedExpress(id, outcome.execution, ground);
    return id;
  }

  /** Resolves with an execution as it ended. @throws {ServiceUnavailable} if the engine stops before. */
  watch(executionId: number): Promise<Execution> {
    return new Promise((resolve, reject) => this.#watchers.set(executionId, { resolve, reject }));
  }

  /** Within a transaction: moves an execution by one signal. `undefined` where the signal answers nothing that is open. */
  apply(executionId: number, signal: Signal, evaluations: Evaluations): Outcome | undefined {
    const current = this.#current(executionId);
    const outcome = current && this.#move(executionId, current, signal, evaluations);
    if (outcome === undefined || current === undefined) return undefined;
    this.#record(executionId, current, outcome);
    return outcome;
  }

  /** Within a transaction. Its status counts at once, where it stands when the transaction ends. */
  #record(executionId: number, current: Current, outcome: Outcome): void {
    const { status } = outcome.execution;
    if (status === 'RUNNING' && current.execution.status === status) this.#moved.add(executionId);
    else {
      this.#moved.delete(executionId);
      this.#store.updateExecution(executionId, progressOf(outcome.execution));
    }
    if (status !== 'RUNNING') {
      this.#onEnd(current.ground.machineId);
      if (current.ground.path.length > 0) this.#mapRuns.childEnded(executionId, status);
      this.#tellWaiting(executionId);
      this.#forgetEndedExpress(executionId, outcome.execution, current.ground);
    }
  }

  /** At the end of a transaction. */
  #saveMoved(): void {
    for (const executionId of this.#moved) {
      const moved = this.#staged.get(executionId);
      if (moved !== undefined) this.#store.moveExecution(executionId, progressOf(moved.execution));
    }
  }

  /** Within a transaction: nobody can ask for an Express execution that has ended. Its Map Run can, which needs its result. */
  #forgetEndedExpress(executionId: number, { status }: Execution, { isExpress, path }: Ground): void {
    if (isExpress && path.length === 0 && status !== 'RUNNING') this.#store.deleteExecution(executionId);
  }

  /** Within a transaction: continues an execution that did not succeed. `undefined` where there is nothing to continue. */
  redrive(
    stored: StoredExecution,
    at: number,
    clientToken: string | undefined,
    evaluations: Evaluations,
  ): Outcome | undefined {
    const deadlineMs = deadlineOf(this.#stored.groundOf(stored), at);
    const body = { type: 'RedriveExecution', deadlineMs, ...(clientToken !== undefined && { clientToken }) } as const;
    const entropy = evaluations.once(`redrive of ${stored.id}`, () => this.#entropy());
    return this.apply(stored.id, { ...body, at, entropy }, evaluations);
  }

  #stampOnce(name: string, evaluations: Evaluations): Stamp {
    return evaluations.once(name, () => ({ at: this.#clock.now(), entropy: this.#entropy() }));
  }

  /** Within a transaction: a Map Run that is under way goes on by other rules. */
  configureMapRun(run: StoredMapRun, settings: MapRunSettings): void {
    this.#mapRuns.configure(run, settings);
  }

  /** Resolves when a task of the activity may have come, after so long, or when the worker hangs up. */
  nextOffer(activityArn: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#offers.next(activityArn, timeoutMs, signal);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#clock.stop();
    this.#offers.close();
    for (const watcher of this.#watchers.values())
      watcher.reject(new ServiceUnavailable('The engine is stopping, and the execution goes on when it has started.'));
    this.#watchers.clear();
    const [held] = await Promise.all([this.#dispatcher.drain(DRAIN_MS_MAX), this.#jobs.close()]);
    // The answers of the last calls were queued before this, and may have asked for calls of their own.
    await this.#commits.run(() => {});
    await this.#delivered(DRAIN_MS_MAX);
    await this.#commits.run(() => this.#handOver(held));
    this.#isClosed = true;
    this.#store.close();
  }

  /** Brings the outcome of an effect to its execution. Nobody waits for an answer, so it is tried until the disk takes it. */
  #deliver(executionId: number, body: SignalBody): void {
    // By the time at which the disk takes it: other signals may have come meanwhile, and a history goes forward.
    const stamped = (evaluations: Evaluations) => evaluations.once('stamp', () => this.stamp(body));
    void this.#insist(
      (evaluations) => void this.apply(executionId, stamped(evaluations), evaluations),
      (fault) => this.#endByFault(executionId, this.stamp(body), fault),
    );
  }

  /** Waits for what is being delivered, at most so long: an expression may have to be answered first. */
  async #delivered(timeoutMs: number): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs;
    while (this.#delivering.size > 0 && performance.now() < endsAtMs) {
      const patience = sleep(endsAtMs - performance.now(), undefined, { ref: false });
      await Promise.race([Promise.all(this.#delivering), patience]);
    }
  }

  #insist(work: (evaluations: Evaluations) => void, onFault: (fault: unknown) => void | Promise<void>): Promise<void> {
    const delivered = this.#tryOn(work, onFault).finally(() => this.#delivering.delete(delivered));
    this.#delivering.add(delivered);
    return delivered;
  }

  /** Resolves when the work is on disk, or was given up for a fault. */
  async #tryOn(
    work: (evaluations: Evaluations) => void,
    onFault: (fault: unknown) => void | Promise<void>,
  ): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.commit(work);
        return;
      } catch (error) {
        if (!(error instanceof ServiceUnavailable)) return onFault(error);
      }
      await this.#pace.pause(REDELIVERY_MS);
    }
  }

  /** A signal met a fault of ours outside of the transition. It would meet it again, so its execution ends with it. */
  #endByFault(executionId: number, signal: Signal, fault: unknown): Promise<void> {
    const message = this.#logFault({ executionId, signal: signal.type }, fault);
    return this.#insist(
      (evaluations) => {
        const current = this.#current(executionId);
        if (current?.execution.status !== 'RUNNING') return;
        const program = this.#program(executionId, current.ground, evaluations);
        const outcome = failByFault(program, current.execution, signal, message);
        this.#keep(executionId, current, outcome, signal, evaluations);
        this.#record(executionId, current, outcome);
      },
      (again) => this.#setAside(executionId, signal, again),
    );
  }

  /** Not even its end can be written, as where its row is damaged. It stays as it is, and is asked for again much later. */
  #setAside(executionId: number, signal: Signal, fault: unknown): Promise<void> {
    this.#logFault({ executionId, signal: signal.type }, fault);
    if (!('effectId' in signal)) return Promise.resolve();
    const { effectId } = signal;
    return this.#insist(
      () => this.#store.postponeEffect(executionId, effectId, this.#clock.now() + SET_ASIDE_MS),
      (again) => void this.#logFault({ executionId, signal: signal.type }, again),
    );
  }

  #logFault(fields: Readonly<Record<string, unknown>>, fault: unknown): string {
    const message = fault instanceof Error ? fault.message : String(fault);
    this.#log('engine.fault', { ...fields, fault: message });
    return message;
  }

  /** Within a transaction: one signal, one transition; its events are appended, finished effects go, new ones come. */
  #move(executionId: number, current: Current, signal: Signal, evaluations: Evaluations): Outcome | undefined {
    const { execution, ground } = current;
    const outcome = this.#transition(this.#program(executionId, ground, evaluations), execution, signal);
    if (outcome !== undefined) this.#keep(executionId, current, outcome, signal, evaluations);
    return outcome;
  }

  /** Within a transaction. */
  #keep(
    executionId: number,
    { execution, ground }: Current,
    outcome: Outcome,
    signal: Signal,
    evaluations: Evaluations,
  ): void {
    // Nobody can ask for the history of an Express execution.
    if (outcome.events.length > 0 && !ground.isExpress) {
      const ownInput = signal.type === 'ExecutionStarted' ? jsonText(execution.input) : undefined;
      this.#store.appendEvents(executionId, execution.lastEventId + 1, eventsText(outcome.events, ownInput));
    }
    for (const effectId of outcome.closed) this.#store.removeEffect(executionId, effectId);
    if (outcome.closed.length > 0) this.#leave(executionId, execution, outcome.closed, signal, evaluations);
    for (const effect of outcome.effects) this.#save(executionId, ground, effect);
    this.#staged.set(executionId, { execution: outcome.execution, ground });
    this.#outcomes.push({ executionId, outcome, stateBefore: execution.frames[0]?.state });
  }

  /** Within a transaction: what was waited for at these effects outside of the execution is waited for no more. */
  #leave(
    executionId: number,
    { frames }: Execution,
    closed: readonly number[],
    signal: Signal,
    evaluations: Evaluations,
  ): void {
    if (frames.some(({ activity }) => activity.kind === 'map run')) {
      for (const effectId of closed) this.#mapRuns.closed(executionId, effectId, evaluations);
    }
    if (frames.some(({ activity }) => activity.kind === 'task' && activity.phase === 'awaiting job')) {
      for (const effectId of closed) this.#leaveJob(executionId, effectId, signal);
    }
  }

  #program(executionId: number, { definition, machineName }: Ground, evaluations: Evaluations): Program {
    const { tokenKey } = this.#store;
    return {
      definition,
      evaluate: (request) => evaluations.evaluate(request, machineName),
      mintTaskToken: (effectId) => mintTaskToken(tokenKey, { executionId, effectId }),
      parameterFault: this.#parameterFault,
      activityExists: this.#activityExists,
    };
  }

  /** A fault of ours ends the execution that met it, and nobody else's. */
  #transition(program: Program, execution: Execution, signal: Signal): Outcome | undefined {
    try {
      return transition(program, execution, signal);
    } catch (fault) {
      if (fault instanceof NeedsEvaluation) throw fault;
      const message = this.#logFault({ executionArn: execution.executionArn, signal: signal.type }, fault);
      return failByFault(program, execution, signal, message);
    }
  }

  /** An effect is a row with a due time before anybody acts on it. */
  #save(executionId: number, ground: Ground, effect: Effect): void {
    const { type, effectId, dueAtMs } = effect;
    if (type === 'Postpone') {
      this.#store.postponeEffect(executionId, effectId, dueAtMs);
      return;
    }
    if (type === 'AwaitToken' || type === 'OfferToWorkers')
      this.#store.putWait(executionId, effectId, dueAtMs, ground.machineId);
    else this.#store.putEffect(executionId, effectId, dueAtMs, type === 'InvokeTask');
    if (type === 'OfferToWorkers') {
      this.#store.offerToWorkers(executionId, effectId, effect.activityArn, jsonText(effect.input));
    } else if (type === 'AwaitExecution') {
      this.#awaitExecution(executionId, effectId, effect.executionArn);
    } else if (type === 'AwaitJob') {
      this.#jobs.begin(executionId, effectId, effect.job);
    } else if (type === 'RunMap') {
      this.#mapRuns.begin(
        { executionId, revisionId: ground.revisionId, processorPath: [...ground.path, ...effect.path] },
        effect,
      );
    } else if (type === 'RedriveMap') {
      this.#mapRuns.redrive(effect);
    }
  }

  /** A job whose task was answered is nobody's concern any more; if the task is over for another reason, it is cancelled. */
  #leaveJob(executionId: number, effectId: number, signal: Signal): void {
    const isAnswered =
      (signal.type === 'TaskSucceeded' || signal.type === 'TaskFailed') && signal.effectId === effectId;
    if (isAnswered) this.#jobs.ended(executionId, effectId);
    else this.#jobs.abandoned(executionId, effectId);
  }

  #awaitExecution(executionId: number, effectId: number, arn: string): void {
    const awaited = this.#stored.find(arn);
    if (awaited === undefined) throw new Error(`a task started ${arn}, which is not there`);
    this.#store.awaitExecution(executionId, effectId, awaited.id);
    // It may have ended before anybody waited for it.
    if (awaited.status !== 'RUNNING') this.#tellWaiting(awaited.id);
  }

  /** Brings the end of an execution to the tasks that wait for it: that they hear of it and that they are told are one commit. */
  #tellWaiting(executionId: number): void {
    for (const waiting of this.#store.awaiting(executionId)) {
      const tell = (evaluations: Evaluations): void => {
        const stored = this.#store.loadExecution(executionId);
        if (stored === undefined) return;
        const description = endedExecution(this.#stored.describe(stored));
        const body = { type: 'ExecutionEnded', effectId: waiting.effectId, description } as const;
        this.apply(waiting.executionId, this.stamp(body), evaluations);
        this.#store.removeAwaited(waiting.executionId, waiting.effectId);
      };
      void this.#insist(tell, (fault) => void this.#logFault({ executionId: waiting.executionId }, fault));
    }
  }

  #loadIfSound(executionId: number): Current | undefined {
    try {
      return this.#stored.load(executionId);
    } catch (fault) {
      this.#logFault({ executionId }, fault);
      return undefined;
    }
  }

  #current(executionId: number): Current | undefined {
    const known = this.#staged.get(executionId) ?? this.#busy.get(executionId) ?? this.#recent.get(executionId);
    if (known !== undefined) return known;
    const loaded = this.#stored.load(executionId);
    if (loaded !== undefined) this.#staged.set(executionId, loaded);
    return loaded;
  }

  #itemInput(run: StoredMapRun, index: number, item: Json, evaluations: Evaluations): Json {
    const parent = this.#current(run.executionId);
    if (parent?.execution.status !== 'RUNNING')
      throw new Error(`Map Run ${run.id} goes on, and its execution has ended`);
    // It may hold all the items, so it is read once for those that begin in one transaction.
    this.#staged.set(run.executionId, parent);
    const program = this.#program(run.executionId, parent.ground, evaluations);
    const stamp = this.#stampOnce(`item ${run.id}/${index}`, evaluations);
    const signal = { type: 'ExecutionStarted', ...stamp } as const;
    return mapItemInput(program, parent.execution, signal, { frameId: run.frameId, index, item });
  }

  #startChild(run: StoredMapRun, input: Json, evaluations: Evaluations): number {
    const place = `child ${run.id}/${run.nextChild}`;
    const name = evaluations.once(`name of ${place}`, () => crypto.randomUUID());
    const made = {
      stateMachineId: -run.id,
      revisionId: run.revisionId,
      version: null,
      alias: null,
      name: this.#stored.hasExpressChildren(run) ? expressName(name, name) : name,
      input: jsonText(input),
      traceHeader: null,
    };
    const signal = { type: 'ExecutionStarted', ...this.#stampOnce(place, evaluations) } as const;
    return this.start(made, input, signal, evaluations);
  }

  /** Answers whether the child could be redriven; one that cannot has failed for good. */
  #redriveChild(executionId: number, evaluations: Evaluations): boolean {
    const stored = this.#stored.get(executionId);
    const at = evaluations.once(`instant of the redrive of ${executionId}`, () => this.#clock.now());
    const isRedrivable = whyNotRedrivable({ ...stored, status: 'FAILED' }, at) === undefined;
    if (isRedrivable) this.redrive(stored, at, undefined, evaluations);
    else this.#store.mapRuns.abandonRedriveOf(executionId);
    return isRedrivable;
  }

  #runningChildren(run: StoredMapRun): number[] {
    const running = this.#store.listExecutions(
      { stateMachineId: -run.id },
      'RUNNING',
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    );
    return running.map(({ id }) => id);
  }

  /** What was staged is on disk now, or never happened. Only from here on is any effect performed. */
  #afterCommit(committed: boolean): void {
    const staged = this.#staged;
    const outcomes = this.#outcomes;
    this.#staged = new Map();
    this.#moved.clear();
    this.#outcomes = [];
    if (!committed) {
      for (const executionId of staged.keys()) this.#watchers.delete(executionId);
      this.#onRollback();
      // Who looked meanwhile for what is due next may have found that done which is due again.
      this.#sleep();
      return;
    }
    for (const [executionId, current] of staged) {
      if (isBusy(current.execution)) this.#busy.set(executionId, current);
      else this.#busy.delete(executionId);
    }
    if (this.#firing) this.#recent = new Map([...staged].filter(([, { execution }]) => execution.status === 'RUNNING'));
    for (const { executionId, outcome, stateBefore } of outcomes) {
      for (const effectId of outcome.closed) this.#dispatcher.abort(executionId, effectId);
      for (const effect of outcome.effects) {
        if (effect.type === 'InvokeTask') this.#dispatcher.perform(executionId, effect);
        else if (effect.type === 'OfferToWorkers') this.#offers.come(effect.activityArn);
      }
      logEvents(this.#log, outcome.execution.executionArn, outcome.events, stateBefore);
      if (outcome.execution.status !== 'RUNNING') this.#tellWatcher(executionId, outcome.execution);
    }
    if (outcomes.length > 0) this.#onMoved();
    this.#sleep();
  }

  #tellWatcher(executionId: number, execution: Execution): void {
    this.#watchers.get(executionId)?.resolve(execution);
    this.#watchers.delete(executionId);
  }

  /** Sleeps until the next effect is due. */
  #sleep(): void {
    if (this.#closing || this.#firing) return;
    try {
      const due = [this.#store.nextDueAtMs(), this.#jobs.nextAskAtMs()].filter((instantMs) => instantMs !== null);
      this.#clock.wakeAt(due.length === 0 ? null : Math.min(...due), () => void this.#fireDue());
    } catch (error) {
      this.#lookAgain(error);
    }
  }

  /** What is due cannot be read, as where the disk is damaged: nobody's timers fire, and everything else goes on. */
  #lookAgain(fault: unknown): void {
    this.#logFault({}, fault);
    this.#clock.wakeAt(this.#clock.now() + UNREADABLE_MS, () => void this.#fireDue());
  }

  async #fireDue(): Promise<void> {
    if (this.#firing) return;
    this.#firing = true;
    try {
      if ((this.#jobs.nextAskAtMs() ?? Infinity) <= this.#clock.now()) this.#jobs.ask();
      const due = this.#store.dueEffects(this.#clock.now(), DUE_PER_COMMIT_MAX);
      await Promise.all(due.map((effect) => this.#fire(effect)));
    } catch (error) {
      this.#firing = false;
      this.#lookAgain(error);
      return;
    }
    this.#firing = false;
    this.#recent.clear();
    this.#sleep();
  }

  /** All that is due at an instant is one commit, unless it takes long. What cannot be stored now is due again a while later. */
  async #fire({ executionId, effectId }: OpenEffect): Promise<void> {
    const evaluations = new Evaluations(this.#evaluator);
    const signal = this.stamp({ type: 'EffectDue', effectId });
    try {
      await this.#commits.run(() => {
        const outcome = evaluations.attempt(() => this.apply(executionId, signal, evaluations));
        if (outcome instanceof NeedsEvaluation) {
          // It goes on by itself when its expression is known; until then it is not due, and if this process dies it is in flight.
          this.#store.putEffect(executionId, effectId, signal.at + EVALUATION_MS_MAX, true);
          this.#deliver(executionId, { type: 'EffectDue', effectId });
        } else if (outcome === undefined) {
          // A row that no execution knows would be due for ever.
          this.#store.removeEffect(executionId, effectId);
        }
      });
    } catch (error) {
      if (error instanceof ServiceUnavailable) await this.#pace.pause(REDELIVERY_MS);
      else await this.#endByFault(executionId, signal, error);
    }
  }

  #handOver(held: readonly HeldCall[]): void {
    for (const { executionId, effectId, call } of held) {
      this.#store.handOver(executionId, effectId, JSON.stringify(call));
    }
  }
}

function isBusy({ frames }: Execution): boolean {
  return frames.some(
    ({ activity }) => (activity.kind === 'task' && activity.phase === 'calling') || isBreathing(activity),
  );
}
