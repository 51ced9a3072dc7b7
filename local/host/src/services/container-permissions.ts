import type { Environment } from '../cloud-assembly.ts';
import type { Permission } from '../iam/caller.ts';
import { listIn, textIn } from '../iam/inputs.ts';
import type { BatchDefinitions } from './batch-definitions.ts';
import type { EcsDefinitions, TaskDefinition } from './ecs-definitions.ts';

/** What permissions are asked on, by the names that requests use. What is not there is refused by its service. */
export interface ContainerLookups {
  readonly clusterArn: (nameOrArn: string | undefined) => string;
  readonly taskDefinition: (reference: string) => TaskDefinition | undefined;
  readonly queueArn: (nameOrArn: string) => string;
  readonly jobDefinitionArn: (reference: string) => string;
  readonly jobArn: (idOrArn: string) => string;
}

export function containerLookups(
  { region, accountId }: Environment,
  ecs: Pick<EcsDefinitions, 'find'>,
  batch: Pick<BatchDefinitions, 'queue' | 'find'>,
): ContainerLookups {
  const arn = (service: string, kind: string, name: string) =>
    name.startsWith('arn:') ? name : `arn:aws:${service}:${region}:${accountId}:${kind}/${name}`;
  return {
    clusterArn: (nameOrArn = 'default') => arn('ecs', 'cluster', nameOrArn),
    taskDefinition: (reference) => ecs.find(reference),
    queueArn: (nameOrArn) => batch.queue(nameOrArn)?.arn ?? arn('batch', 'job-queue', nameOrArn),
    jobDefinitionArn: (reference) => batch.find(reference)?.arn ?? arn('batch', 'job-definition', reference),
    // As Batch finds it, by what is behind the last slash: whatever else an ARN says would be asked about, and not be done.
    jobArn: (idOrArn) => arn('batch', 'job', idOrArn.slice(idOrArn.lastIndexOf('/') + 1)),
  };
}

/** @see Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic Container Service" */
export function toUseEcs(lookups: Pick<ContainerLookups, 'clusterArn' | 'taskDefinition'>) {
  return (action: string, input: unknown): Permission[] => {
    const clusterArn = lookups.clusterArn(textIn(input, 'cluster'));
    const keys = { 'ecs:cluster': clusterArn };
    const taskArn = (idOrArn: string) =>
      idOrArn.startsWith('arn:') ? idOrArn : `${clusterArn.replace(':cluster/', ':task/')}/${idOrArn}`;
    switch (action) {
      case 'RunTask':
        return [...toRunTask(input, lookups), ...toTag('ecs', input, `${clusterArn.replace(':cluster/', ':task/')}/*`)];
      case 'DescribeTasks':
        return listIn(input, 'tasks').map((id) => ({
          action: 'ecs:DescribeTasks',
          resource: taskArn(String(id)),
          keys,
        }));
      case 'StopTask':
        return [{ action: 'ecs:StopTask', resource: taskArn(textIn(input, 'task') ?? '*'), keys }];
      default:
        return [{ action: `ecs:${action}`, resource: '*', keys }];
    }
  };
}

/** Whoever starts a task gives it its roles, and has to be allowed to. */
function toRunTask(
  input: unknown,
  { clusterArn, taskDefinition }: Pick<ContainerLookups, 'clusterArn' | 'taskDefinition'>,
): Permission[] {
  const reference = textIn(input, 'taskDefinition') ?? '';
  const definition = taskDefinition(reference);
  const overrides: unknown = Object.getOwnPropertyDescriptor(Object(input), 'overrides')?.value;
  const roleArns = [
    textIn(overrides, 'taskRoleArn') ?? definition?.taskRoleArn,
    textIn(overrides, 'executionRoleArn') ?? definition?.executionRoleArn,
  ].filter((arn) => arn !== undefined);
  return [
    {
      action: 'ecs:RunTask',
      resource: definition?.arn ?? reference,
      keys: { 'ecs:cluster': clusterArn(textIn(input, 'cluster')) },
    },
    ...roleArns.map((resource) => ({
      action: 'iam:PassRole',
      resource,
      keys: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    })),
  ];
}

/** @see Service Authorization Reference, "Actions, resources, and condition keys for AWS Batch" */
export function toUseBatch(lookups: Pick<ContainerLookups, 'queueArn' | 'jobDefinitionArn' | 'jobArn'>) {
  return (path: string, input: unknown): Permission[] => {
    const job = textIn(input, 'jobId') ?? '*';
    switch (path) {
      case '/v1/submitjob': {
        const definitionArn = lookups.jobDefinitionArn(textIn(input, 'jobDefinition') ?? '');
        const on = [definitionArn, lookups.queueArn(textIn(input, 'jobQueue') ?? '')];
        return [
          ...on.map((resource) => ({ action: 'batch:SubmitJob', resource })),
          ...toTag('batch', input, definitionArn),
        ];
      }
      case '/v1/terminatejob':
        return [{ action: 'batch:TerminateJob', resource: lookups.jobArn(job) }];
      case '/v1/canceljob':
        return [{ action: 'batch:CancelJob', resource: lookups.jobArn(job) }];
      default:
        return [{ action: path === '/v1/listjobs' ? 'batch:ListJobs' : 'batch:DescribeJobs', resource: '*' }];
    }
  };
}

function toTag(service: string, input: unknown, resource: string): Permission[] {
  const tags: unknown = Object.getOwnPropertyDescriptor(Object(input), 'tags')?.value;
  const isTagged = Object.keys(Object(tags)).length > 0;
  return isTagged ? [{ action: `${service}:TagResource`, resource }] : [];
}
