import { jsonText, type Json, type StateMachineDefinition } from '../../asl/src/index.ts';
import type {
  ActivityTask,
  Engine,
  ExecutionDescription,
  ExecutionStatus,
  ExecutionSummary,
  GetActivityTask,
  HistoryPage,
  Page,
  Paged,
  StartExecution,
  StopExecution,
} from './api.ts';
import { Activities } from './activities.ts';
import { Aliases } from './aliases.ts';
import { executionArn, parseExecutionArn, qualifiedArn, stateMachineArn } from './arn.ts';
import { systemClock, type Clock } from './clock.ts';
import { Dispatcher, type HeldCall } from './dispatcher.ts';
import type { Effect, TaskCall } from './effect.ts';
import { systemEntropy, type EntropySource } from './entropy.ts';
import { Evaluations, NeedsEvaluation, type Evaluator } from './evaluations.ts';
import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidExecutionInput,
  InvalidOutput,
  InvalidToken,
  ServiceUnavailable,
  StateMachineDoesNotExist,
  TaskTimedOut,
} from './errors.ts';
import type { ExecutionsOf, ExecutionStore, StoredExecution } from './execution-store.ts';
import { parsePosition, progressOf, type Execution } from './execution.ts';
import { findNamed } from './find-state-machine.ts';
import { GroupCommit } from './group-commit.ts';
import { readHistory } from './history.ts';
import { logEvents, type EngineLog } from './log-events.ts';
import { endedExecution, startExecutionIntegration, startsExecution } from './integrations/start-execution.ts';
import { OfferBell } from './offer-bell.ts';
import { NEWEST, readPage } from './read-page.ts';
import { Revisions, type LoadedRevision } from './revisions.ts';
import { drawOnce, Routes, type Route } from './routes.ts';
import type { Signal, SignalBody } from './signal.ts';
import { StateMachines } from './state-machines.ts';
import type { Outcome, Program } from './step.ts';
import { Tags } from './tags.ts';
import type { TaskHandler } from './task-handler.ts';
import { mintTaskToken, parseTaskToken } from './task-token.ts';
import { failByFault, transition } from './transition.ts';
import { Versions } from './versions.ts';

export interface EngineOptions {
  readonly store: ExecutionStore;
  /** Makes the calls of all tasks. */
  readonly taskHandler: TaskHandler;
  /** Works JSONata expressions out; without one, a state that has any fails. */
  readonly evaluator?: Evaluator;
  readonly region: string;
  readonly accountId: string;
  readonly clock?: Clock;
  readonly entropy?: EntropySource;
  /** Told of what begins, rests, fails and ends, after it is on disk. Never of a payload or a token. */
  readonly log?: EngineLog;
}

/**
 * Opens durable executions over a store, and goes on with whatever is open in it: timers that came due meanwhile fire at once,
 * attempts that ran when the last process died fail with a retryable error, waits go on waiting.
 */
export function openEngine(options: EngineOptions): Engine {
  const engine = new DurableEngine(options);
  engine.goOn();
  return engine;
}

/** A year: the longest that an execution may take. Step Functions quotas, "Maximum execution time". */
const EXECUTION_SECONDS_MAX = 31_536_000;
/** So many effects that are due fire in one commit. */
const DUE_PER_COMMIT_MAX = 256;
/** A call that has not returned so long after we were asked to stop is left behind. */
const DRAIN_MS_MAX = 5_000;
/** A worker that asks for a task waits so long for one. Step Functions API Reference, GetActivityTask. */
const ACTIVITY_POLL_MS = 60_000;
/** An expression that is evaluated for a timer is answered long before; if it never is, the timer fires again. */
const EVALUATION_MS_MAX = 30_000;
/** What must be delivered is tried again so much later while the disk takes nothing. */
const REDELIVERY_MS = 250;

/** An execution with the revision that it runs. */
interface Current {
  readonly execution: Execution;
  readonly running: LoadedRevision;
}

type Worker = Pick<GetActivityTask, 'workerName'>;

class DurableEngine implements Engine {
  readonly region: string;
  readonly accountId: string;
  readonly #store: ExecutionStore;
  readonly #clock: Clock;
  readonly #entropy: EntropySource;
  readonly #log: EngineLog;
  readonly #commits: GroupCommit;
  readonly #dispatcher: Dispatcher;
  readonly #revisions: Revisions;
  readonly #machines: StateMachines;
  readonly #versions: Versions;
  readonly #aliases: Aliases;
  readonly #activities: Activities;
  readonly #tags: Tags;
  readonly #routes: Routes;
  readonly #evaluator: Evaluator;
  /** Executions that a call is being made for, to spare reading them again. One that waits is in the store alone. */
  readonly #busy = new Map<number, Current>();
  /** What the running transaction has made of them, and brought forth. */
  #staged = new Map<number, Current>();
  #outcomes: { readonly executionId: number; readonly outcome: Outcome; readonly stateBefore: string | undefined }[] =
    [];
  readonly #offers = new OfferBell();
  #lastExecutionId: number;
  #closing = false;

  constructor({ store, taskHandler, evaluator, region, accountId, clock, entropy, log }: EngineOptions) {
    this.#store = store;
    this.region = region;
    this.accountId = accountId;
    this.#clock = clock ?? systemClock();
    this.#entropy = entropy ?? systemEntropy();
    this.#log = log ?? (() => {});
    this.#evaluator = evaluator ?? refuseToEvaluate;
    this.#commits = new GroupCommit(store, (committed) => this.#afterCommit(committed));
    const startExecution = startExecutionIntegration(this);
    const handler: TaskHandler = (call, signal) =>
      (startsExecution(call.resource) ? startExecution : taskHandler)(call, signal);
    this.#dispatcher = new Dispatcher(handler, (executionId, signal) => this.#deliver(executionId, signal));
    const { resources } = store;
    this.#revisions = new Revisions(resources);
    this.#versions = new Versions(resources, this, this.#clock);
    const uuid = () => crypto.randomUUID();
    this.#machines = new StateMachines(store, this, this.#clock, uuid, this.#revisions, this.#versions);
    this.#aliases = new Aliases(resources, this, this.#clock);
    this.#activities = new Activities(resources, this, this.#clock);
    this.#tags = new Tags(resources, this);
    this.#routes = new Routes(resources, this, this.#revisions);
    this.#lastExecutionId = store.lastExecutionId();
  }

  /** Reads what must be done and does it; there is no other path after a crash. */
  goOn(): void {
    const lost = this.#store.effectsInFlight(Number.MAX_SAFE_INTEGER);
    for (const { executionId, effectId } of lost) this.#deliver(executionId, { type: 'AttemptLost', effectId });
    const handedOver = this.#store.transact(() => this.#store.takeOver());
    for (const { executionId, effectId, call } of handedOver) {
      this.#dispatcher.perform(executionId, { effectId, call: JSON.parse(call) as TaskCall });
    }
    this.#sleep();
  }

  createStateMachine: Engine['createStateMachine'] = (request) => this.#change(() => this.#machines.create(request));
  updateStateMachine: Engine['updateStateMachine'] = (request) => this.#change(() => this.#machines.update(request));
  deleteStateMachine: Engine['deleteStateMachine'] = (arn) => this.#change(() => this.#machines.delete(arn));
  describeStateMachine: Engine['describeStateMachine'] = (arn) => this.#machines.describe(arn);
  listStateMachines: Engine['listStateMachines'] = (page) => this.#machines.list(page);
  describeStateMachineForExecution: Engine['describeStateMachineForExecution'] = (arn) => {
    const running = this.#revisions.load(this.#find(arn).revisionId);
    return this.#machines.describeRevision(running.machine, running);
  };

  publishStateMachineVersion: Engine['publishStateMachineVersion'] = (request) =>
    this.#change(() => this.#versions.publish(request));
  listStateMachineVersions: Engine['listStateMachineVersions'] = (request) => this.#versions.list(request);
  deleteStateMachineVersion: Engine['deleteStateMachineVersion'] = (arn) =>
    this.#change(() => this.#versions.delete(arn));

  createStateMachineAlias: Engine['createStateMachineAlias'] = (request) =>
    this.#change(() => this.#aliases.create(request));
  describeStateMachineAlias: Engine['describeStateMachineAlias'] = (arn) => this.#aliases.describe(arn);
  updateStateMachineAlias: Engine['updateStateMachineAlias'] = (request) =>
    this.#change(() => this.#aliases.update(request));
  deleteStateMachineAlias: Engine['deleteStateMachineAlias'] = (arn) => this.#change(() => this.#aliases.delete(arn));
  listStateMachineAliases: Engine['listStateMachineAliases'] = (request) => this.#aliases.list(request);

  createActivity: Engine['createActivity'] = (request) => this.#change(() => this.#activities.create(request));
  describeActivity: Engine['describeActivity'] = (arn) => this.#activities.describe(arn);
  deleteActivity: Engine['deleteActivity'] = (arn) => this.#change(() => this.#activities.delete(arn));
  listActivities: Engine['listActivities'] = (page) => this.#activities.list(page);

  listTagsForResource: Engine['listTagsForResource'] = (arn) => this.#tags.list(arn);
  tagResource: Engine['tagResource'] = ({ resourceArn, tags }) => this.#change(() => this.#tags.add(resourceArn, tags));
  untagResource: Engine['untagResource'] = ({ resourceArn, tagKeys }) =>
    this.#change(() => this.#tags.remove(resourceArn, tagKeys));

  startExecution(request: StartExecution): ReturnType<Engine['startExecution']> {
    const inputText = request.input ?? '{}';
    const started = this.#stamp({ type: 'ExecutionStarted' });
    const name = request.name ?? crypto.randomUUID();
    const draw = drawOnce(this.#entropy);
    return this.#write((evaluations) => {
      const input = parseJson(inputText, (detail) => new InvalidExecutionInput(detail));
      const route = this.#routes.choose(request.stateMachineArn, draw);
      const { running } = route;
      const machineArn = stateMachineArn(this, running.machine.name);
      const arn = executionArn(machineArn, name);
      const existing = this.#store.findExecutionOf(running.machine.id, name);
      if (existing !== undefined) {
        if (existing.status !== 'RUNNING' || existing.input !== inputText) throw new ExecutionAlreadyExists(arn);
        return { executionArn: arn, startDateMs: existing.startedAtMs };
      }
      const startedAtMs = started.at;
      const execution: Execution = {
        executionArn: arn,
        name,
        stateMachineArn: machineArn,
        stateMachineName: running.machine.name,
        roleArn: running.revision.roleArn,
        input,
        startedAtMs,
        deadlineMs: deadlineOf(running.definition, startedAtMs),
        redriveCount: 0,
        status: 'RUNNING',
        lastEventId: 0,
        lastEffectId: 0,
        lastFrameId: 0,
        frames: [],
      };
      const id = ++this.#lastExecutionId;
      const signal = { ...started, ...startedBy(machineArn, route) };
      const outcome = this.#move(id, { execution, running }, signal, evaluations);
      if (outcome === undefined) throw new Error('a new execution did not start');
      this.#store.insertExecution({
        id,
        stateMachineId: running.machine.id,
        revisionId: running.revision.id,
        version: route.version,
        alias: route.alias,
        name,
        startedAtMs,
        input: inputText,
        traceHeader: request.traceHeader ?? null,
        ...progressOf(outcome.execution),
      });
      return { executionArn: arn, startDateMs: startedAtMs };
    });
  }

  stopExecution({ executionArn: arn, ...reason }: StopExecution): ReturnType<Engine['stopExecution']> {
    const signal = this.#stamp({ type: 'StopExecution', ...reason });
    return this.#write((evaluations) => {
      const { id, stoppedAtMs } = this.#find(arn);
      const outcome = this.#apply(id, signal, evaluations);
      // Stopping what has ended is answered with its end.
      return { stopDateMs: outcome?.execution.ending?.atMs ?? stoppedAtMs ?? signal.at };
    });
  }

  describeExecution(arn: string): ExecutionDescription {
    return this.#described(this.#find(arn));
  }

  listExecutions(request: { stateMachineArn: string; statusFilter?: ExecutionStatus } & Page): Paged<ExecutionSummary> {
    const { stateMachineArn: arn, statusFilter, ...page } = request;
    const named = findNamed(this.#store.resources, this, arn);
    if (named === undefined) throw new StateMachineDoesNotExist(arn);
    const of: ExecutionsOf = {
      stateMachineId: named.machine.id,
      ...(named.kind === 'version' && { version: named.version.number }),
      ...(named.kind === 'alias' && { alias: named.alias.name }),
    };
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeId, limit) => this.#store.listExecutions(of, statusFilter, beforeId, limit),
      ({ id }) => id,
    );
    return { items: items.map((execution) => this.#summarize(execution)), ...more };
  }

  getExecutionHistory(request: Parameters<Engine['getExecutionHistory']>[0]): HistoryPage {
    const { id, lastEventId } = this.#find(request.executionArn);
    return readHistory(this.#store, id, lastEventId, request);
  }

  async getActivityTask({ activityArn, signal, ...worker }: GetActivityTask): Promise<ActivityTask | undefined> {
    this.#activities.require(activityArn);
    const endsAtMs = performance.now() + ACTIVITY_POLL_MS;
    for (;;) {
      // A worker that has hung up must take no task with it.
      if (signal?.aborted === true) return undefined;
      const task = await this.#write((evaluations) => this.#takeOffer(activityArn, worker, evaluations));
      const remainingMs = endsAtMs - performance.now();
      if (task !== undefined || remainingMs <= 0 || this.#closing) return task;
      await this.#offers.next(activityArn, remainingMs, signal);
    }
  }

  sendTaskSuccess(taskToken: string, output: string): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({
      type: 'TaskSucceeded',
      effectId,
      output: parseJson(output, (detail) => new InvalidOutput(detail)),
    }));
  }

  sendTaskFailure(taskToken: string, failure: { error?: string; cause?: string }): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({ type: 'TaskFailed', effectId, ...failure }));
  }

  sendTaskHeartbeat(taskToken: string): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({ type: 'TaskHeartbeat', effectId }));
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#clock.stop();
    this.#offers.close();
    const held = await this.#dispatcher.drain(DRAIN_MS_MAX);
    // The answers of the last calls were queued before this, and may have asked for calls of their own.
    await this.#commits.run(() => {});
    await this.#commits.run(() => this.#handOver(held));
    this.#store.close();
  }

  /** One answer to a waiting task. The first that is committed wins; every other finds the task closed. */
  #answer(taskToken: string, signalFor: (effectId: number) => SignalBody): Promise<void> {
    let signal: Signal | undefined;
    return this.#write((evaluations) => {
      const parts = parseTaskToken(this.#store.tokenKey, taskToken);
      if (parts === undefined) throw new InvalidToken();
      signal ??= this.#stamp(signalFor(parts.effectId));
      if (this.#apply(parts.executionId, signal, evaluations) === undefined) throw new TaskTimedOut();
    });
  }

  /** Within a transaction: gives the worker the first task that is still open. */
  #takeOffer(activityArn: string, worker: Worker, evaluations: Evaluations): ActivityTask | undefined {
    for (;;) {
      const offer = this.#store.takeOffer(activityArn);
      if (offer === undefined) return undefined;
      const { executionId, effectId, input } = offer;
      const found = this.#apply(executionId, this.#stamp({ type: 'WorkerFound', effectId, ...worker }), evaluations);
      if (found !== undefined)
        return { taskToken: mintTaskToken(this.#store.tokenKey, { executionId, effectId }), input };
    }
  }

  /** Whatever has a name may lead elsewhere afterwards. */
  #change<T>(work: () => T): Promise<T> {
    return this.#write(() => {
      this.#routes.forget();
      return work();
    });
  }

  #write<T>(work: (evaluations: Evaluations) => T): Promise<T> {
    if (this.#closing) {
      return Promise.reject(new ServiceUnavailable('The engine is stopping. Try again when it has started.'));
    }
    return this.#commit(work);
  }

  /** Runs the work in a transaction; where it asks for an expression, that is evaluated outside of any, and the work runs anew. */
  async #commit<T>(work: (evaluations: Evaluations) => T): Promise<T> {
    const evaluations = new Evaluations(this.#evaluator);
    for (;;) {
      const result = await this.#commits.run(() => evaluations.attempt(work));
      if (!(result instanceof NeedsEvaluation)) return result;
      await evaluations.answer(result);
    }
  }

  /** Brings the outcome of an effect to its execution. Nobody waits for an answer, so it is tried until the disk takes it. */
  #deliver(executionId: number, body: SignalBody): void {
    const signal = this.#stamp(body);
    this.#commit((evaluations) => this.#apply(executionId, signal, evaluations)).catch((error: unknown) => {
      if (!(error instanceof ServiceUnavailable)) throw error;
      setTimeout(() => this.#deliver(executionId, body), REDELIVERY_MS);
    });
  }

  /** A signal carries the time and the chance that its transition needs. */
  #stamp(body: SignalBody): Signal {
    return { ...body, at: this.#clock.now(), entropy: this.#entropy() };
  }

  /** Within a transaction: moves an execution by one signal and saves what it becomes. */
  #apply(executionId: number, signal: Signal, evaluations: Evaluations): Outcome | undefined {
    const current = this.#staged.get(executionId) ?? this.#busy.get(executionId) ?? this.#load(executionId);
    const outcome = current && this.#move(executionId, current, signal, evaluations);
    if (outcome === undefined || current === undefined) return undefined;
    this.#store.updateExecution(executionId, progressOf(outcome.execution));
    if (outcome.execution.status !== 'RUNNING') {
      this.#machines.finishDeletion(current.running.machine.id);
      this.#tellWaiting(executionId);
    }
    return outcome;
  }

  /** Within a transaction: one signal, one transition; its events are appended, finished effects go, new ones come. */
  #move(
    executionId: number,
    { execution, running }: Current,
    signal: Signal,
    evaluations: Evaluations,
  ): Outcome | undefined {
    const program = {
      definition: running.definition,
      mintTaskToken: (effectId: number) => mintTaskToken(this.#store.tokenKey, { executionId, effectId }),
      evaluate: evaluations.evaluate,
    };
    const outcome = this.#transition(program, execution, signal);
    if (outcome === undefined) return undefined;
    if (outcome.events.length > 0) {
      const text = outcome.events.map((event) => JSON.stringify(event)).join(',');
      this.#store.appendEvents(executionId, execution.lastEventId + 1, text);
    }
    for (const effectId of outcome.closed) this.#store.removeEffect(executionId, effectId);
    for (const effect of outcome.effects) this.#save(executionId, effect);
    this.#staged.set(executionId, { execution: outcome.execution, running });
    this.#outcomes.push({ executionId, outcome, stateBefore: execution.frames[0]?.state });
    return outcome;
  }

  /** A fault of ours ends the execution that met it, and nobody else's. */
  #transition(program: Program, execution: Execution, signal: Signal): Outcome | undefined {
    try {
      return transition(program, execution, signal);
    } catch (fault) {
      if (fault instanceof NeedsEvaluation) throw fault;
      const message = fault instanceof Error ? fault.message : String(fault);
      this.#log('engine.fault', { executionArn: execution.executionArn, signal: signal.type, fault: message });
      return failByFault(program, execution, signal, message);
    }
  }

  /** An effect is a row with a due time before anybody acts on it. */
  #save(executionId: number, effect: Effect): void {
    const { type, effectId, dueAtMs } = effect;
    if (type === 'Postpone') {
      this.#store.postponeEffect(executionId, effectId, dueAtMs);
      return;
    }
    this.#store.putEffect(executionId, effectId, dueAtMs, type === 'InvokeTask');
    if (type === 'OfferToWorkers')
      this.#store.offerToWorkers(executionId, effectId, effect.activityArn, jsonText(effect.input));
    if (type === 'AwaitExecution') {
      const awaited = this.#find(effect.executionArn);
      this.#store.awaitExecution(executionId, effectId, awaited.id);
      // It may have ended before anybody waited for it.
      if (awaited.status !== 'RUNNING') this.#tellWaiting(awaited.id);
    }
  }

  /** Brings the end of an execution to the tasks that wait for it. */
  #tellWaiting(executionId: number): void {
    const stored = this.#store.loadExecution(executionId);
    if (stored === undefined) return;
    for (const waiting of this.#store.takeAwaiting(executionId)) {
      const description = endedExecution(this.#described(stored));
      this.#deliver(waiting.executionId, { type: 'ExecutionEnded', effectId: waiting.effectId, description });
    }
  }

  #load(executionId: number): Current | undefined {
    const stored = this.#store.loadExecution(executionId);
    if (stored === undefined || stored.status !== 'RUNNING') return undefined;
    const running = this.#revisions.load(stored.revisionId);
    const machineArn = stateMachineArn(this, running.machine.name);
    const execution: Execution = {
      executionArn: executionArn(machineArn, stored.name),
      name: stored.name,
      stateMachineArn: machineArn,
      stateMachineName: running.machine.name,
      roleArn: running.revision.roleArn,
      input: JSON.parse(stored.input) as Json,
      startedAtMs: stored.startedAtMs,
      deadlineMs: deadlineOf(running.definition, stored.startedAtMs),
      redriveCount: stored.redriveCount,
      status: stored.status,
      lastEventId: stored.lastEventId,
      lastEffectId: stored.lastEffectId,
      ...parsePosition(stored.position),
    };
    return { execution, running };
  }

  /** What was staged is on disk now, or never happened. Only from here on is any effect performed. */
  #afterCommit(committed: boolean): void {
    const staged = this.#staged;
    const outcomes = this.#outcomes;
    this.#staged = new Map();
    this.#outcomes = [];
    if (!committed) {
      this.#machines.forget();
      this.#revisions.forget();
      this.#routes.forget();
      return;
    }
    for (const [executionId, current] of staged) {
      if (current.execution.frames.some(({ activity }) => activity.kind === 'task' && activity.phase === 'calling')) {
        this.#busy.set(executionId, current);
      } else {
        this.#busy.delete(executionId);
      }
    }
    for (const { executionId, outcome, stateBefore } of outcomes) {
      for (const effectId of outcome.closed) this.#dispatcher.abort(executionId, effectId);
      for (const effect of outcome.effects)
        if (effect.type === 'InvokeTask') this.#dispatcher.perform(executionId, effect);
        else if (effect.type === 'OfferToWorkers') this.#offers.come(effect.activityArn);
      logEvents(this.#log, outcome.execution.executionArn, outcome.events, stateBefore);
    }
    this.#sleep();
  }

  /** Sleeps until the next effect is due. */
  #sleep(): void {
    if (!this.#closing) this.#clock.wakeAt(this.#store.nextDueAtMs(), () => this.#fireDue());
  }

  #fireDue(): void {
    this.#commits
      .run(() => this.#fireSome())
      .catch((error: unknown) => {
        if (!(error instanceof ServiceUnavailable)) throw error;
        setTimeout(() => this.#sleep(), REDELIVERY_MS);
      });
  }

  /** Within a transaction. */
  #fireSome(): void {
    const evaluations = new Evaluations(this.#evaluator);
    for (const { executionId, effectId } of this.#store.dueEffects(this.#clock.now(), DUE_PER_COMMIT_MAX)) {
      const body = { type: 'EffectDue', effectId } as const;
      const outcome = evaluations.attempt(() => this.#apply(executionId, this.#stamp(body), evaluations));
      if (outcome instanceof NeedsEvaluation) {
        // It goes on by itself when its expression is known; until then it is not due, but for the case that this process dies.
        this.#store.postponeEffect(executionId, effectId, this.#clock.now() + EVALUATION_MS_MAX);
        this.#deliver(executionId, body);
      } else if (outcome === undefined) {
        // A row that no execution knows would be due for ever.
        this.#store.removeEffect(executionId, effectId);
      }
    }
  }

  #handOver(held: readonly HeldCall[]): void {
    for (const { executionId, effectId, call } of held)
      this.#store.handOver(executionId, effectId, JSON.stringify(call));
  }

  #find(arn: string): StoredExecution {
    const { stateMachineName, name } = parseExecutionArn(arn);
    const isOurs = arn === executionArn(stateMachineArn(this, stateMachineName), name);
    const execution = isOurs ? this.#store.findExecution(stateMachineName, name) : undefined;
    if (execution === undefined) throw new ExecutionDoesNotExist(arn);
    return execution;
  }

  #described(execution: StoredExecution): ExecutionDescription {
    const { input, output, error, cause, traceHeader } = execution;
    return {
      ...this.#summarize(execution),
      input,
      ...(output !== null && { output }),
      ...(error !== null && { error }),
      ...(cause !== null && { cause }),
      ...(traceHeader !== null && { traceHeader }),
    };
  }

  #summarize(execution: StoredExecution): ExecutionSummary {
    const machineArn = stateMachineArn(this, this.#revisions.load(execution.revisionId).machine.name);
    return {
      executionArn: executionArn(machineArn, execution.name),
      stateMachineArn: machineArn,
      ...startedBy(machineArn, execution),
      name: execution.name,
      status: execution.status,
      startDateMs: execution.startedAtMs,
      ...(execution.stoppedAtMs !== null && { stopDateMs: execution.stoppedAtMs }),
    };
  }
}

const refuseToEvaluate: Evaluator = ({ expressions }) => {
  const location = expressions[0]?.field ?? '';
  const cause = 'This engine was opened without an evaluator of JSONata expressions.';
  return Promise.resolve({ failure: { error: 'States.QueryEvaluationError', cause, location } });
};

/** The ARNs of the version and the alias that an execution was started by, if it was. */
function startedBy(machineArn: string, { version, alias }: Pick<Route, 'version' | 'alias'>) {
  return {
    ...(version !== null && { stateMachineVersionArn: qualifiedArn(machineArn, version) }),
    ...(alias !== null && { stateMachineAliasArn: qualifiedArn(machineArn, alias) }),
  };
}

function deadlineOf(definition: StateMachineDefinition, startedAtMs: number): number {
  return startedAtMs + Math.min(definition.TimeoutSeconds ?? EXECUTION_SECONDS_MAX, EXECUTION_SECONDS_MAX) * 1000;
}

function parseJson(text: string, refuse: (detail: string) => Error): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw refuse((error as Error).message);
  }
}
