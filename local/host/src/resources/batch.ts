import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { BatchDefinitions } from '../services/batch-definitions.ts';
import type { RetryStrategy } from '../services/batch-job.ts';
import { STOP_TIMEOUT_SECONDS } from '../services/ecs-definitions.ts';
import { templateError } from '../template.ts';
import {
  byName,
  decimal,
  LogConfiguration,
  logPlace,
  NameAndValue,
  NamedSecret,
  ResourceRequirement,
  secretsByName,
  TaskVolume,
} from './container-definition.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,127}$/v;
const nameText = text.pipe(z.string().regex(NAME, { error: 'it is no name for a resource of Batch' }));

const ComputeEnvironmentProperties = z.strictObject({
  ComputeEnvironmentName: nameText.optional(),
  Type: text.pipe(z.string().regex(/^managed$/iv, { error: 'compute environments are managed here' })),
  ComputeResources: z.looseObject({
    Type: z.enum(['FARGATE', 'FARGATE_SPOT'], { error: 'jobs run on Fargate here, and on no instances' }),
  }),
  EksConfiguration: z.undefined({ error: 'jobs run on Fargate here, and on no cluster of EKS' }).optional(),
  ReplaceComputeEnvironment: withoutEffect,
  ServiceRole: withoutEffect,
  State: withoutEffect,
  Tags: withoutEffect,
  UnmanagedvCpus: withoutEffect,
  UpdatePolicy: withoutEffect,
});

const JobQueueProperties = z.strictObject({
  JobQueueName: nameText.optional(),
  Priority: numeric.default(1),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  ComputeEnvironmentOrder: z
    .array(z.strictObject({ ComputeEnvironment: text, Order: numeric }))
    .min(1, { error: 'a queue has a compute environment' }),
  JobQueueType: z.enum(['ECS_FARGATE'], { error: 'jobs run on Fargate here' }).optional(),
  JobStateTimeLimitActions: withoutEffect,
  Tags: withoutEffect,
});

const RetryProperties = z.strictObject({
  Attempts: numeric.pipe(z.number().min(1).max(10)).optional(),
  EvaluateOnExit: z
    .array(
      z.strictObject({
        Action: text.transform((action) => action.toUpperCase()).pipe(z.enum(['RETRY', 'EXIT'])),
        OnExitCode: text.optional(),
        OnReason: text.optional(),
        OnStatusReason: text.optional(),
      }),
    )
    .max(5)
    .default([]),
});

const ContainerProperties = z.strictObject({
  Image: text,
  Command: z.array(text).optional(),
  Environment: z.array(NameAndValue).default([]),
  Secrets: z.array(NamedSecret).default([]),
  JobRoleArn: text.optional(),
  ExecutionRoleArn: text.optional(),
  ResourceRequirements: z.array(ResourceRequirement).default([]),
  Memory: numeric.optional(),
  Vcpus: decimal.optional(),
  LogConfiguration: LogConfiguration.optional(),
  Volumes: z.array(TaskVolume).optional(),
  Privileged: flag.pipe(z.literal(false, { error: 'no container has such rights on Fargate' })).optional(),
  EnableExecuteCommand: withoutEffect,
  EphemeralStorage: withoutEffect,
  FargatePlatformConfiguration: withoutEffect,
  LinuxParameters: withoutEffect,
  MountPoints: withoutEffect,
  NetworkConfiguration: withoutEffect,
  ReadonlyRootFilesystem: withoutEffect,
  RuntimePlatform: withoutEffect,
  Ulimits: withoutEffect,
  User: withoutEffect,
});

const JobDefinitionProperties = z.strictObject({
  JobDefinitionName: nameText.optional(),
  Type: z.literal('container', { error: 'jobs are single containers here' }),
  ContainerProperties,
  Parameters: z.record(z.string(), text).default({}),
  PlatformCapabilities: z
    .array(z.string())
    .refine((list) => list.includes('FARGATE'), { error: 'jobs run on Fargate here, and on no instances' }),
  RetryStrategy: RetryProperties.optional(),
  Timeout: z.strictObject({ AttemptDurationSeconds: numeric.pipe(z.number().min(60)).optional() }).optional(),
  PropagateTags: withoutEffect,
  ResourceRetentionPolicy: withoutEffect,
  SchedulingPriority: withoutEffect,
  Tags: withoutEffect,
});

/** Enough for a small container, where a definition does not say. */
const MEMORY_MB = 2048;

export interface BatchContext {
  readonly batch: Pick<BatchDefinitions, 'createJobQueue' | 'createJobDefinition'>;
  readonly nameResource: NameResource;
  /** @throws {HostError} where it cannot be run here. */
  readonly useImage: (image: string, resource: DeclaredResource, place: string) => void;
}

export function createComputeEnvironment({ nameResource }: BatchContext, resource: DeclaredResource): CreatedResource {
  const { ComputeEnvironmentName } = parseProperties(ComputeEnvironmentProperties, resource);
  const name = nameResource(resource, ComputeEnvironmentName, { maxLength: 128 });
  const arn = `${batchArn(resource)}:compute-environment/${name}`;
  return { ref: arn, attributes: { ComputeEnvironmentArn: arn } };
}

export function createJobQueue({ batch, nameResource }: BatchContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(JobQueueProperties, resource);
  const name = nameResource(resource, properties.JobQueueName, { maxLength: 128 });
  const arn = `${batchArn(resource)}:job-queue/${name}`;
  const [first] = properties.ComputeEnvironmentOrder.toSorted((one, other) => one.Order - other.Order);
  batch.createJobQueue({
    name,
    arn,
    priority: properties.Priority,
    isEnabled: properties.State === 'ENABLED',
    computeEnvironmentName: first?.ComputeEnvironment.replace(/^.*\//v, '') ?? '',
  });
  return { ref: arn, attributes: { JobQueueArn: arn } };
}

/** There is one revision of it here, and every job gets the one that is declared when it is submitted. */
export function createJobDefinition(context: BatchContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(JobDefinitionProperties, resource);
  const { ContainerProperties: container, Parameters: parameters, Timeout } = properties;
  context.useImage(container.Image, resource, 'ContainerProperties.Image');
  const name = context.nameResource(resource, properties.JobDefinitionName, { maxLength: 128 });
  const arn = `${batchArn(resource)}:job-definition/${name}:1`;
  const required = (type: string) => container.ResourceRequirements.find(({ Type }) => Type === type)?.Value;
  const memoryMb = Number(required('MEMORY') ?? container.Memory ?? MEMORY_MB);
  const cpu = Number(required('VCPU') ?? container.Vcpus ?? 1);
  const seconds = Timeout?.AttemptDurationSeconds;
  if (!(memoryMb >= 1 && cpu > 0)) {
    const place = `Resources.${resource.logicalId}.Properties.ContainerProperties.ResourceRequirements`;
    throw templateError(resource.stack.name, place, 'memory and processors are more than nothing');
  }
  context.batch.createJobDefinition({
    name,
    arn,
    cpu,
    memoryMb,
    parameters,
    retryStrategy: retryOf(properties.RetryStrategy),
    container: {
      name: 'default',
      image: container.Image,
      isEssential: true,
      environment: byName(container.Environment),
      secrets: secretsByName(container.Secrets),
      stopTimeoutSeconds: STOP_TIMEOUT_SECONDS,
      ...(container.Command !== undefined && { command: container.Command }),
      ...logPlace(container.LogConfiguration),
    },
    ...(container.JobRoleArn !== undefined && { jobRoleArn: container.JobRoleArn }),
    ...(container.ExecutionRoleArn !== undefined && { executionRoleArn: container.ExecutionRoleArn }),
    ...(seconds !== undefined && { attemptDurationSeconds: seconds }),
  });
  return { ref: arn, attributes: { JobDefinitionArn: arn } };
}

function retryOf(strategy: z.infer<typeof RetryProperties> | undefined): RetryStrategy {
  return {
    attempts: strategy?.Attempts ?? 1,
    evaluateOnExit: (strategy?.EvaluateOnExit ?? []).map(({ Action, OnExitCode, OnReason, OnStatusReason }) => ({
      action: Action,
      ...(OnExitCode !== undefined && { onExitCode: OnExitCode }),
      ...(OnReason !== undefined && { onReason: OnReason }),
      ...(OnStatusReason !== undefined && { onStatusReason: OnStatusReason }),
    })),
  };
}

function batchArn({ stack }: DeclaredResource): string {
  return `arn:aws:batch:${stack.environment.region}:${stack.environment.accountId}`;
}
