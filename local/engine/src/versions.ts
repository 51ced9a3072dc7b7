import type { Page, Paged, PublishedVersion, PublishStateMachineVersion } from './api.ts';
import { parseStateMachineArn, qualifiedArn, stateMachineArn, type ArnMaker } from './arn.ts';
import type { Clock } from './clock.ts';
import { ConflictException, InvalidArn, ServiceQuotaExceededException, StateMachineDeleting } from './errors.ts';
import { findNamed, findStateMachine, parseVersionNumber } from './find-state-machine.ts';
import { NEWEST, readPage } from './read-page.ts';
import type { ResourceStore, StoredRevision, StoredStateMachine, StoredVersion } from './resource-store.ts';

/** Step Functions quotas, "Number of published state machine versions". */
const VERSION_COUNT_MAX = 1_000;

/** What a publisher calls the revision that has no id yet. Step Functions API Reference, PublishStateMachineVersion. */
const INITIAL_REVISION = 'INITIAL';

/**
 * Versions: revisions of a state machine that were given a number, for good. Methods that write run within a transaction of the
 * caller's, and refuse before they write.
 */
export class Versions {
  readonly #resources: ResourceStore;
  readonly #arns: ArnMaker;
  readonly #clock: Clock;

  constructor(resources: ResourceStore, arns: ArnMaker, clock: Clock) {
    this.#resources = resources;
    this.#arns = arns;
    this.#clock = clock;
  }

  publish({ stateMachineArn: arn, revisionId, description }: PublishStateMachineVersion): PublishedVersion {
    const machine = findStateMachine(this.#resources, this.#arns, arn);
    if (machine.status === 'DELETING') throw new StateMachineDeleting(arn);
    const current = this.#resources.currentRevision(machine.id);
    const currentId = current.revisionId ?? INITIAL_REVISION;
    if (revisionId !== undefined && revisionId !== currentId) {
      throw new ConflictException(
        `Failed to publish the State Machine version for revision ${revisionId}. The current State Machine revision is ${currentId}.`,
      );
    }
    return this.publishRevision(machine, current, description);
  }

  /** A revision that is published already stays under the number and the description that it has. */
  publishRevision(
    machine: StoredStateMachine,
    revision: StoredRevision,
    description: string | undefined,
  ): PublishedVersion {
    const published = this.ofCurrentRevision(revision);
    if (published !== undefined) return this.#published(machine, published);
    this.requireRoom(machine);
    const version = {
      stateMachineId: machine.id,
      revisionId: revision.id,
      description: description ?? null,
      createdAtMs: this.#clock.now(),
    };
    return this.#published(machine, { ...version, number: this.#resources.insertVersion(version) });
  }

  /** The version of a revision that is its state machine's current one: if any is, it is the latest. */
  ofCurrentRevision(revision: StoredRevision): StoredVersion | undefined {
    const [latest] = this.#resources.listVersions(revision.stateMachineId, NEWEST, 1);
    return latest?.revisionId === revision.id ? latest : undefined;
  }

  requireRoom({ id, name }: StoredStateMachine): void {
    if (this.#resources.countVersions(id) < VERSION_COUNT_MAX) return;
    throw new ServiceQuotaExceededException(
      `State machine "${name}" has ${VERSION_COUNT_MAX} versions, which is as many as it may have; delete one first`,
    );
  }

  /** A version that is not there is no error, as on AWS. What it started goes on. */
  delete(arn: string): void {
    if (parseVersionNumber(parseStateMachineArn(arn).qualifier) === undefined)
      throw new InvalidArn(`This is not the ARN of a version: ${arn}`);
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named?.kind !== 'version') return;
    const { stateMachineId, number } = named.version;
    const aliases = this.#resources
      .listAliases(stateMachineId)
      .filter(({ routing }) => routing.some(({ version }) => version === number));
    if (aliases.length > 0) {
      const names = aliases.map(({ name }) => name).join(', ');
      throw new ConflictException(
        `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${names}]`,
      );
    }
    this.#resources.deleteVersion(stateMachineId, number);
  }

  /** A state machine that is not there has no versions; this action of the service has no error for it. */
  list({ stateMachineArn: arn, ...page }: { stateMachineArn: string } & Page): Paged<PublishedVersion> {
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named?.kind !== 'state machine') return { items: [] };
    const { machine } = named;
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeNumber, limit) => this.#resources.listVersions(machine.id, beforeNumber, limit),
      ({ number }) => number,
    );
    return { items: items.map((version) => this.#published(machine, version)), ...more };
  }

  #published({ name }: StoredStateMachine, { number, createdAtMs }: StoredVersion): PublishedVersion {
    return {
      stateMachineVersionArn: qualifiedArn(stateMachineArn(this.#arns, name), number),
      creationDateMs: createdAtMs,
    };
  }
}
