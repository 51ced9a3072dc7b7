import { z } from 'zod';
import type { NameResource } from '../physical-name.ts';
import { flag, numeric, parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import { STOP_TIMEOUT_SECONDS, type ContainerDefinition, type EcsDefinitions } from '../services/ecs-definitions.ts';
import { templateError } from '../template.ts';
import {
  byName,
  LogConfiguration,
  logPlace,
  NameAndValue,
  NamedSecret,
  ResourceRequirement,
  secretsByName,
  TaskVolume,
} from './container-definition.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$/v;

const ClusterProperties = z.strictObject({
  ClusterName: text.pipe(z.string().regex(NAME, { error: 'it is no name for a cluster' })).optional(),
  CapacityProviders: z
    .array(z.enum(['FARGATE', 'FARGATE_SPOT'], { error: 'tasks run on Fargate here, and on no instances' }))
    .optional(),
  ClusterSettings: withoutEffect,
  Configuration: withoutEffect,
  DefaultCapacityProviderStrategy: withoutEffect,
  ServiceConnectDefaults: withoutEffect,
  Tags: withoutEffect,
});

const AssociationProperties = z.strictObject({
  Cluster: text,
  CapacityProviders: z.array(
    z.enum(['FARGATE', 'FARGATE_SPOT'], { error: 'tasks run on Fargate here, and on no instances' }),
  ),
  DefaultCapacityProviderStrategy: withoutEffect,
});

const Container = z.strictObject({
  Name: text.pipe(z.string().regex(NAME, { error: 'it is no name for a container' })),
  Image: text,
  Command: z.array(text).optional(),
  EntryPoint: z.array(text).optional(),
  WorkingDirectory: text.optional(),
  Environment: z.array(NameAndValue).default([]),
  Secrets: z.array(NamedSecret).default([]),
  Essential: flag.default(true),
  Memory: numeric.optional(),
  StopTimeout: numeric.pipe(z.number().min(0).max(120, { error: 'Fargate waits for 120 seconds at most' })).optional(),
  LogConfiguration: LogConfiguration.optional(),
  ResourceRequirements: z
    .array(ResourceRequirement)
    .max(0, { error: 'a container on Fargate requires no such thing' })
    .optional(),
  Cpu: withoutEffect,
  DockerLabels: withoutEffect,
  HealthCheck: withoutEffect,
  Interactive: withoutEffect,
  LinuxParameters: withoutEffect,
  MemoryReservation: withoutEffect,
  MountPoints: withoutEffect,
  PortMappings: withoutEffect,
  Privileged: flag.pipe(z.literal(false, { error: 'no container has such rights on Fargate' })).optional(),
  PseudoTerminal: withoutEffect,
  ReadonlyRootFilesystem: withoutEffect,
  StartTimeout: withoutEffect,
  Ulimits: withoutEffect,
  User: withoutEffect,
  VersionConsistency: withoutEffect,
});

const TaskDefinitionProperties = z.strictObject({
  Family: text.pipe(z.string().regex(NAME, { error: 'it is no name for a family' })).optional(),
  ContainerDefinitions: z.array(Container).min(1, { error: 'a task has a container' }),
  Cpu: numeric,
  Memory: numeric,
  RequiresCompatibilities: z
    .array(z.string())
    .refine((list) => list.includes('FARGATE'), { error: 'tasks run on Fargate here, and on no instances' }),
  NetworkMode: z.literal('awsvpc', { error: 'on Fargate it is awsvpc' }),
  TaskRoleArn: text.optional(),
  ExecutionRoleArn: text.optional(),
  Volumes: z.array(TaskVolume).optional(),
  EnableFaultInjection: withoutEffect,
  EphemeralStorage: withoutEffect,
  RuntimePlatform: withoutEffect,
  Tags: withoutEffect,
});

export interface EcsContext {
  readonly ecs: Pick<EcsDefinitions, 'createCluster' | 'createTaskDefinition'>;
  readonly nameResource: NameResource;
  /** @throws {HostError} where it cannot be run here. */
  readonly useImage: (image: string, resource: DeclaredResource, place: string) => void;
}

export function createCluster({ ecs, nameResource }: EcsContext, resource: DeclaredResource): CreatedResource {
  const { ClusterName } = parseProperties(ClusterProperties, resource);
  const name = nameResource(resource, ClusterName, { maxLength: 255 });
  const { region, accountId } = resource.stack.environment;
  const arn = `arn:aws:ecs:${region}:${accountId}:cluster/${name}`;
  ecs.createCluster(name, arn);
  return { ref: name, attributes: { Arn: arn } };
}

export function createCapacityProviderAssociations(_context: unknown, resource: DeclaredResource): CreatedResource {
  return { ref: parseProperties(AssociationProperties, resource).Cluster, attributes: {} };
}

/** There is one revision of it here, and every task gets the one that is declared now. */
export function createTaskDefinition(context: EcsContext, resource: DeclaredResource): CreatedResource {
  const properties = parseProperties(TaskDefinitionProperties, resource);
  const { ContainerDefinitions, Cpu, Memory, TaskRoleArn, ExecutionRoleArn } = properties;
  if (!ContainerDefinitions.some(({ Essential }) => Essential)) {
    const place = `Resources.${resource.logicalId}.Properties.ContainerDefinitions`;
    throw templateError(resource.stack.name, place, 'at least one container has to be essential');
  }
  ContainerDefinitions.forEach(({ Image }, index) =>
    context.useImage(Image, resource, `ContainerDefinitions.${index}.Image`),
  );
  const family = context.nameResource(resource, properties.Family, { maxLength: 255 });
  const { region, accountId } = resource.stack.environment;
  const arn = `arn:aws:ecs:${region}:${accountId}:task-definition/${family}:1`;
  context.ecs.createTaskDefinition({
    family,
    arn,
    cpu: Cpu,
    memoryMb: Memory,
    containers: ContainerDefinitions.map(containerOf),
    ...(TaskRoleArn !== undefined && { taskRoleArn: TaskRoleArn }),
    ...(ExecutionRoleArn !== undefined && { executionRoleArn: ExecutionRoleArn }),
  });
  return { ref: arn, attributes: { TaskDefinitionArn: arn } };
}

function containerOf(container: z.infer<typeof Container>): ContainerDefinition {
  const { Name, Image, Command, EntryPoint, WorkingDirectory, Environment, Secrets, Essential, Memory } = container;
  return {
    name: Name,
    image: Image,
    isEssential: Essential,
    environment: byName(Environment),
    secrets: secretsByName(Secrets),
    stopTimeoutSeconds: container.StopTimeout ?? STOP_TIMEOUT_SECONDS,
    ...(Command !== undefined && { command: Command }),
    ...(EntryPoint !== undefined && { entryPoint: EntryPoint }),
    ...(WorkingDirectory !== undefined && { workingDirectory: WorkingDirectory }),
    ...(Memory !== undefined && { memoryMb: Memory }),
    ...logPlace(container.LogConfiguration),
  };
}
