import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { clientError, type JobDefinition, type JobQueue } from './batch-definitions.ts';
import type { Job, RetryStrategy } from './batch-job.ts';
import type { JsonObject } from '../template.ts';
import { containerSpec } from './ecs-run-task.ts';

const NAME = /^[A-Za-z0-9][\w\-]{0,127}$/v;

const none = (what: string) =>
  z
    .unknown()
    .optional()
    .refine((value) => value === undefined, { error: `${what} do not run here` });

const Requirement = z.object({ type: z.string(), value: z.string() });

export const EvaluateOnExit = z.object({
  onStatusReason: z.string().max(512).optional(),
  onReason: z.string().max(512).optional(),
  onExitCode: z.string().max(512).optional(),
  action: z
    .string()
    .transform((action) => action.toUpperCase())
    .pipe(z.enum(['RETRY', 'EXIT'])),
});

export const RetryStrategyInput = z.object({
  attempts: z.number().int().min(1).max(10).optional(),
  evaluateOnExit: z.array(EvaluateOnExit).max(5).optional(),
});

const ContainerOverrides = z.object({
  command: z.array(z.string()).optional(),
  environment: z.array(z.object({ name: z.string(), value: z.string().default('') })).default([]),
  resourceRequirements: z.array(Requirement).default([]),
  vcpus: z.number().optional(),
  memory: z.number().optional(),
  instanceType: z.string().optional(),
});

export const SubmitJob = z.object({
  jobName: z.string().regex(NAME, {
    error: 'jobName must be 1 to 128 letters, digits, hyphens and underscores, the first a letter or digit',
  }),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  parameters: z.record(z.string(), z.string()).default({}),
  containerOverrides: ContainerOverrides.default({ environment: [], resourceRequirements: [] }),
  retryStrategy: RetryStrategyInput.optional(),
  timeout: z.object({ attemptDurationSeconds: z.number().int().min(60).optional() }).optional(),
  dependsOn: z
    .array(z.object({ jobId: z.string(), type: none('array jobs') }))
    .max(20)
    .default([]),
  tags: z.record(z.string(), z.string()).default({}),
  propagateTags: z.boolean().optional(),
  schedulingPriorityOverride: z.number().optional(),
  shareIdentifier: none('fair shares'),
  arrayProperties: z
    .object({ size: z.number().optional() })
    .refine(({ size }) => size === undefined, { error: 'array jobs do not run here' })
    .optional(),
  nodeOverrides: none('multi-node jobs'),
  eksPropertiesOverride: none('jobs of EKS'),
  ecsPropertiesOverride: none('overrides of ecsProperties'),
  consumableResourcePropertiesOverride: none('consumable resources'),
});
export type SubmitJob = z.infer<typeof SubmitJob>;

/** A job as it was asked for, all overrides applied. @throws {AwsError} as Batch does. */
export function newJob(request: SubmitJob, queue: JobQueue, definition: JobDefinition, nowMs: number): Job {
  const id = randomUUID();
  const { containerOverrides: overrides } = request;
  const reserved = overrides.environment.find(({ name }) => name.startsWith('AWS_BATCH'));
  if (reserved !== undefined) throw clientError('Environment variables cannot start with "AWS_BATCH".');
  const required = (type: string) => overrides.resourceRequirements.find((one) => one.type === type)?.value;
  const memoryMb = Number(required('MEMORY') ?? overrides.memory ?? definition.memoryMb);
  const parameters = { ...definition.parameters, ...request.parameters };
  const container = containerSpec(definition.container, memoryMb, overrides);
  const seconds = request.timeout?.attemptDurationSeconds ?? definition.attemptDurationSeconds;
  const { jobRoleArn, executionRoleArn } = definition;
  return {
    id,
    arn: `${definition.arn.slice(0, definition.arn.lastIndexOf(':job-definition/'))}:job/${id}`,
    name: request.jobName,
    queueArn: queue.arn,
    definitionArn: definition.arn,
    status: 'SUBMITTED',
    parameters,
    tags: request.tags,
    dependsOn: request.dependsOn.map(({ jobId }) => jobId),
    retryStrategy: retryStrategyOf(request.retryStrategy, definition.retryStrategy),
    ...(seconds !== undefined && { attemptDurationSeconds: seconds }),
    container: {
      ...container,
      ...(container.command !== undefined && { command: container.command.map((word) => referred(word, parameters)) }),
    },
    cpu: Number(required('VCPU') ?? overrides.vcpus ?? definition.cpu),
    memoryMb,
    ...(jobRoleArn !== undefined && { jobRoleArn }),
    ...(executionRoleArn !== undefined && { executionRoleArn }),
    priority: queue.priority,
    createdAtMs: nowMs,
    attempts: [],
    isCancelled: false,
    isTerminated: false,
    shown: shownContainer(definition, overrides),
  };
}

export function retryStrategyOf(
  given: z.infer<typeof RetryStrategyInput> | undefined,
  preset: RetryStrategy = { attempts: 1, evaluateOnExit: [] },
): RetryStrategy {
  if (given === undefined) return preset;
  const evaluateOnExit = (given.evaluateOnExit ?? []).map(({ onStatusReason, onReason, onExitCode, action }) => ({
    ...(onStatusReason !== undefined && { onStatusReason }),
    ...(onReason !== undefined && { onReason }),
    ...(onExitCode !== undefined && { onExitCode }),
    action,
  }));
  return { attempts: given.attempts ?? 1, evaluateOnExit };
}

/** `Ref::name` stands for a parameter; one that has no value stays as it is. @see Batch User Guide, "Parameters" */
function referred(word: string, parameters: Readonly<Record<string, string>>): string {
  const [, name = ''] = /^Ref::(.+)$/v.exec(word) ?? [];
  return Object.hasOwn(parameters, name) ? (parameters[name] ?? word) : word;
}

/** The members of `container` that stay as the definition and the overrides have them. Values of secrets are none of them. */
function shownContainer({ container }: JobDefinition, overrides: SubmitJob['containerOverrides']): JsonObject {
  const environment = { ...container.environment };
  for (const { name, value } of overrides.environment) environment[name] = value;
  return {
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(container.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
  };
}
