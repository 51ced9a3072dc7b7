import { z } from 'zod';
import type { JsonObject } from '../template.ts';
import { AwsError } from './aws-error.ts';
import type { ContainerDefinition, TaskDefinition } from './ecs-definitions.ts';
import type { ContainerSpec } from './ecs-task.ts';

const KeyValue = z.object({ name: z.string(), value: z.string() });

export const Tag = z.object({ key: z.string().min(1).max(128), value: z.string().max(256).default('') });

const ContainerOverride = z.object({
  name: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.array(KeyValue).default([]),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  memoryReservation: z.number().optional(),
  environmentFiles: z.array(z.unknown()).max(0, { error: 'environment files do not run here' }).optional(),
  resourceRequirements: z.array(z.unknown()).max(0, { error: 'there are no such resources here' }).optional(),
});

const TaskOverride = z.object({
  containerOverrides: z.array(ContainerOverride).default([]),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  ephemeralStorage: z.unknown().optional(),
});

export const RunTask = z.object({
  cluster: z.string().optional(),
  taskDefinition: z.string(),
  count: z.number().int().default(1),
  launchType: z.string().optional(),
  capacityProviderStrategy: z.array(z.object({ capacityProvider: z.string() })).default([]),
  networkConfiguration: z
    .object({ awsvpcConfiguration: z.object({ subnets: z.array(z.string()) }).optional() })
    .optional(),
  overrides: TaskOverride.default({ containerOverrides: [] }),
  group: z.string().optional(),
  startedBy: z.string().max(128, { error: 'startedBy should be 128 characters or less.' }).optional(),
  tags: z.array(Tag).max(50).default([]),
  clientToken: z.string().max(64).optional(),
  enableExecuteCommand: z.boolean().default(false),
  enableECSManagedTags: z.boolean().optional(),
  platformVersion: z.string().optional(),
  propagateTags: z.string().optional(),
  referenceId: z.string().optional(),
  placementConstraints: z
    .array(z.unknown())
    .max(0, { error: 'Placement constraints are not supported with FARGATE launch type.' })
    .optional(),
  placementStrategy: z
    .array(z.unknown())
    .max(0, { error: 'Placement strategies are not supported with FARGATE launch type.' })
    .optional(),
  volumeConfigurations: z.array(z.unknown()).max(0, { error: 'volumes do not run here' }).optional(),
});
export type RunTask = z.infer<typeof RunTask>;

/** ECS API Reference, RunTask, "count". */
const COUNT_MAX = 10;

/** ECS API Reference, "TaskOverride": the total of characters, JSON formatting included. */
const OVERRIDES_CHARACTERS_MAX = 8192;

/** @throws {AwsError} for what Fargate would not take. */
export function checkRunTask({
  count,
  launchType,
  capacityProviderStrategy,
  networkConfiguration,
  overrides,
}: RunTask): void {
  const [strategy] = capacityProviderStrategy;
  const isFargate = launchType === 'FARGATE' || strategy?.capacityProvider.startsWith('FARGATE') === true;
  if (launchType !== undefined && strategy !== undefined) {
    throw invalid(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  // The default launch type is EC2, of which there are no instances.
  if (!isFargate) throw invalid('No Container Instances were found in your cluster.');
  if (count < 1 || count > COUNT_MAX) throw invalid(`Run tasks count must be from 1 to ${COUNT_MAX}, not ${count}.`);
  if (networkConfiguration?.awsvpcConfiguration === undefined) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (networkConfiguration.awsvpcConfiguration.subnets.length === 0) throw invalid('subnets can not be empty.');
  if (JSON.stringify(overrides).length > OVERRIDES_CHARACTERS_MAX) {
    throw invalid(`Container Overrides length must be at most ${OVERRIDES_CHARACTERS_MAX}.`);
  }
}

/** The containers of a task, with what RunTask says before what its definition does. */
export function overriddenContainers(definition: TaskDefinition, overrides: RunTask['overrides']): ContainerSpec[] {
  for (const { name } of overrides.containerOverrides) {
    if (definition.containers.some((container) => container.name === name)) continue;
    throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  const taskMemoryMb = Number(overrides.memory ?? definition.memoryMb);
  return definition.containers.map((container) => {
    const override = overrides.containerOverrides.find(({ name }) => name === container.name);
    return containerSpec(container, taskMemoryMb, override);
  });
}

export function containerSpec(
  container: ContainerDefinition,
  taskMemoryMb: number,
  override?: {
    readonly command?: readonly string[] | undefined;
    readonly environment: readonly { name: string; value: string }[];
    readonly memory?: number | undefined;
  },
): ContainerSpec {
  const { environment, memoryMb, command, ...rest } = container;
  const words = override?.command ?? command;
  return {
    ...rest,
    ...(words !== undefined && { command: words }),
    memoryMb: override?.memory ?? memoryMb ?? taskMemoryMb,
    environment: {
      ...environment,
      ...Object.fromEntries((override?.environment ?? []).map(({ name, value }) => [name, value])),
    },
  };
}

/** As it was asked for: what ECS shows in descriptions and events. */
export function shownOverrides({ overrides }: RunTask, definition: TaskDefinition): JsonObject {
  const { containerOverrides, taskRoleArn, executionRoleArn, cpu, memory } = overrides;
  return {
    containerOverrides:
      containerOverrides.length === 0
        ? definition.containers.map(({ name }) => ({ name }))
        : containerOverrides.map(({ name, command, environment, cpu: units, memory: megabytes }) => ({
            name,
            ...(command !== undefined && { command }),
            ...(environment.length > 0 && { environment }),
            ...(units !== undefined && { cpu: units }),
            ...(megabytes !== undefined && { memory: megabytes }),
          })),
    inferenceAcceleratorOverrides: [],
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(taskRoleArn !== undefined && { taskRoleArn }),
    ...(executionRoleArn !== undefined && { executionRoleArn }),
  };
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
