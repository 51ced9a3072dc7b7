import type { Json } from '../../asl/src/index.ts';
import type { TestedState, TestState } from './test-state/api.ts';

/** What `openEngine` gives: the Step Functions API as methods. Instants are epoch milliseconds; payloads are JSON text. */
export interface Engine {
  readonly region: string;
  readonly accountId: string;

  createStateMachine(
    request: CreateStateMachine,
  ): Promise<{ stateMachineArn: string; creationDateMs: number; stateMachineVersionArn?: string }>;
  updateStateMachine(
    request: UpdateStateMachine,
  ): Promise<{ updateDateMs: number; revisionId: string; stateMachineVersionArn?: string }>;
  /** Marks the machine as DELETING; it vanishes when its last running execution has ended. Unknown is no error. */
  deleteStateMachine(stateMachineArn: string): Promise<void>;
  describeStateMachine(stateMachineArn: string): StateMachineDescription;
  describeStateMachineForExecution(executionArn: string): StateMachineDescription;
  /** Sorted by creation, newest first as on AWS. */
  listStateMachines(page: Page): Paged<StateMachineSummary>;

  /** Gives the current revision a number. One that has a number already keeps it. */
  publishStateMachineVersion(request: PublishStateMachineVersion): Promise<PublishedVersion>;
  /** Newest first. */
  listStateMachineVersions(request: { stateMachineArn: string } & Page): Paged<PublishedVersion>;
  deleteStateMachineVersion(stateMachineVersionArn: string): Promise<void>;

  createStateMachineAlias(request: CreateStateMachineAlias): Promise<AliasSummary>;
  describeStateMachineAlias(stateMachineAliasArn: string): AliasDescription;
  updateStateMachineAlias(request: UpdateStateMachineAlias): Promise<{ updateDateMs: number }>;
  deleteStateMachineAlias(stateMachineAliasArn: string): Promise<void>;
  /** Oldest first: those of a state machine, or those that lead to a version. */
  listStateMachineAliases(request: { stateMachineArn: string } & Page): Paged<AliasSummary>;

  createActivity(request: CreateActivity): Promise<Omit<ActivitySummary, 'name'>>;
  describeActivity(activityArn: string): ActivityDescription;
  deleteActivity(activityArn: string): Promise<void>;
  /** Newest first. */
  listActivities(page: Page): Paged<ActivitySummary>;

  /** The tags of a state machine or an activity. */
  listTagsForResource(resourceArn: string): Tag[];
  tagResource(request: { resourceArn: string; tags: readonly Tag[] }): Promise<void>;
  untagResource(request: { resourceArn: string; tagKeys: readonly string[] }): Promise<void>;

  /**
   * Starts an execution. The answer means that it is on disk.
   * The same name and input while it runs give the same execution again; anything else under a used name is refused.
   */
  startExecution(request: StartExecution): Promise<{ executionArn: string; startDateMs: number }>;
  /**
   * Starts an execution of an Express state machine, and answers when it has ended. Where the process dies meanwhile, it goes on at
   * the next start, and nobody hears of its end.
   */
  startSyncExecution(request: StartExecution): Promise<SyncExecution>;
  stopExecution(request: StopExecution): Promise<{ stopDateMs: number }>;
  describeExecution(executionArn: string): ExecutionDescription;
  /** Newest start first. */
  listExecutions(request: ListExecutions): Paged<ExecutionSummary>;
  /** Continues what did not succeed. The answer means that the redrive is on disk; the same token again is the same redrive. */
  redriveExecution(request: { executionArn: string; clientToken?: string }): Promise<{ redriveDateMs: number }>;

  describeMapRun(mapRunArn: string): MapRunDescription;
  /** Of an execution, newest first. */
  listMapRuns(request: { executionArn: string } & Page): Paged<MapRunSummary>;
  /** Of a run that is under way. What is absent stays as it is. */
  updateMapRun(request: UpdateMapRun): Promise<void>;
  getExecutionHistory(
    request: { executionArn: string; reverseOrder?: boolean; includeExecutionData?: boolean } & Page,
  ): HistoryPage;

  /** Waits up to 60 seconds for a task of the activity; the answer means that the task is this worker's, on disk. */
  getActivityTask(request: GetActivityTask): Promise<ActivityTask | undefined>;
  sendTaskSuccess(taskToken: string, output: string): Promise<void>;
  sendTaskFailure(taskToken: string, failure: { error?: string; cause?: string }): Promise<void>;
  /** Moves the heartbeat's due time. Adds no history event. */
  sendTaskHeartbeat(taskToken: string): Promise<void>;

  /**
   * The tasks that wait for somebody's answer, activities' tasks among them: by state machine, and of each the execution that began
   * first. A page costs what it holds, however many wait. No action of AWS's.
   */
  listWaitingTasks(request: ListWaitingTasks): Paged<WaitingTask>;
  /**
   * The token of a task that was listed, for whoever answers it within this process. It is given out no further.
   *
   * @throws {InvalidToken} if the id was not made by this engine.
   */
  taskTokenOf(taskId: string): string;
  /** Whose task waits for this token, for whoever asks what a caller may answer. Undefined where this engine made no such token. */
  stateMachineArnOfToken(taskToken: string): string | undefined;
  /** Puts something else in the place of every token of this engine that a text holds. */
  hideTaskTokens(text: string, replacement: string): string;

  /** The executions that bear this name, of whatever state machine, at most ten. No action of AWS's. */
  findExecutions(name: string): ExecutionSummary[];
  /** How many executions a state machine has, and the latest of them. What it costs is bounded by what is asked for. No action of AWS's. */
  summarizeExecutions(request: SummarizeExecutions): ExecutionsSummary;

  /** What executions are due to do by themselves, the first due first. No action of AWS's: it is read where time can be moved on. */
  timers(limit: number, untilMs?: number): ExecutionTimer[];
  /** True where nothing is being called, written or fired, so that only the clock or a request makes anything happen. */
  isResting(): boolean;

  /** Runs one state by itself, with its work mocked or really done. Takes up to five minutes and leaves nothing behind. */
  testState(request: TestState): Promise<TestedState>;

  /** Stops taking signals, lets the running commit finish and closes the store. What is open goes on at the next start. */
  close(): Promise<void>;
}

export interface SummarizeExecutions {
  stateMachineArn: string;
  /** Of each status, no more than so many are counted. */
  countedMax: number;
  /** So many of the latest. */
  recent: number;
}
export interface ExecutionsSummary {
  /** A status that none has is left out. */
  counts: Partial<Record<ExecutionStatus, number>>;
  /** Newest first. */
  recent: { status: ExecutionStatus; startDateMs: number }[];
}

export interface ListWaitingTasks extends Page {
  /** Of a state machine, or else of an execution; all where neither is given. */
  stateMachineArn?: string;
  executionArn?: string;
}
export interface WaitingTask {
  /** Names the attempt, and gives nobody its token. */
  taskId: string;
  executionArn: string;
  stateName: string;
  /** As in the definition. */
  resource: string;
  /** When its state was entered. */
  sinceMs: number;
  /** When it ends by itself; absent where neither the task nor its state machine sets a time. */
  timeoutAtMs?: number;
  /** By when it has to be heard of. */
  heartbeatByMs?: number;
}

export interface ExecutionTimer {
  readonly dueAtMs: number;
  readonly kind: TimerKind;
  readonly executionArn: string;
  readonly state: string;
}

/** A `Turn` is that of an execution in a long run of states, which goes on as soon as others have had theirs. */
export type TimerKind = 'Wait' | 'Retry' | 'TaskTimeout' | 'HeartbeatTimeout' | 'ExecutionTimeout' | 'Turn';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
export type StateMachineType = 'STANDARD' | 'EXPRESS';

export interface Page {
  /** 1 to 1,000; the service's own default where absent. */
  maxResults?: number;
  nextToken?: string;
}
export interface Paged<T> {
  items: T[];
  nextToken?: string;
}

/** Settings that are kept and shown again: `loggingConfiguration`, `tracingConfiguration`, `encryptionConfiguration`. */
export interface StateMachineSettings {
  loggingConfiguration?: Json;
  tracingConfiguration?: Json;
  encryptionConfiguration?: Json;
}
export interface SyncExecution {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  startDateMs: number;
  stopDateMs: number;
  /** As it was given. */
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  traceHeader?: string;
}
export interface Tag {
  key: string;
  value: string;
}
export interface CreateStateMachine extends StateMachineSettings {
  name: string;
  /** The definition's text, as given. */
  definition: string;
  roleArn: string;
  type?: StateMachineType;
  tags?: readonly Tag[];
  /** Makes the first version at once. */
  publish?: boolean;
  versionDescription?: string;
}
export interface UpdateStateMachine extends StateMachineSettings {
  stateMachineArn: string;
  definition?: string;
  roleArn?: string;
  /** Makes a version of what the update leads to. */
  publish?: boolean;
  versionDescription?: string;
}
export interface StateMachineSummary {
  stateMachineArn: string;
  name: string;
  type: StateMachineType;
  creationDateMs: number;
}
export interface StateMachineDescription extends StateMachineSummary, StateMachineSettings {
  status: 'ACTIVE' | 'DELETING';
  definition: string;
  roleArn: string;
  updateDateMs: number;
  /** Absent until the first UpdateStateMachine. */
  revisionId?: string;
  /** Of a version. */
  description?: string;
  /** The variables that each state reads, by the state's name; a state that reads none is left out. */
  variableReferences: Readonly<Record<string, readonly string[]>>;
}

export interface PublishStateMachineVersion {
  stateMachineArn: string;
  /** The revision that has to be the current one; `INITIAL` before the first UpdateStateMachine. */
  revisionId?: string;
  description?: string;
}
export interface PublishedVersion {
  stateMachineVersionArn: string;
  creationDateMs: number;
}

/** One or two versions of one state machine. Of 100 executions, each runs about as many as its weight; the weights make 100. */
export type RoutingConfiguration = readonly { readonly stateMachineVersionArn: string; readonly weight: number }[];
export interface CreateStateMachineAlias {
  name: string;
  description?: string;
  routingConfiguration: RoutingConfiguration;
}
export interface UpdateStateMachineAlias {
  stateMachineAliasArn: string;
  description?: string;
  routingConfiguration?: RoutingConfiguration;
}
export interface AliasSummary {
  stateMachineAliasArn: string;
  creationDateMs: number;
}
export interface AliasDescription extends AliasSummary {
  name: string;
  description?: string;
  routingConfiguration: RoutingConfiguration;
  updateDateMs: number;
}

export interface CreateActivity {
  name: string;
  tags?: readonly Tag[];
  /** Kept and shown again; a key of AWS's own where absent. */
  encryptionConfiguration?: Json;
}
export interface ActivitySummary {
  activityArn: string;
  name: string;
  creationDateMs: number;
}
export interface ActivityDescription extends ActivitySummary {
  encryptionConfiguration: Json;
}

export interface StartExecution {
  /** Of a state machine, of a version, or of an alias, which chooses a version. */
  stateMachineArn: string;
  /** A UUID where absent. */
  name?: string;
  /** `{}` where absent. */
  input?: string;
  traceHeader?: string;
}
export interface StopExecution {
  executionArn: string;
  error?: string;
  cause?: string;
}
export interface ExecutionSummary {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  /** Where it was started by a version, or by an alias that chose one. */
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
  status: ExecutionStatus;
  startDateMs: number;
  stopDateMs?: number;
  redriveCount: number;
  redriveDateMs?: number;
  /** Of the child of a Map Run. */
  mapRunArn?: string;
  itemCount?: number;
}
export interface ExecutionDescription extends ExecutionSummary {
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  traceHeader?: string;
  redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';
  /** Why it is not redrivable. */
  redriveStatusReason?: string;
}
export interface ListExecutions extends Page {
  /** Of a state machine, a version or an alias; or else of a Map Run, whose children are meant. */
  stateMachineArn?: string;
  mapRunArn?: string;
  statusFilter?: ExecutionStatus;
  redriveFilter?: 'REDRIVEN' | 'NOT_REDRIVEN';
}

export interface MapRunSummary {
  mapRunArn: string;
  executionArn: string;
  stateMachineArn: string;
  startDateMs: number;
  stopDateMs?: number;
}
export interface MapRunDescription extends Omit<MapRunSummary, 'stateMachineArn'> {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  maxConcurrency: number;
  toleratedFailurePercentage: number;
  toleratedFailureCount: number;
  itemCounts: MapRunCounts;
  executionCounts: MapRunCounts;
  redriveCount: number;
  redriveDateMs?: number;
}
export interface MapRunCounts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  pendingRedrive: number;
  /** Of those that failed, timed out or were aborted. */
  failuresNotRedrivable: number;
}
export interface UpdateMapRun {
  mapRunArn: string;
  maxConcurrency?: number;
  toleratedFailurePercentage?: number;
  toleratedFailureCount?: number;
}
export interface HistoryPage {
  /** The events' JSON text, a JSON array, exactly as GetExecutionHistory sends it: timestamps are epoch seconds. */
  eventsText: string;
  nextToken?: string;
}

export interface GetActivityTask {
  activityArn: string;
  workerName?: string;
  /** Aborted when the worker hangs up. */
  signal?: AbortSignal;
}
export interface ActivityTask {
  taskToken: string;
  /** JSON text. */
  input: string;
}
