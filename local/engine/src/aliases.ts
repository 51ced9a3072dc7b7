import type {
  AliasDescription,
  AliasSummary,
  CreateStateMachineAlias,
  Page,
  Paged,
  RoutingConfiguration,
  UpdateStateMachineAlias,
} from './api.ts';
import { parseStateMachineArn, qualifiedArn, stateMachineArn, type ArnMaker } from './arn.ts';
import type { Clock } from './clock.ts';
import {
  ConflictException,
  ResourceNotFound,
  ServiceQuotaExceededException,
  StateMachineDeleting,
  StateMachineDoesNotExist,
  ValidationException,
} from './errors.ts';
import { findNamed, parseVersionNumber } from './find-state-machine.ts';
import { readPage } from './read-page.ts';
import type { ResourceStore, StoredAlias, StoredStateMachine } from './resource-store.ts';

/** Step Functions quotas, "Number of aliases for a state machine". */
const ALIAS_COUNT_MAX = 100;

/** Aliases: names for one or two versions of a state machine, which share what is started by the name. */
export class Aliases {
  readonly #resources: ResourceStore;
  readonly #arns: ArnMaker;
  readonly #clock: Clock;

  constructor(resources: ResourceStore, arns: ArnMaker, clock: Clock) {
    this.#resources = resources;
    this.#arns = arns;
    this.#clock = clock;
  }

  create({ name, routingConfiguration, ...request }: CreateStateMachineAlias): AliasSummary {
    const description = request.description ?? null;
    const { machine, routing } = this.#parseRouting(routingConfiguration);
    const existing = this.#resources.findAlias(machine.id, name);
    if (existing !== undefined) {
      // Asking once more for what is there is answered as the first time.
      if (existing.description === description && isSameRouting(existing.routing, routing))
        return this.#summarize(machine, existing);
      throw new ConflictException(
        'Failed to create alias because an alias with the same name and a different routing configuration already exists.',
      );
    }
    if (this.#resources.listAliases(machine.id).length >= ALIAS_COUNT_MAX) {
      throw new ServiceQuotaExceededException(
        `State machine "${machine.name}" has ${ALIAS_COUNT_MAX} aliases, which is as many as it may have; delete one first`,
      );
    }
    const atMs = this.#clock.now();
    const alias = { stateMachineId: machine.id, name, description, routing, createdAtMs: atMs, updatedAtMs: atMs };
    this.#resources.insertAlias(alias);
    return this.#summarize(machine, alias);
  }

  describe(arn: string): AliasDescription {
    const { machine, alias } = this.#find(arn);
    return {
      ...this.#summarize(machine, alias),
      name: alias.name,
      ...(alias.description !== null && { description: alias.description }),
      routingConfiguration: alias.routing.map(({ version, weight }) => ({
        stateMachineVersionArn: qualifiedArn(stateMachineArn(this.#arns, machine.name), version),
        weight,
      })),
      updateDateMs: alias.updatedAtMs,
    };
  }

  update({ stateMachineAliasArn, description, routingConfiguration }: UpdateStateMachineAlias): {
    updateDateMs: number;
  } {
    if (description === undefined && routingConfiguration === undefined) {
      throw new ValidationException(
        'Either the description or the routingConfiguration must be specified',
        'MISSING_REQUIRED_PARAMETER',
      );
    }
    const { machine, alias } = this.#find(stateMachineAliasArn);
    if (machine.status === 'DELETING') throw new StateMachineDeleting(stateMachineAliasArn);
    const changed = {
      description: description ?? alias.description,
      routing: routingConfiguration === undefined ? alias.routing : this.#routingWithin(machine, routingConfiguration),
    };
    if (changed.description === alias.description && isSameRouting(changed.routing, alias.routing))
      return { updateDateMs: alias.updatedAtMs };
    const updatedAtMs = this.#clock.now();
    this.#resources.updateAlias(alias.id, { ...changed, updatedAtMs });
    return { updateDateMs: updatedAtMs };
  }

  delete(arn: string): void {
    this.#resources.deleteAlias(this.#find(arn).alias.id);
  }

  /** All of a state machine, or those that a version is reached by. AWS lists the oldest first, though its reference says otherwise. */
  list({ stateMachineArn: arn, ...page }: { stateMachineArn: string } & Page): Paged<AliasSummary> {
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named === undefined || named.kind === 'alias') throw new StateMachineDoesNotExist(arn);
    const all = this.#resources.listAliases(named.machine.id);
    const listed =
      named.kind === 'version'
        ? all.filter(({ routing }) => routing.some(({ version }) => version === named.version.number))
        : all;
    const { items, ...more } = readPage(
      page,
      0,
      (afterId, limit) => listed.filter(({ id }) => id > afterId).slice(0, limit),
      ({ id }) => id,
    );
    return { items: items.map((alias) => this.#summarize(named.machine, alias)), ...more };
  }

  #find(arn: string): { machine: StoredStateMachine; alias: StoredAlias } {
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named?.kind !== 'alias') throw new ResourceNotFound(arn);
    return named;
  }

  #routingWithin(machine: StoredStateMachine, configuration: RoutingConfiguration): StoredAlias['routing'] {
    const { machine: routed, routing } = this.#parseRouting(configuration);
    if (routed.id !== machine.id) {
      throw refuseRouting(
        'Routing configuration must contain versions of the state machine of the alias',
        configuration.map(({ stateMachineVersionArn }) => stateMachineVersionArn),
      );
    }
    return routing;
  }

  /** One or two versions of one state machine, all of them there. */
  #parseRouting(configuration: RoutingConfiguration): {
    machine: StoredStateMachine;
    routing: StoredAlias['routing'];
  } {
    checkRouting(configuration);
    const targets = configuration.map(({ stateMachineVersionArn: arn, weight }) => {
      const named = findNamed(this.#resources, this.#arns, arn);
      if (named?.kind !== 'version') throw new ResourceNotFound(arn);
      if (named.machine.status === 'DELETING') throw new StateMachineDeleting(arn);
      return { machine: named.machine, version: named.version.number, weight };
    });
    const [first] = targets;
    if (first === undefined) throw refuseRouting('Routing configuration must contain one or two versions', []);
    return { machine: first.machine, routing: targets.map(({ version, weight }) => ({ version, weight })) };
  }

  #summarize({ name: machineName }: StoredStateMachine, { name, createdAtMs }: Omit<StoredAlias, 'id'>): AliasSummary {
    return {
      stateMachineAliasArn: qualifiedArn(stateMachineArn(this.#arns, machineName), name),
      creationDateMs: createdAtMs,
    };
  }
}

function checkRouting(configuration: RoutingConfiguration): void {
  const arns = configuration.map(({ stateMachineVersionArn }) => stateMachineVersionArn);
  const weights = configuration.map(({ weight }) => weight);
  const parsed = arns.map(parseStateMachineArn);
  if (parsed.some(({ qualifier }) => parseVersionNumber(qualifier) === undefined))
    throw refuseRouting('Routing configuration must contain state machine version ARNs', arns);
  if (new Set(arns).size < arns.length)
    throw refuseRouting('Routing configuration must contain distinct state machine version ARNs', arns);
  if (new Set(parsed.map(({ name }) => name)).size > 1)
    throw refuseRouting('Routing configuration must contain versions of one state machine', arns);
  if (weights.reduce((sum, weight) => sum + weight, 0) !== 100)
    throw refuseRouting('Sum of routing configuration weights must equal 100', weights);
}

function refuseRouting(rule: string, received: readonly (string | number)[]): ValidationException {
  return new ValidationException(`${rule}. Received: [${received.join(', ')}]`, 'INVALID_ROUTING_CONFIGURATION');
}

function isSameRouting(left: StoredAlias['routing'], right: StoredAlias['routing']): boolean {
  return (
    left.length === right.length &&
    left.every(({ version, weight }) => right.some((other) => other.version === version && other.weight === weight))
  );
}
