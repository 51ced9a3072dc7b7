import { isArray, isObject, parseTaskResource, type Json, type ServiceIntegration } from '../../../asl/src/index.ts';
import { optimisedCodec, sdkCodec, shapeOf, structureOf, type Codec } from '../integrations/aws/codec.ts';
import { operationOf, serviceModel } from '../integrations/aws/model-files.ts';
import type { MemberRef, StructureShape } from '../integrations/aws/model.ts';
import { isNumber } from '../integrations/aws/scalars.ts';
import type { FieldValidationMode } from './api.ts';

/**
 * What is wrong with a mocked result, held against the API model of the service that the task calls. Fields that the model does
 * not know are let pass, as are results of resources without a model of their own: functions, activities, HTTP APIs, tasks that
 * wait for a token, and jobs other than executions. Enumerations and patterns are not looked at.
 */
export function mockResultFault(resource: string, result: Json, mode: FieldValidationMode): string | undefined {
  const parsed = parseTaskResource(resource);
  const schema = mode === 'NONE' || parsed?.kind !== 'service' ? undefined : schemaOf(parsed);
  if (schema === undefined) return undefined;
  const { shape, ...check } = schema;
  if (!isObject(result)) return 'Mocked result must be a JSON object.';
  const fault = ofStructure(result, shape, { ...check, requiresAll: mode === 'STRICT' });
  return fault === undefined ? undefined : `Mock result schema validation error: ${fault}`;
}

interface Schema {
  readonly shape: StructureShape;
  readonly codec: Codec;
  /** Fields at the top that hold any JSON, though the model calls them text. */
  readonly anyJson: readonly string[];
}

interface Check extends Omit<Schema, 'shape'> {
  readonly requiresAll: boolean;
}

/** What a resource calls a service by, where our models have it under another name. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  bedrock: 'bedrockruntime',
  elasticmapreduce: 'emr',
  'emr-containers': 'emrcontainers',
  'emr-serverless': 'emrserverless',
  events: 'eventbridge',
  states: 'sfn',
};

function schemaOf({ service, action, pattern }: ServiceIntegration): Schema | undefined {
  const isSdk = service.startsWith('aws-sdk:');
  if (service === 'http' || service === 'apigateway' || pattern === 'WAIT_FOR_TASK_TOKEN') return undefined;
  const waitsForJob = pattern === 'RUN_JOB' || pattern === 'RUN_JOB_V2';
  // The result of a job is what is said of it in the end. Of executions we know who says it.
  const operation = waitsForJob && service === 'states' ? 'describeExecution' : action;
  if (waitsForJob && service !== 'states') return undefined;
  const model = serviceModel(isSdk ? service.slice('aws-sdk:'.length) : (MODEL_NAMES[service] ?? service));
  const output = model === undefined ? undefined : operationOf(model, operation)?.operation.output;
  if (model === undefined || output === undefined) return undefined;
  const codec = isSdk ? sdkCodec(model) : optimisedCodec(model);
  const shape = structureOf(codec, output);
  return shape && { shape, codec, anyJson: anyJsonIn(service, pattern) };
}

/** What the integration hands on parsed. */
function anyJsonIn(service: string, pattern: ServiceIntegration['pattern']): readonly string[] {
  if (service === 'lambda') return ['Payload'];
  return service === 'states' && pattern === 'RUN_JOB_V2' ? ['Input', 'Output'] : [];
}

function ofStructure(
  given: { readonly [name: string]: Json },
  shape: StructureShape,
  check: Check,
): string | undefined {
  const { codec, anyJson, requiresAll } = check;
  const missing = (shape.required ?? []).map(codec.shownName).find((name) => !Object.hasOwn(given, name));
  if (requiresAll && missing !== undefined) return `Required field '${missing}' is missing`;
  const inside = { ...check, anyJson: [] };
  return firstFault(Object.entries(shape.members), ([member, ref]) => {
    const name = codec.shownName(member);
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    return value === undefined || anyJson.includes(name) ? undefined : ofValue(value, name, ref, inside);
  });
}

function ofValue(value: Json, name: string, ref: MemberRef, check: Check): string | undefined {
  const shape = shapeOf(check.codec, ref);
  switch (shape?.type) {
    case undefined:
      return ofScalar(value, name, ref, check.codec);
    case 'document':
      return undefined;
    case 'structure':
      return isObject(value) ? ofStructure(value, shape, check) : mustBe(name, 'an object');
    case 'list':
      if (!isArray(value)) return mustBe(name, 'an array');
      return firstFault(value, (item) => ofValue(item, name, shape.member, check));
    case 'map':
      if (!isObject(value)) return mustBe(name, 'an object');
      return firstFault(Object.entries(value), ([key, item]) => ofValue(item, key, shape.value, check));
  }
}

function ofScalar(
  value: Json,
  name: string,
  { type = 'string', min, max }: MemberRef,
  { model }: Codec,
): string | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : mustBe(name, 'a boolean');
  if (isNumber(type)) {
    if (typeof value !== 'number') return mustBe(name, 'a number');
    if (min !== undefined && value < min) return `Field '${name}' is less than the minimum value`;
    return value > (RECORDED_MAXIMUM[`${model.signingName}:${name}`] ?? max ?? Infinity)
      ? `Field '${name}' exceeds the maximum value`
      : undefined;
  }
  if (typeof value !== 'string') return mustBe(name, 'a string');
  if (min !== undefined && value.length < min) return `Field '${name}' is smaller than the minimum length`;
  return value.length > (max ?? Infinity) ? `Field '${name}' exceeds the maximum length` : undefined;
}

/** Lambda's model has 32,768 here by now; TestState was recorded with the maximum of most functions, and refuses more. */
const RECORDED_MAXIMUM: Readonly<Record<string, number>> = { 'lambda:MemorySize': 10_240 };

function mustBe(name: string, what: string): string {
  return `Field '${name}' must be ${what}`;
}

function firstFault<T>(items: Iterable<T>, faultOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
