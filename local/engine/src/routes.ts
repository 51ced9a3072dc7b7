import { chanceFrom } from '../../asl/src/index.ts';
import type { ArnMaker } from './arn.ts';
import type { EntropySource } from './entropy.ts';
import { StateMachineDeleting, StateMachineDoesNotExist } from './errors.ts';
import { findNamed, type Named } from './find-state-machine.ts';
import type { ResourceStore } from './resource-store.ts';
import type { LoadedRevision, Revisions } from './revisions.ts';

/** What an execution runs, and what it was started by. */
export interface Route {
  readonly running: LoadedRevision;
  /** Null where it was started by the state machine itself, even if its revision is published. */
  readonly version: number | null;
  readonly alias: string | null;
}

interface WeightedRoute extends Route {
  /** Of 100 executions, so many go this way. */
  readonly weight: number;
}

/** The ways of so many ARNs are kept; more are looked up again when they are needed. */
const KNOWN_MAX = 1_000;

/** Where executions go that are started by the ARN of a state machine, of a version, or of an alias. */
export class Routes {
  readonly #resources: ResourceStore;
  readonly #arns: ArnMaker;
  readonly #revisions: Revisions;
  readonly #known = new Map<string, readonly WeightedRoute[]>();

  constructor(resources: ResourceStore, arns: ArnMaker, revisions: Revisions) {
    this.#resources = resources;
    this.#arns = arns;
    this.#revisions = revisions;
  }

  /** To be called at every change of what has a name. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * The way of one execution. Where there are two, `draw` decides by their weights.
   *
   * @throws {StateMachineDoesNotExist}
   * @throws {StateMachineDeleting}
   */
  choose(arn: string, draw: () => number): Route {
    const [first, second] = this.#ways(arn);
    if (first === undefined) throw new StateMachineDoesNotExist(arn);
    if (second === undefined) return first;
    return draw() * 100 < first.weight ? first : second;
  }

  #ways(arn: string): readonly WeightedRoute[] {
    const known = this.#known.get(arn);
    if (known !== undefined) return known;
    const named = findNamed(this.#resources, this.#arns, arn);
    if (named === undefined) return [];
    if (named.machine.status === 'DELETING') throw new StateMachineDeleting(arn);
    const ways = this.#waysOf(named);
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(arn, ways);
    return ways;
  }

  #waysOf(named: Named): readonly WeightedRoute[] {
    const { machine, kind } = named;
    if (kind === 'state machine') {
      const { id } = this.#resources.currentRevision(machine.id);
      return [{ running: this.#revisions.load(id), version: null, alias: null, weight: 100 }];
    }
    if (kind === 'version') return [this.#wayOfVersion(machine.id, named.version.number, null, 100)];
    const { name, routing } = named.alias;
    return routing.map(({ version, weight }) => this.#wayOfVersion(machine.id, version, name, weight));
  }

  #wayOfVersion(stateMachineId: number, number: number, alias: string | null, weight: number): WeightedRoute {
    const version = this.#resources.findVersion(stateMachineId, number);
    if (version === undefined) throw new Error(`version ${number} was deleted although an alias refers to it`);
    return { running: this.#revisions.load(version.revisionId), version: number, alias, weight };
  }
}

/** A draw from 0 up to 1 that is made when it is asked for, and then stays: a start that has to be worked out anew goes the same way. */
export function drawOnce(entropy: EntropySource): () => number {
  let drawn: number | undefined;
  return () => (drawn ??= chanceFrom(entropy()).random());
}
