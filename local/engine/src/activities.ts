import { jsonText } from '../../asl/src/index.ts';
import type { ActivityDescription, ActivitySummary, CreateActivity, Page, Paged } from './api.ts';
import { activityArn, parseActivityArn, type ArnMaker } from './arn.ts';
import type { Clock } from './clock.ts';
import { ActivityAlreadyExists, ActivityDoesNotExist } from './errors.ts';
import { NEWEST, readPage } from './read-page.ts';
import type { ResourceStore, StoredActivity } from './resource-store.ts';
import { mergeTags } from './tags.ts';

const AWS_OWNED_KEY = { type: 'AWS_OWNED_KEY' };

/** The activities that workers can ask for tasks of. The tasks themselves are offered by executions. */
export class Activities {
  readonly #resources: ResourceStore;
  readonly #arns: ArnMaker;
  readonly #clock: Clock;

  constructor(resources: ResourceStore, arns: ArnMaker, clock: Clock) {
    this.#resources = resources;
    this.#arns = arns;
    this.#clock = clock;
  }

  /** The same name again is the same activity, with the tags that it has. */
  create({ name, tags = [], encryptionConfiguration = AWS_OWNED_KEY }: CreateActivity): Omit<ActivitySummary, 'name'> {
    const arn = activityArn(this.#arns, name);
    const existing = this.#resources.findActivity(name);
    if (existing !== undefined) {
      if (jsonText(existing.encryptionConfiguration) !== jsonText(encryptionConfiguration))
        throw new ActivityAlreadyExists(arn);
      return { activityArn: arn, creationDateMs: existing.createdAtMs };
    }
    const tagged = mergeTags(arn, [], tags);
    const createdAtMs = this.#clock.now();
    this.#resources.insertActivity({ name, encryptionConfiguration, createdAtMs });
    this.#resources.putTags(arn, tagged);
    return { activityArn: arn, creationDateMs: createdAtMs };
  }

  /** @throws {ActivityDoesNotExist} */
  require(arn: string): StoredActivity {
    const activity = this.#find(arn);
    if (activity === undefined) throw new ActivityDoesNotExist(arn);
    return activity;
  }

  /** Of any text: a definition may name what cannot be an activity. */
  exists(arn: string): boolean {
    return this.#named(arn, arn.split(':').at(-1) ?? '') !== undefined;
  }

  describe(arn: string): ActivityDescription {
    const activity = this.require(arn);
    return { ...this.#summarize(activity), encryptionConfiguration: activity.encryptionConfiguration };
  }

  /** One that is not there is no error. Tasks that were offered before wait for their timeout, or for workers of one that is made anew under its name. */
  delete(arn: string): void {
    const activity = this.#find(arn);
    if (activity === undefined) return;
    this.#resources.deleteActivity(activity.id);
    this.#resources.putTags(arn, []);
  }

  list(page: Page): Paged<ActivitySummary> {
    const { items, ...more } = readPage(
      page,
      NEWEST,
      (beforeId, limit) => this.#resources.listActivities(beforeId, limit),
      ({ id }) => id,
    );
    return { items: items.map((activity) => this.#summarize(activity)), ...more };
  }

  #find(arn: string): StoredActivity | undefined {
    return this.#named(arn, parseActivityArn(arn).name);
  }

  #named(arn: string, name: string): StoredActivity | undefined {
    return arn === activityArn(this.#arns, name) ? this.#resources.findActivity(name) : undefined;
  }

  #summarize({ name, createdAtMs }: StoredActivity): ActivitySummary {
    return { activityArn: activityArn(this.#arns, name), name, creationDateMs: createdAtMs };
  }
}
