import { describeProblems, jsonText, parseDefinition, type StateMachineDefinition } from '../../asl/src/index.ts';
import type {
  CreateStateMachine,
  Page,
  Paged,
  StateMachineDescription,
  StateMachineSettings,
  StateMachineSummary,
  StateMachineType,
  UpdateStateMachine,
} from './api.ts';
import { parseStateMachineArn, stateMachineArn, type ArnMaker } from './arn.ts';
import type { Clock } from './clock.ts';
import {
  InvalidDefinition,
  StateMachineAlreadyExists,
  StateMachineDeleting,
  StateMachineDoesNotExist,
} from './errors.ts';
import type { ExecutionStore } from './execution-store.ts';
import { readPageToken, writePageToken } from './page-token.ts';
import type { ResourceStore, StoredRevision, StoredStateMachine } from './resource-store.ts';
import { unsupported } from './unsupported.ts';

/** A revision as executions run it: its definition is parsed once, however many executions it has. */
export interface LoadedRevision {
  readonly machine: StoredStateMachine;
  readonly revision: StoredRevision;
  readonly definition: StateMachineDefinition;
}

/** Parsed definitions are kept for so many revisions; more are read again when they are needed. */
const LOADED_MAX = 1_000;

/**
 * The state machines and their revisions. An execution keeps the revision that it was started with, so a change of a definition
 * never reaches what already runs. Methods that write run within a transaction of the caller's.
 */
export class StateMachines {
  readonly #store: ExecutionStore;
  readonly #resources: ResourceStore;
  readonly #clock: Clock;
  readonly #arns: ArnMaker;
  readonly #uuid: () => string;
  readonly #loaded = new Map<number, LoadedRevision>();
  /** The revision that a start would take, by name; forgotten at every write. */
  readonly #current = new Map<string, LoadedRevision>();
  /** Those that wait for their last execution. */
  readonly #deleting: Set<number>;

  constructor(store: ExecutionStore, clock: Clock, arns: ArnMaker, uuid: () => string) {
    this.#store = store;
    this.#resources = store.resources;
    this.#clock = clock;
    this.#arns = arns;
    this.#uuid = uuid;
    this.#deleting = new Set(store.resources.stateMachinesBeingDeleted());
  }

  /** What was read or written in a transaction that did not come to be is forgotten. */
  forget(): void {
    this.#loaded.clear();
    this.#current.clear();
  }

  create(request: CreateStateMachine): { stateMachineArn: string; creationDateMs: number } {
    const type = request.type ?? 'STANDARD';
    check(request.definition, type);
    const arn = stateMachineArn(this.#arns, request.name);
    const existing = this.#resources.findStateMachine(request.name);
    if (existing !== undefined) {
      if (existing.status === 'DELETING') throw new StateMachineDeleting(arn);
      // Asking once more for what is there is answered as the first time.
      if (existing.type !== type || !isSame(this.#resources.currentRevision(existing.id), request))
        throw new StateMachineAlreadyExists(arn);
      return { stateMachineArn: arn, creationDateMs: existing.createdAtMs };
    }
    const createdAtMs = this.#clock.now();
    const id = this.#resources.insertStateMachine({ name: request.name, type, status: 'ACTIVE', createdAtMs });
    this.#insertRevision(id, null, request.definition, request.roleArn, settingsOf(request), createdAtMs);
    return { stateMachineArn: arn, creationDateMs: createdAtMs };
  }

  /** Makes a new revision, unless nothing changes: then the one that is there stays, as on AWS. */
  update(request: UpdateStateMachine): { updateDateMs: number; revisionId: string } {
    const machine = this.find(request.stateMachineArn);
    if (request.definition !== undefined) check(request.definition, machine.type);
    const before = this.#resources.currentRevision(machine.id);
    const updateDateMs = this.#clock.now();
    const definition = request.definition ?? before.definition;
    const roleArn = request.roleArn ?? before.roleArn;
    const settings = { ...before.settings, ...settingsOf(request) };
    if (before.revisionId !== null && isSame(before, { definition, roleArn, ...settings })) {
      return { updateDateMs, revisionId: before.revisionId };
    }
    const revisionId = this.#uuid();
    this.#insertRevision(machine.id, revisionId, definition, roleArn, settings, updateDateMs);
    return { updateDateMs, revisionId };
  }

  /** Marks it as DELETING while executions of it run; {@link StateMachines.finishDeletion} ends that. Unknown is no error. */
  delete(arn: string): void {
    const { name } = parseStateMachineArn(arn);
    const machine = arn === stateMachineArn(this.#arns, name) ? this.#resources.findStateMachine(name) : undefined;
    if (machine === undefined) return;
    this.forget();
    this.#deleting.add(machine.id);
    this.#resources.setStateMachineStatus(machine.id, 'DELETING');
    this.finishDeletion(machine.id);
  }

  /** An execution of this machine has ended; if it was the last one that a deletion waited for, the machine goes. */
  finishDeletion(stateMachineId: number): void {
    if (!this.#deleting.has(stateMachineId) || this.#store.hasRunningExecutions(stateMachineId)) return;
    this.forget();
    this.#resources.setStateMachineStatus(stateMachineId, 'DELETED');
  }

  describe(arn: string): StateMachineDescription {
    const machine = this.find(arn);
    return this.#describe(machine, this.#resources.currentRevision(machine.id));
  }

  describeRevision(revisionId: number): StateMachineDescription {
    const { machine, revision } = this.revision(revisionId);
    return this.#describe(machine, revision);
  }

  list(page: Page): Paged<StateMachineSummary> {
    const limit = page.maxResults ?? 100;
    const machines = this.#resources.listStateMachines(
      readPageToken(page.nextToken) ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    );
    const items = machines.slice(0, limit);
    return {
      items: items.map((machine) => this.#summarize(machine)),
      ...(machines.length > limit && { nextToken: writePageToken(items.at(-1)?.id ?? 0) }),
    };
  }

  find(arn: string): StoredStateMachine {
    const { name } = parseStateMachineArn(arn);
    // An ARN with a qualifier, of another region or another account, names nothing that is here.
    const machine = arn === stateMachineArn(this.#arns, name) ? this.#resources.findStateMachine(name) : undefined;
    if (machine === undefined) throw new StateMachineDoesNotExist(arn);
    return machine;
  }

  /** What an execution that starts now will run. */
  current(arn: string): LoadedRevision {
    const known = this.#current.get(arn);
    if (known !== undefined) return known;
    const machine = this.find(arn);
    if (machine.status === 'DELETING') throw new StateMachineDeleting(arn);
    const current = this.revision(this.#resources.currentRevision(machine.id).id);
    remember(this.#current, arn, current);
    return current;
  }

  revision(id: number): LoadedRevision {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const revision = this.#resources.loadRevision(id);
    const machine = revision && this.#resources.loadStateMachine(revision.stateMachineId);
    if (revision === undefined || machine === undefined) throw new Error(`the store has lost revision ${id}`);
    const parsed = parseDefinition(revision.definition, { type: machine.type });
    if ('problems' in parsed)
      throw new Error(`revision ${id} was accepted once, and is refused now: ${describeProblems(parsed.problems)}`);
    const loaded = { machine, revision, definition: parsed.definition };
    remember(this.#loaded, id, loaded);
    return loaded;
  }

  #insertRevision(
    stateMachineId: number,
    revisionId: string | null,
    definition: string,
    roleArn: string,
    settings: StateMachineSettings,
    createdAtMs: number,
  ): void {
    this.#current.clear();
    this.#resources.insertRevision({ stateMachineId, revisionId, definition, roleArn, settings, createdAtMs });
  }

  #summarize(machine: StoredStateMachine): StateMachineSummary {
    return {
      stateMachineArn: stateMachineArn(this.#arns, machine.name),
      name: machine.name,
      type: machine.type,
      creationDateMs: machine.createdAtMs,
    };
  }

  #describe(machine: StoredStateMachine, revision: StoredRevision): StateMachineDescription {
    return {
      ...this.#summarize(machine),
      ...revision.settings,
      status: machine.status === 'DELETED' ? 'DELETING' : machine.status,
      definition: revision.definition,
      roleArn: revision.roleArn,
      updateDateMs: revision.createdAtMs,
      ...(revision.revisionId !== null && { revisionId: revision.revisionId }),
    };
  }
}

function check(definition: string, type: StateMachineType): void {
  const parsed = parseDefinition(definition, { type });
  const problems =
    'problems' in parsed
      ? parsed.problems.filter(({ severity }) => severity === 'ERROR')
      : unsupported(parsed.definition);
  if (problems.length > 0) throw new InvalidDefinition(describeProblems(problems));
}

function settingsOf(request: StateMachineSettings): StateMachineSettings {
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = request;
  return {
    ...(loggingConfiguration !== undefined && { loggingConfiguration }),
    ...(tracingConfiguration !== undefined && { tracingConfiguration }),
    ...(encryptionConfiguration !== undefined && { encryptionConfiguration }),
  };
}

function isSame(revision: StoredRevision, request: Omit<CreateStateMachine, 'name'>): boolean {
  return (
    revision.definition === request.definition &&
    revision.roleArn === request.roleArn &&
    jsonText({ ...revision.settings }) === jsonText({ ...settingsOf(request) })
  );
}

function remember<K>(map: Map<K, LoadedRevision>, key: K, value: LoadedRevision): void {
  if (map.size >= LOADED_MAX) map.clear();
  map.set(key, value);
}
