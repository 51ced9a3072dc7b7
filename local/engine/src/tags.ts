import type { Tag } from './api.ts';
import { activityArn, parseActivityArn, type ArnMaker } from './arn.ts';
import { ResourceNotFound, TooManyTags } from './errors.ts';
import { findNamed } from './find-state-machine.ts';
import type { ResourceStore } from './resource-store.ts';

/** Step Functions quotas, "Maximum number of tags per resource". */
const TAG_COUNT_MAX = 50;

/** The tags of state machines and activities. */
export class Tags {
  readonly #resources: ResourceStore;
  readonly #arns: ArnMaker;

  constructor(resources: ResourceStore, arns: ArnMaker) {
    this.#resources = resources;
    this.#arns = arns;
  }

  list(resourceArn: string): Tag[] {
    this.#requireResource(resourceArn);
    return this.#resources.tagsOf(resourceArn);
  }

  add(resourceArn: string, added: readonly Tag[]): void {
    this.#requireResource(resourceArn);
    const before = this.#resources.tagsOf(resourceArn);
    this.#resources.putTags(resourceArn, mergeTags(resourceArn, before, added));
  }

  remove(resourceArn: string, tagKeys: readonly string[]): void {
    this.#requireResource(resourceArn);
    const left = this.#resources.tagsOf(resourceArn).filter(({ key }) => !tagKeys.includes(key));
    this.#resources.putTags(resourceArn, left);
  }

  #requireResource(arn: string): void {
    if (!this.#isResource(arn)) throw new ResourceNotFound(arn);
  }

  /** Versions and aliases carry no tags of their own. */
  #isResource(arn: string): boolean {
    if (arn.split(':')[5] !== 'activity') return findNamed(this.#resources, this.#arns, arn)?.kind === 'state machine';
    const { name } = parseActivityArn(arn);
    return arn === activityArn(this.#arns, name) && this.#resources.findActivity(name) !== undefined;
  }
}

/**
 * A tag whose key is there already gets the new value.
 *
 * @throws {TooManyTags}
 */
export function mergeTags(resourceArn: string, before: readonly Tag[], added: readonly Tag[]): Tag[] {
  const values = new Map([...before, ...added].map(({ key, value }) => [key, value]));
  if (values.size > TAG_COUNT_MAX) throw new TooManyTags(resourceArn, TAG_COUNT_MAX);
  return Array.from(values, ([key, value]) => ({ key, value }));
}
