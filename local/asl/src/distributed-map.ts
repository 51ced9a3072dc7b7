import type { JsonObject, Json } from './json.ts';

/** What a distributed Map is to do: everything in its state that does not depend on a single item. */
export interface DistributedMapPlan {
  /** Where the items come from; without one they are here. */
  readonly reader?: ItemReaderPlan | undefined;
  readonly items: readonly Json[];
  readonly batch?: BatchPlan | undefined;
  readonly writer?: ResultWriterPlan | undefined;
}

export interface ItemReaderPlan {
  /** `arn:aws:states:::s3:getObject` or `…:listObjectsV2`. */
  readonly resource: string;
  readonly parameters: Json;
  readonly config: JsonObject;
  /** 0 or absent means all. */
  readonly maxItems?: number | undefined;
}

export interface BatchPlan {
  readonly maxItems?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** Goes with each batch beside its items. */
  readonly input?: Json | undefined;
}

export interface ResultWriterPlan {
  readonly parameters: Json;
  readonly config: JsonObject;
}

/** How many failed items a distributed Map takes before it fails. Without either, none. */
export interface FailureTolerance {
  readonly count?: number | undefined;
  /** 0 to 100. */
  readonly percentage?: number | undefined;
}

/** Whether so many failures of so many items are too many. */
export function exceeds(tolerance: FailureTolerance, failed: number, total: number): boolean {
  if (failed === 0) return false;
  const { count, percentage } = tolerance;
  if (count === undefined && percentage === undefined) return true;
  const overCount = count !== undefined && failed > count;
  const overPercentage = percentage !== undefined && (failed / total) * 100 > percentage;
  return overCount || overPercentage;
}
