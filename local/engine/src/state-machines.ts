import { jsonText, variableReferences } from '../../asl/src/index.ts';
import type {
  CreateStateMachine,
  Page,
  Paged,
  StateMachineDescription,
  StateMachineSettings,
  StateMachineSummary,
  UpdateStateMachine,
} from './api.ts';
import { parseStateMachineArn, stateMachineArn, type ArnMaker } from './arn.ts';
import { checkDefinition } from './check-definition.ts';
import type { Clock } from './clock.ts';
import {
  StateMachineAlreadyExists,
  StateMachineDeleting,
  StateMachineDoesNotExist,
  ValidationException,
} from './errors.ts';
import type { ExecutionStore } from './execution-store.ts';
import { findNamed, findStateMachine } from './find-state-machine.ts';
import { NEWEST, readPage } from './read-page.ts';
import type { ResourceStore, StoredRevision, StoredStateMachine } from './resource-store.ts';
import type { LoadedRevision, Revisions } from './revisions.ts';
import { mergeTags } from './tags.ts';
import type { Versions } from './versions.ts';

/**
 * The state machines and their revisions. An execution keeps the revision that it was started with, so a change of a definition
 * never reaches what already runs. Methods that write run within a transaction of the caller's, and refuse before they write.
 */
export class StateMachines {
  readonly #store: ExecutionStore;
  readonly #resources: ResourceStore;
  readonly #revisions: Revisions;
  readonly #versions: Versions;
  readonly #clock: Clock;
  readonly #arns: ArnMaker;
  readonly #uuid: () => string;
  /** Those that wait for their last execution, once they were read. */
  #deleting: Set<number> | undefined;

  constructor(
    store: ExecutionStore,
    arns: ArnMaker,
    clock: Clock,
    uuid: () => string,
    revisions: Revisions,
    versions: Versions,
  ) {
    this.#store = store;
    this.#resources = store.resources;
    this.#revisions = revisions;
    this.#versions = versions;
    this.#clock = clock;
    this.#arns = arns;
    this.#uuid = uuid;
  }

  /** What was written in a transaction that did not come to be is forgotten. */
  forget(): void {
    this.#deleting = undefined;
  }

  create(request: CreateStateMachine): {
    stateMachineArn: string;
    creationDateMs: number;
    stateMachineVersionArn?: string;
  } {
    checkVersionDescription(request);
    checkDefinition(request.definition, request.type ?? 'STANDARD');
    const arn = stateMachineArn(this.#arns, request.name);
    const tags = mergeTags(arn, [], request.tags ?? []);
    const machine = this.#existing(arn, request) ?? this.#insert(arn, request, tags);
    const created = { stateMachineArn: arn, creationDateMs: machine.createdAtMs };
    return request.publish === true ? { ...created, ...this.#publish(machine, request) } : created;
  }

  /** Makes a new revision, unless nothing changes: then the one that is there stays, as on AWS. */
  update(request: UpdateStateMachine): { updateDateMs: number; revisionId: string; stateMachineVersionArn?: string } {
    checkVersionDescription(request);
    const machine = findStateMachine(this.#resources, this.#arns, request.stateMachineArn);
    if (request.definition !== undefined) checkDefinition(request.definition, machine.type);
    if (request.publish === true) this.#versions.requireRoom(machine);
    const updated = this.#revise(machine, request);
    return request.publish === true ? { ...updated, ...this.#publish(machine, request) } : updated;
  }

  /** Marks it as DELETING while executions of it run; {@link StateMachines.finishDeletion} ends that. Unknown is no error. */
  delete(arn: string): void {
    const { name } = parseStateMachineArn(arn);
    const machine = arn === stateMachineArn(this.#arns, name) ? this.#resources.findStateMachine(name) : undefined;
    if (machine === undefined) return;
    this.#beingDeleted().add(machine.id);
    this.#resources.setStateMachineStatus(machine.id, 'DELETING');
    this.finishDeletion(machine.id);
  }

  /** An execution of this machine has ended; if it was the last one that a deletion waited for, the machine goes. */
  finishDeletion(stateMachineId: number): void {
    const deleting = this.#beingDeleted();
    if (!deleting.has(stateMachineId) || this.#store.hasRunningExecutions(stateMachineId)) return;
    deleting.delete(stateMachineId);
    const machine = this.#resources.loadStateMachine(stateMachineId);
    this.#resources.setStateMachineStatus(stateMachineId, 'DELETED');
    // Its name is free again, and whoever takes it takes no tags over.
    if (machine !== undefined) this.#resources.putTags(stateMachineArn(this.#arns, machine.name), []);
  }

  /** A version has an ARN, a date and a description of its own. */
  describe(arn: string): StateMachineDescription {
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named === undefined || named.kind === 'alias') throw new StateMachineDoesNotExist(arn);
    const { machine } = named;
    if (named.kind === 'state machine') {
      const { id } = this.#resources.currentRevision(machine.id);
      return this.describeRevision(machine, this.#revisions.load(id));
    }
    const { revisionId, createdAtMs, description } = named.version;
    return {
      ...this.describeRevision(machine, this.#revisions.load(revisionId)),
      stateMachineArn: arn,
      creationDateMs: createdAtMs,
      ...(description !== null && { description }),
    };
  }

  describeRevision(machine: StoredStateMachine, { revision, definition }: LoadedRevision): StateMachineDescription {
    return {
      ...this.#summarize(machine),
      ...revision.settings,
      status: machine.status === 'DELETED' ? 'DELETING' : machine.status,
      definition: revision.definition,
      roleArn: revision.roleArn,
      updateDateMs: revision.createdAtMs,
      ...(revision.revisionId !== null && { revisionId: revision.revisionId }),
      variableReferences: variableReferences(definition),
    };
  }

  list(page: Page): Paged<StateMachineSummary> {
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeId, limit) => this.#resources.listStateMachines(beforeId, limit),
      ({ id }) => id,
    );
    return { items: items.map((machine) => this.#summarize(machine)), ...more };
  }

  /** Asking once more for what is there is answered as the first time; the role and the tags are not looked at, as on AWS. */
  #existing(arn: string, request: CreateStateMachine): StoredStateMachine | undefined {
    const machine = this.#resources.findStateMachine(request.name);
    if (machine === undefined) return undefined;
    if (machine.status === 'DELETING') throw new StateMachineDeleting(arn);
    const current = this.#resources.currentRevision(machine.id);
    const isPublishedSo =
      request.publish !== true ||
      this.#versions.ofCurrentRevision(current)?.description === (request.versionDescription ?? null);
    if (machine.type !== (request.type ?? 'STANDARD') || !hasContent(current, request) || !isPublishedSo)
      throw new StateMachineAlreadyExists(arn);
    return machine;
  }

  #insert(arn: string, request: CreateStateMachine, tags: ReturnType<typeof mergeTags>): StoredStateMachine {
    const { name, type = 'STANDARD', definition, roleArn } = request;
    const machine = { name, type, status: 'ACTIVE', createdAtMs: this.#clock.now() } as const;
    const id = this.#resources.insertStateMachine(machine);
    this.#resources.insertRevision({
      stateMachineId: id,
      revisionId: null,
      definition,
      roleArn,
      settings: settingsOf(request),
      createdAtMs: machine.createdAtMs,
    });
    this.#resources.putTags(arn, tags);
    return { id, ...machine };
  }

  #revise(machine: StoredStateMachine, request: UpdateStateMachine): { updateDateMs: number; revisionId: string } {
    const before = this.#resources.currentRevision(machine.id);
    const updateDateMs = this.#clock.now();
    const { definition = before.definition, roleArn = before.roleArn } = request;
    const settings = { ...before.settings, ...settingsOf(request) };
    const isSame = roleArn === before.roleArn && hasContent(before, { definition, ...settings });
    if (isSame && before.revisionId !== null) return { updateDateMs, revisionId: before.revisionId };
    const revisionId = this.#uuid();
    this.#resources.insertRevision({
      stateMachineId: machine.id,
      revisionId,
      definition,
      roleArn,
      settings,
      createdAtMs: updateDateMs,
    });
    return { updateDateMs, revisionId };
  }

  #publish(machine: StoredStateMachine, request: { versionDescription?: string }): { stateMachineVersionArn: string } {
    const current = this.#resources.currentRevision(machine.id);
    const { stateMachineVersionArn } = this.#versions.publishRevision(machine, current, request.versionDescription);
    return { stateMachineVersionArn };
  }

  #beingDeleted(): Set<number> {
    return (this.#deleting ??= new Set(this.#resources.stateMachinesBeingDeleted()));
  }

  #summarize(machine: StoredStateMachine): StateMachineSummary {
    return {
      stateMachineArn: stateMachineArn(this.#arns, machine.name),
      name: machine.name,
      type: machine.type,
      creationDateMs: machine.createdAtMs,
    };
  }
}

function checkVersionDescription(request: { publish?: boolean; versionDescription?: string }): void {
  if (request.versionDescription !== undefined && request.publish !== true)
    throw new ValidationException('Version description can only be set when publish is true');
}

function settingsOf(request: StateMachineSettings): StateMachineSettings {
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = request;
  return {
    ...(loggingConfiguration !== undefined && { loggingConfiguration }),
    ...(tracingConfiguration !== undefined && { tracingConfiguration }),
    ...(encryptionConfiguration !== undefined && { encryptionConfiguration }),
  };
}

function hasContent(revision: StoredRevision, content: { definition: string } & StateMachineSettings): boolean {
  return (
    revision.definition === content.definition &&
    jsonText({ ...revision.settings }) === jsonText({ ...settingsOf(content) })
  );
}
