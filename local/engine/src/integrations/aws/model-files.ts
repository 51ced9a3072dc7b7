import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Operation, ServiceModel } from './model.ts';
import { sdkActionName } from './names.ts';

/** What one state machine uses many times stays; nobody uses them all. */
const MODELS_KEPT_MAX = 24;

const kept = new Map<string, ServiceModel>();

/** @param service in the words of a resource: `dynamodb`, `cloudwatchlogs` @returns `undefined` for a service that is not known */
export function serviceModel(service: string): ServiceModel | undefined {
  const known = kept.get(service);
  if (known !== undefined) return known;
  if (!/^[a-z0-9]+$/.test(service)) return undefined;
  const file = join(import.meta.dirname, 'models', `${service}.json.br`);
  if (!existsSync(file)) return undefined;
  const model = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as ServiceModel;
  if (kept.size >= MODELS_KEPT_MAX) kept.delete(kept.keys().next().value ?? '');
  kept.set(service, model);
  return model;
}

const byAction = new WeakMap<ServiceModel, ReadonlyMap<string, NamedOperation>>();

export interface NamedOperation {
  readonly name: string;
  readonly operation: Operation;
}

/** @param action in the words of a resource: `putItem`, `describeDBInstances` */
export function operationOf(model: ServiceModel, action: string): NamedOperation | undefined {
  let operations = byAction.get(model);
  if (operations === undefined) {
    const entries = Object.entries(model.operations);
    operations = new Map(entries.map(([name, operation]) => [sdkActionName(name), { name, operation }]));
    byAction.set(model, operations);
  }
  return operations.get(action);
}
