import type { Json, StateMachineDefinition } from '../../asl/src/index.ts';
import type { ExecutionDescription, ExecutionSummary } from './api.ts';
import { executionArn, givenName, parseExecutionArn, qualifiedArn, stateMachineArn, type ArnMaker } from './arn.ts';
import type { ExecutionStore, StoredExecution } from './execution-store.ts';
import { itemProcessorAt, type Execution } from './execution.ts';
import type { MapResult } from './map-io.ts';
import type { StoredMapRun } from './map-run-store.ts';
import { parsePosition, redrivesIn } from './position.ts';
import { whyNotRedrivable } from './redrive.ts';
import type { Revisions } from './revisions.ts';
import { StoreDamaged } from './seal.ts';
import { EXPRESS_EVENTS_MAX } from './step.ts';

/** A year: the longest that an execution may take. Step Functions quotas, "Maximum execution time". */
const EXECUTION_SECONDS_MAX = 31_536_000;
/** The longest that an Express execution may take: five minutes. Step Functions quotas. */
const EXPRESS_SECONDS_MAX = 300;

/** What an execution runs, and under which name. */
export interface Ground {
  readonly definition: StateMachineDefinition;
  /** That of the state machine; for a child of a Map Run with the label of its Map behind it. */
  readonly machineName: string;
  readonly machineId: number;
  readonly isExpress: boolean;
  readonly roleArn: string;
  readonly revisionId: number;
  /** The way from the revision's definition to the Map state whose processor this is; empty for the definition itself. */
  readonly path: StoredMapRun['processorPath'];
}

/** An execution, and what it runs. */
export interface Current {
  readonly execution: Execution;
  readonly ground: Ground;
}

/** Executions as the store has them: where they stand, what they run, and how they are described. */
export class StoredExecutions {
  readonly #store: ExecutionStore;
  readonly #revisions: Revisions;
  readonly #arns: ArnMaker;
  readonly #now: () => number;

  constructor(store: ExecutionStore, revisions: Revisions, arns: ArnMaker, now: () => number) {
    this.#store = store;
    this.#revisions = revisions;
    this.#arns = arns;
    this.#now = now;
  }

  load(executionId: number): Current | undefined {
    const stored = this.#store.loadExecution(executionId);
    if (stored === undefined) return undefined;
    refuseImpossible(stored);
    const ground = this.groundOf(stored);
    const input = JSON.parse(stored.input) as Json;
    const position = parsePosition(stored.position, input);
    const redrivenAtMs = position.redrives?.at(-1)?.at;
    const execution: Execution = {
      ...this.identity(stored, ground),
      input,
      redriveCount: stored.redriveCount,
      status: stored.status,
      lastEventId: stored.lastEventId,
      lastEffectId: stored.lastEffectId,
      ...position,
      ...(redrivenAtMs !== undefined && { deadlineMs: deadlineOf(ground, redrivenAtMs) }),
    };
    return { execution, ground };
  }

  /** An execution runs its revision's definition, or as a child of a Map Run the processor of a Map in it. */
  groundOf({ stateMachineId, revisionId }: Pick<StoredExecution, 'stateMachineId' | 'revisionId'>): Ground {
    const { machine, revision, definition } = this.#revisions.load(revisionId);
    const common = { machineId: machine.id, roleArn: revision.roleArn, revisionId };
    if (stateMachineId >= 0)
      return { ...common, definition, machineName: machine.name, path: [], isExpress: machine.type === 'EXPRESS' };
    const run = this.#store.mapRuns.loadMapRun(-stateMachineId);
    if (run === undefined) throw new Error(`the store has lost Map Run ${-stateMachineId}`);
    const path = run.processorPath;
    return {
      ...common,
      ...itemProcessorAt(definition, path),
      machineName: `${machine.name}/${run.label}`,
      path,
    };
  }

  identity({ name, startedAtMs }: Pick<StoredExecution, 'name' | 'startedAtMs'>, ground: Ground) {
    const machineArn = stateMachineArn(this.#arns, ground.machineName);
    return {
      executionArn: executionArn(machineArn, name),
      name: givenName(name),
      stateMachineArn: machineArn,
      stateMachineName: ground.machineName,
      roleArn: ground.roleArn,
      startedAtMs,
      deadlineMs: deadlineOf(ground, startedAtMs),
    };
  }

  /** @throws if it is not there. */
  get(executionId: number): StoredExecution {
    const stored = this.#store.loadExecution(executionId);
    if (stored === undefined) throw new Error(`the store has lost execution ${executionId}`);
    return stored;
  }

  resultOf(executionId: number): MapResult {
    const stored = this.get(executionId);
    const { status, input, output, error, cause, startedAtMs, stoppedAtMs } = stored;
    return {
      executionArn: this.arnOf(stored).executionArn,
      name: givenName(stored.name),
      status,
      input,
      ...(output !== null && { output }),
      ...(error !== null && { error }),
      ...(cause !== null && { cause }),
      startDateMs: startedAtMs,
      ...(stoppedAtMs !== null && { stopDateMs: stoppedAtMs }),
    };
  }

  arnOf(stored: StoredExecution): { executionArn: string; stateMachineArn: string } {
    const { executionArn, stateMachineArn } = this.identity(stored, this.groundOf(stored));
    return { executionArn, stateMachineArn };
  }

  find(arn: string): StoredExecution | undefined {
    const { stateMachineName, name } = parseExecutionArn(arn);
    const found = stateMachineName.includes('/')
      ? this.#store.findChildExecution(name)
      : this.#store.findExecution(stateMachineName, name);
    return found !== undefined && this.arnOf(found).executionArn === arn ? found : undefined;
  }

  describe(stored: StoredExecution): ExecutionDescription {
    const { input, output, error, cause, traceHeader } = stored;
    return {
      ...this.summarize(stored),
      input,
      ...(output !== null && { output }),
      ...(error !== null && { error }),
      ...(cause !== null && { cause }),
      ...(traceHeader !== null && { traceHeader }),
      ...this.#redriveOf(stored),
    };
  }

  /** Without what it was given and gave, which may be long, or damaged. */
  summarize(stored: StoredExecution): ExecutionSummary {
    const { name, status, startedAtMs, stoppedAtMs, redriveCount } = stored;
    const { executionArn: arn, stateMachineArn: machineArn } = this.arnOf(stored);
    const redriveDateMs = redriveCount === 0 ? undefined : redrivesIn(stored.position).at(-1)?.at;
    return {
      executionArn: arn,
      stateMachineArn: machineArn,
      ...startedBy(machineArn, stored),
      name,
      status,
      startDateMs: startedAtMs,
      ...(stoppedAtMs !== null && { stopDateMs: stoppedAtMs }),
      redriveCount,
      ...(redriveDateMs !== undefined && { redriveDateMs }),
      ...(stored.stateMachineId < 0 && this.#childhood(stored)),
    };
  }

  #redriveOf(stored: StoredExecution): Pick<ExecutionDescription, 'redriveStatus' | 'redriveStatusReason'> {
    const reason = whyNotRedrivable(stored, this.#now());
    if (reason !== undefined) return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: reason };
    return { redriveStatus: stored.stateMachineId < 0 ? 'REDRIVABLE_BY_MAP_RUN' : 'REDRIVABLE' };
  }

  #childhood({ id, stateMachineId }: StoredExecution): { mapRunArn?: string; itemCount?: number } {
    const run = this.#store.mapRuns.loadMapRun(-stateMachineId);
    const child = this.#store.mapRuns.findChild(id);
    return { ...(run && { mapRunArn: run.arn }), ...(child && { itemCount: child.items }) };
  }

  hasExpressChildren(run: StoredMapRun): boolean {
    return this.groundOf({ stateMachineId: -run.id, revisionId: run.revisionId }).isExpress;
  }
}

/** The ARNs of the version and the alias that an execution was started by, if it was. */
export function startedBy(machineArn: string, { version, alias }: Pick<StoredExecution, 'version' | 'alias'>) {
  return {
    ...(version !== null && { stateMachineVersionArn: qualifiedArn(machineArn, version) }),
    ...(alias !== null && { stateMachineAliasArn: qualifiedArn(machineArn, alias) }),
  };
}

/** When an execution has to have ended that began, or was redriven, at this instant. */
export function deadlineOf({ definition, isExpress }: Ground, startedAtMs: number): number {
  const secondsMax = isExpress ? EXPRESS_SECONDS_MAX : EXECUTION_SECONDS_MAX;
  return startedAtMs + Math.min(definition.TimeoutSeconds ?? secondsMax, secondsMax) * 1000;
}

/** Numbers have no checksum. What goes on from one that no execution reaches could go on for ever. */
function refuseImpossible({ id, lastEventId, lastEffectId, redriveCount }: StoredExecution): void {
  const isPossible = (count: number): boolean => Number.isInteger(count) && count >= 0 && count <= EXPRESS_EVENTS_MAX;
  if (![lastEventId, lastEffectId, redriveCount].every(isPossible))
    throw new StoreDamaged(
      `the place of execution ${id}`,
      `no execution has ${lastEventId} events, ${lastEffectId} effects and ${redriveCount} redrives`,
    );
}
