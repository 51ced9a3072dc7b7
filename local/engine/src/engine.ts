import { isTooLarge } from '../../asl/src/index.ts';
import { Activities } from './activities.ts';
import { Aliases } from './aliases.ts';
import type {
  ActivityTask,
  Engine,
  ExecutionDescription,
  ExecutionsSummary,
  ExecutionStatus,
  ExecutionSummary,
  ExecutionTimer,
  GetActivityTask,
  HistoryPage,
  ListExecutions,
  ListWaitingTasks,
  MapRunSummary,
  Paged,
  StartExecution,
  StopExecution,
  SummarizeExecutions,
  SyncExecution,
  UpdateMapRun,
  WaitingTask,
} from './api.ts';
import { checkMapRunArn, executionArn, expressName, stateMachineArn } from './arn.ts';
import { systemClock, type Clock } from './clock.ts';
import { systemEntropy, type EntropySource } from './entropy.ts';
import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ExecutionNotRedrivable,
  InvalidExecutionInput,
  InvalidOutput,
  InvalidToken,
  ResourceNotFound,
  ServiceUnavailable,
  StateMachineDoesNotExist,
  StateMachineTypeNotSupported,
  TaskTimedOut,
  ValidationException,
} from './errors.ts';
import type { Evaluations, Evaluator } from './evaluations.ts';
import type { ExecutionsOf, ExecutionStore, StoredExecution, WaitsOf } from './execution-store.ts';
import type { Execution } from './execution.ts';
import { Executions } from './executions.ts';
import { startedBy, StoredExecutions } from './stored-executions.ts';
import { findNamed, findStateMachine } from './find-state-machine.ts';
import { readHistory } from './history.ts';
import { parameterFault } from './integrations/service-integrations.ts';
import { startExecutionIntegration, startsExecution } from './integrations/start-execution.ts';
import type { JobIo } from './job-io.ts';
import type { EngineLog } from './log-events.ts';
import { MapIoError, type MapIo } from './map-io.ts';
import { describeMapRun } from './map-run-description.ts';
import type { StoredMapRun } from './map-run-store.ts';
import { machinePace, type Pace } from './pace.ts';
import { redrivesIn } from './position.ts';
import { parseJsonText } from './parse-json-text.ts';
import { NEWEST, readPage } from './read-page.ts';
import { redriveBounds, redriveBy, whyNotRedrivable } from './redrive.ts';
import { Revisions } from './revisions.ts';
import { drawOnce, Routes } from './routes.ts';
import type { TaskCall } from './effect.ts';
import type { Signal, SignalBody } from './signal.ts';
import { StateMachines } from './state-machines.ts';
import { Tags } from './tags.ts';
import type { TaskFailure, TaskHandler } from './task-handler.ts';
import { mintTaskToken, parseTaskId, parseTaskToken, replaceTaskTokens } from './task-token.ts';
import type { Lab } from './test-state/lab.ts';
import { testState } from './test-state/test-state.ts';
import { Versions } from './versions.ts';
import { readWaitPlace, writeWaitPlace } from './waiting-task.ts';

export interface EngineOptions {
  readonly store: ExecutionStore;
  /** Makes the calls of all tasks. */
  readonly taskHandler: TaskHandler;
  /** Asked before a task starts an execution, which this engine does by itself; an answer is the failure of the task. */
  readonly refuseStart?: (call: TaskCall) => TaskFailure | undefined;
  /** Works JSONata expressions out; without one, a state that has any fails. */
  readonly evaluator?: Evaluator;
  /** Reads the items of distributed Maps and writes their results; without one, a Map that needs it fails. */
  readonly mapIo?: MapIo;
  /** Asks for the jobs that `.sync` tasks wait for; without one, such a task fails when it has submitted its job. */
  readonly jobIo?: JobIo;
  readonly region: string;
  readonly accountId: string;
  readonly clock?: Clock;
  /** @default that of this process */
  readonly pace?: Pace;
  readonly entropy?: EntropySource;
  /** Told of what begins, rests, fails and ends, after it is on disk. Never of a payload or a token. */
  readonly log?: EngineLog;
  /** Told that executions have moved, after that is on disk: once a commit, which may be of many. It has to be quick. */
  readonly onMoved?: () => void;
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

/** A worker that asks for a task waits so long for one. Step Functions API Reference, GetActivityTask. */
const ACTIVITY_POLL_MS = 60_000;

/** An execution is looked for by name to be found, and not to be one of many. */
const FOUND_MAX = 10;
const COUNTED = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/** Where a request names no size. */
const WAITING_TASKS_PER_PAGE = 100;

type Worker = Pick<GetActivityTask, 'workerName'>;

/** The API, in front of what is registered by name and of the executions. */
class DurableEngine implements Engine {
  readonly region: string;
  readonly accountId: string;
  readonly #store: ExecutionStore;
  readonly #entropy: EntropySource;
  readonly #executions: Executions;
  readonly #stored: StoredExecutions;
  readonly #revisions: Revisions;
  readonly #machines: StateMachines;
  readonly #versions: Versions;
  readonly #aliases: Aliases;
  readonly #activities: Activities;
  readonly #tags: Tags;
  readonly #routes: Routes;
  readonly #stopping = new AbortController();
  readonly #lab: Lab;

  constructor(options: EngineOptions) {
    const { store, region, accountId, taskHandler, clock = systemClock(), entropy = systemEntropy() } = options;
    this.region = region;
    this.accountId = accountId;
    this.#store = store;
    this.#entropy = entropy;
    const { resources } = store;
    this.#revisions = new Revisions(resources);
    this.#versions = new Versions(resources, this, clock);
    const uuid = () => crypto.randomUUID();
    this.#machines = new StateMachines(store, this, clock, uuid, this.#revisions, this.#versions);
    this.#aliases = new Aliases(resources, this, clock);
    this.#activities = new Activities(resources, this, clock);
    this.#tags = new Tags(resources, this);
    this.#routes = new Routes(resources, this, this.#revisions);
    const startExecution = startExecutionIntegration(this, options.refuseStart);
    const handler: TaskHandler = (call, signal, watch) =>
      (startsExecution(call.resource) ? startExecution : taskHandler)(call, signal, watch);
    const evaluator = options.evaluator ?? refuseToEvaluate;
    this.#stored = new StoredExecutions(store, this.#revisions, this, () => clock.now());
    this.#executions = new Executions({
      store,
      stored: this.#stored,
      taskHandler: handler,
      parameterFault,
      activityExists: (arn) => this.#activities.exists(arn),
      evaluator,
      mapIo: options.mapIo ?? refuseMapIo,
      jobIo: options.jobIo ?? refuseJobs,
      clock,
      pace: options.pace ?? machinePace,
      entropy,
      log: options.log ?? (() => {}),
      onEnd: (stateMachineId) => this.#machines.finishDeletion(stateMachineId),
      onRollback: () => this.#forget(),
      onMoved: options.onMoved ?? (() => {}),
    });
    const stopping = this.#stopping.signal;
    this.#lab = { region, accountId, clock, entropy, evaluator, taskHandler: handler, parameterFault, stopping };
  }

  goOn(): void {
    this.#executions.goOn();
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

  async startExecution(request: StartExecution): ReturnType<Engine['startExecution']> {
    const { executionArn: arn, startDateMs } = await this.#start(request, 'ASYNC');
    return { executionArn: arn, startDateMs };
  }

  async startSyncExecution(request: StartExecution): Promise<SyncExecution> {
    const { input = '{}', traceHeader } = request;
    const { ended } = await this.#start(request, 'SYNC');
    if (ended === undefined) throw new Error('an execution was not started anew');
    const { executionArn: arn, stateMachineArn: machineArn, name, startedAtMs, status, ending } = await ended;
    if (ending === undefined || !isEndOfSync(status)) throw new Error(`${arn} is ${status}`);
    const { atMs, ...outcome } = ending;
    return {
      executionArn: arn,
      stateMachineArn: machineArn,
      name,
      status,
      input,
      ...outcome,
      startDateMs: startedAtMs,
      stopDateMs: atMs,
      ...(traceHeader !== undefined && { traceHeader }),
    };
  }

  #start(
    request: StartExecution,
    mode: 'SYNC' | 'ASYNC',
  ): Promise<{ executionArn: string; startDateMs: number; ended?: Promise<Execution> }> {
    const { input: inputText = '{}', name: given = crypto.randomUUID(), traceHeader = null } = request;
    const uuid = crypto.randomUUID();
    const started = this.#executions.stamp({ type: 'ExecutionStarted' });
    const draw = drawOnce(this.#entropy);
    return this.#write((evaluations) => {
      const input = parseJsonText(inputText, (detail) => new InvalidExecutionInput(detail));
      if (isTooLarge(input)) throw new InvalidExecutionInput('The input is too large, or nested too deeply.');
      const route = this.#routes.choose(request.stateMachineArn, draw);
      const { machine, revision } = route.running;
      if (mode === 'SYNC' && machine.type !== 'EXPRESS') throw new StateMachineTypeNotSupported();
      const name = machine.type === 'EXPRESS' ? expressName(given, uuid) : given;
      const machineArn = stateMachineArn(this, machine.name);
      const arn = executionArn(machineArn, name);
      const existing = this.#store.findExecutionOf(machine.id, name);
      if (existing !== undefined) {
        if (existing.status !== 'RUNNING' || existing.input !== inputText) throw new ExecutionAlreadyExists(arn);
        return { executionArn: arn, startDateMs: existing.startedAtMs };
      }
      const { version, alias } = route;
      const made = {
        stateMachineId: machine.id,
        revisionId: revision.id,
        version,
        alias,
        name,
        input: inputText,
        traceHeader,
      };
      const id = this.#executions.start(made, input, { ...started, ...startedBy(machineArn, route) }, evaluations);
      const ended = mode === 'SYNC' ? { ended: this.#executions.watch(id) } : {};
      return { executionArn: arn, startDateMs: started.at, ...ended };
    });
  }

  stopExecution({ executionArn: arn, ...reason }: StopExecution): ReturnType<Engine['stopExecution']> {
    const signal = this.#executions.stamp({ type: 'StopExecution', ...reason });
    return this.#write((evaluations) => {
      const { id, stoppedAtMs } = this.#find(arn);
      const outcome = this.#executions.apply(id, signal, evaluations);
      // Stopping what has ended is answered with its end.
      return { stopDateMs: outcome?.execution.ending?.atMs ?? stoppedAtMs ?? signal.at };
    });
  }

  redriveExecution({
    executionArn: arn,
    clientToken,
  }: Parameters<Engine['redriveExecution']>[0]): ReturnType<Engine['redriveExecution']> {
    const at = this.#executions.now();
    return this.#write((evaluations) => {
      const stored = this.#find(arn);
      const before = redriveBy(redrivesIn(stored.position), clientToken, at);
      if (before !== undefined) return { redriveDateMs: before.at };
      const reason = whyNotRedrivable(stored, at);
      if (reason !== undefined) throw new ExecutionNotRedrivable(reason);
      if (stored.stateMachineId < 0)
        throw new ExecutionNotRedrivable('A child of a Map Run is redriven by redriving the execution of the Map Run');
      this.#executions.redrive(stored, at, clientToken, evaluations);
      return { redriveDateMs: at };
    });
  }

  describeMapRun: Engine['describeMapRun'] = (arn) => {
    const run = this.#findMapRun(arn);
    const children = this.#store.mapRuns.countChildren(run.id, redriveBounds(this.#executions.now()));
    return describeMapRun(run, this.#executionArnOf(run), children);
  };

  listMapRuns({ executionArn: arn, ...page }: Parameters<Engine['listMapRuns']>[0]): Paged<MapRunSummary> {
    const { id } = this.#find(arn);
    const { stateMachineArn: machineArn } = this.describeExecution(arn);
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeId, limit) => this.#store.mapRuns.listMapRuns(id, beforeId, limit),
      (run) => run.id,
    );
    const summaries = items.map((run) => ({
      mapRunArn: run.arn,
      executionArn: arn,
      stateMachineArn: machineArn,
      startDateMs: run.startedAtMs,
      ...(run.stoppedAtMs !== null && { stopDateMs: run.stoppedAtMs }),
    }));
    return { items: summaries, ...more };
  }

  updateMapRun(request: UpdateMapRun): Promise<void> {
    return this.#write(() => {
      const run = this.#findMapRun(request.mapRunArn);
      if (run.status !== 'RUNNING') {
        const message = `Map Run is ${run.status} and cannot be updated`;
        throw new ValidationException(message, 'CANNOT_UPDATE_COMPLETED_MAP_RUN');
      }
      const { maxConcurrency = run.maxConcurrency } = request;
      const { toleratedFailureCount: count = run.tolerance.count } = request;
      const { toleratedFailurePercentage: percentage = run.tolerance.percentage } = request;
      this.#executions.configureMapRun(run, { ...run, maxConcurrency, tolerance: { count, percentage } });
    });
  }

  #findMapRun(arn: string): StoredMapRun {
    checkMapRunArn(arn);
    const run = this.#store.mapRuns.findMapRun(arn);
    if (run === undefined) throw new ResourceNotFound(arn);
    return run;
  }

  #executionArnOf({ executionId }: StoredMapRun): string {
    const stored = this.#store.loadExecution(executionId);
    if (stored === undefined) throw new Error(`the store has lost execution ${executionId}`);
    return this.#stored.arnOf(stored).executionArn;
  }

  describeExecution(arn: string): ExecutionDescription {
    return this.#stored.describe(this.#find(arn));
  }

  listExecutions({ statusFilter, redriveFilter, ...request }: ListExecutions): Paged<ExecutionSummary> {
    if (request.mapRunArn !== undefined && this.#stored.hasExpressChildren(this.#findMapRun(request.mapRunArn)))
      return { items: [] };
    const of = this.#executionsOf(request);
    const { stateMachineArn: _machine, mapRunArn: _run, ...page } = request;
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeId, limit) => this.#store.listExecutions(of, statusFilter, beforeId, limit, redriveFilter),
      ({ id }) => id,
    );
    return { items: items.map((execution) => this.#stored.summarize(execution)), ...more };
  }

  #executionsOf({ stateMachineArn: arn, mapRunArn }: ListExecutions): ExecutionsOf {
    if (mapRunArn !== undefined) return { stateMachineId: -this.#findMapRun(mapRunArn).id };
    if (arn === undefined)
      throw new ValidationException('Exactly one of stateMachineArn and mapRunArn has to be given');
    const named = findNamed(this.#store.resources, this, arn);
    if (named === undefined) throw new StateMachineDoesNotExist(arn);
    if (named.machine.type === 'EXPRESS') throw new StateMachineTypeNotSupported();
    return {
      stateMachineId: named.machine.id,
      ...(named.kind === 'version' && { version: named.version.number }),
      ...(named.kind === 'alias' && { alias: named.alias.name }),
    };
  }

  findExecutions(name: string): ExecutionSummary[] {
    return this.#store.findExecutionsNamed(name, FOUND_MAX).map((execution) => this.#stored.summarize(execution));
  }

  summarizeExecutions({ stateMachineArn: arn, countedMax, recent }: SummarizeExecutions): ExecutionsSummary {
    const { id } = findStateMachine(this.#store.resources, this, arn);
    const counts = COUNTED.map((status) => [status, this.#store.countExecutions(id, status, countedMax)] as const);
    const starts = this.#store.latestStarts(id, recent);
    return {
      counts: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      recent: starts.map(({ status, startedAtMs }) => ({ status, startDateMs: startedAtMs })),
    };
  }

  getExecutionHistory(request: Parameters<Engine['getExecutionHistory']>[0]): HistoryPage {
    return readHistory(this.#store, this.#find(request.executionArn), request);
  }

  async getActivityTask({ activityArn, signal, ...worker }: GetActivityTask): Promise<ActivityTask | undefined> {
    this.#activities.require(activityArn);
    const endsAtMs = performance.now() + ACTIVITY_POLL_MS;
    for (;;) {
      // A worker that has hung up must take no task with it.
      if (signal?.aborted === true) return undefined;
      const task = await this.#write((evaluations) => this.#takeOffer(activityArn, worker, evaluations));
      const remainingMs = endsAtMs - performance.now();
      if (task !== undefined || remainingMs <= 0 || this.#executions.isClosing) return task;
      await this.#executions.nextOffer(activityArn, remainingMs, signal);
    }
  }

  sendTaskSuccess(taskToken: string, output: string): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({
      type: 'TaskSucceeded',
      effectId,
      output: parseJsonText(output, (detail) => new InvalidOutput(detail)),
    }));
  }

  sendTaskFailure(taskToken: string, failure: { error?: string; cause?: string }): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({ type: 'TaskFailed', effectId, ...failure }));
  }

  sendTaskHeartbeat(taskToken: string): Promise<void> {
    return this.#answer(taskToken, (effectId) => ({ type: 'TaskHeartbeat', effectId }));
  }

  listWaitingTasks({ maxResults = WAITING_TASKS_PER_PAGE, nextToken, ...of }: ListWaitingTasks): Paged<WaitingTask> {
    const waits = this.#store.waits(this.#waitsOf(of), readWaitPlace(nextToken), maxResults + 1);
    const page = waits.slice(0, maxResults);
    const last = waits.length > page.length ? page.at(-1) : undefined;
    return { items: this.#executions.waitingTasks(page), ...(last && { nextToken: writeWaitPlace(last) }) };
  }

  #waitsOf({ stateMachineArn: machineArn, executionArn: arn }: ListWaitingTasks): WaitsOf {
    if (arn !== undefined) return { executionId: this.#find(arn).id };
    if (machineArn === undefined) return {};
    return { stateMachineId: findStateMachine(this.#store.resources, this, machineArn).id };
  }

  taskTokenOf(taskId: string): string {
    const parts = parseTaskId(this.#store.tokenKey, taskId);
    if (parts === undefined) throw new InvalidToken();
    return mintTaskToken(this.#store.tokenKey, parts);
  }

  stateMachineArnOfToken(taskToken: string): string | undefined {
    const parts = parseTaskToken(this.#store.tokenKey, taskToken);
    const stored = parts && this.#store.loadExecution(parts.executionId);
    return stored && stateMachineArn(this, this.#revisions.load(stored.revisionId).machine.name);
  }

  hideTaskTokens(text: string, replacement: string): string {
    return replaceTaskTokens(this.#store.tokenKey, text, replacement);
  }

  timers(limit: number, untilMs?: number): ExecutionTimer[] {
    return this.#executions.timers(limit, untilMs);
  }

  isResting(): boolean {
    return this.#executions.isResting;
  }

  testState: Engine['testState'] = (request) => testState(request, this.#lab);

  async close(): Promise<void> {
    this.#stopping.abort();
    if (!this.#executions.isClosing) await this.#executions.close();
  }

  /** One answer to a waiting task. The first that is committed wins; every other finds the task closed. */
  #answer(taskToken: string, signalFor: (effectId: number) => SignalBody): Promise<void> {
    let signal: Signal | undefined;
    return this.#write((evaluations) => {
      const parts = parseTaskToken(this.#store.tokenKey, taskToken);
      if (parts === undefined) throw new InvalidToken();
      signal ??= this.#executions.stamp(signalFor(parts.effectId));
      if (this.#executions.apply(parts.executionId, signal, evaluations) === undefined) throw new TaskTimedOut();
    });
  }

  /** Within a transaction: gives the worker the first task that is still open. */
  #takeOffer(activityArn: string, worker: Worker, evaluations: Evaluations): ActivityTask | undefined {
    for (;;) {
      const offer = this.#store.takeOffer(activityArn);
      if (offer === undefined) return undefined;
      const { executionId, effectId, input } = offer;
      const signal = this.#executions.stamp({ type: 'WorkerFound', effectId, ...worker });
      const found = this.#executions.apply(executionId, signal, evaluations);
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
    if (!this.#executions.isClosing) return this.#executions.commit(work);
    return Promise.reject(new ServiceUnavailable('The engine is stopping. Try again when it has started.'));
  }

  #forget(): void {
    this.#machines.forget();
    this.#revisions.forget();
    this.#routes.forget();
  }

  #find(arn: string): StoredExecution {
    const execution = this.#stored.find(arn);
    if (execution === undefined) throw new ExecutionDoesNotExist(arn);
    return execution;
  }
}

const refuseToEvaluate: Evaluator = ({ expressions }) => {
  const location = expressions[0]?.field ?? '';
  const cause = 'This engine was opened without an evaluator of JSONata expressions.';
  return Promise.resolve({ failure: { error: 'States.QueryEvaluationError', cause, location } });
};

const refuseMapIo: MapIo = {
  readItems: () => {
    throw new MapIoError('States.ItemReaderFailed', 'This engine was opened without a reader of items.');
  },
  writeResults: () =>
    Promise.reject(new MapIoError('States.ResultWriterFailed', 'This engine was opened without a writer of results.')),
};

const refuseJobs: JobIo = {
  groupOf: () => '',
  ask: (jobs) =>
    Promise.resolve(
      jobs.map(() => ({ state: 'unknown', cause: 'This engine was opened without anybody who asks for jobs.' })),
    ),
  cancel: () => Promise.resolve(true),
};

function isEndOfSync(status: ExecutionStatus): status is SyncExecution['status'] {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'TIMED_OUT';
}
