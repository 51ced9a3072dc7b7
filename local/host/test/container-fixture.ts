import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAssembly } from './assembly-files.ts';
import { ECHO, echo } from './messaging-fixture.ts';
import { until, type TestHost } from './test-host.ts';

export const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:image-tag';

const DOCKERFILE = `
FROM node:24-slim
WORKDIR /app
COPY main.mjs ./
ENV FROM_IMAGE=yes
USER node
ENTRYPOINT ["node", "/app/main.mjs"]
CMD ["exit", "0"]
`;

/** Does what its first argument says. */
const MAIN = `
import { writeFileSync, existsSync } from 'node:fs';
const [task, value] = process.argv.slice(2);
console.log('pid ' + process.pid);
if (task === 'exit') process.exitCode = Number(value);
if (task === 'hang') setInterval(() => {}, 1000);
if (task === 'obey') {
  process.on('SIGTERM', () => { console.log('asked to end'); process.exit(7); });
  console.log('listening');
  setInterval(() => {}, 1000);
}
if (task === 'stubborn') {
  process.on('SIGTERM', () => {});
  console.log('listening');
  setInterval(() => {}, 1000);
}
if (task === 'grow') {
  const kept = [];
  setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 10);
}
if (task === 'environment') console.log(JSON.stringify({ ...process.env, cwd: process.cwd(), left: existsSync('left') }));
if (task === 'environment') writeFileSync('left', 'behind');
if (task === 'metadata') {
  const answer = await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + '/task');
  console.log(JSON.stringify(await answer.json()));
}
if (task === 'call') {
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const get = new GetObjectCommand({ Bucket: 'app-bucket', Key: value });
  await new S3Client({ forcePathStyle: true }).send(get).then(() => console.log('got it'), (error) => console.log('was told ' + error.message));
}
if (task === 'date') console.log(new Date().toISOString());
`;

const ENTRY = { Name: 'main', Image: IMAGE, Environment: [{ Name: 'FROM_DEFINITION', Value: 'yes' }], StopTimeout: 60 };

export interface ContainerApp {
  /** Added to or put in the place of what the app has. */
  readonly resources?: object;
  readonly dockerfile?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Of the job definition. */
  readonly job?: object;
  /** Of the task definition. */
  readonly task?: object;
}

export const QUEUE = 'App-Queue';
export const JOB = 'App-Job';
export const CLUSTER = 'App-Cluster';
export const TASK = 'App-Task';

/** An app with a queue, a job definition, a cluster and a task definition of one image, whose events go to a function "events". */
export function writeContainerApp({
  resources = {},
  dockerfile = DOCKERFILE,
  files = {},
  job,
  task,
}: ContainerApp = {}) {
  const dir = writeAssembly(
    {
      Environment: {
        Type: 'AWS::Batch::ComputeEnvironment',
        Properties: { Type: 'managed', ComputeResources: { Type: 'FARGATE', MaxvCpus: 4, Subnets: [] } },
      },
      Queue: {
        Type: 'AWS::Batch::JobQueue',
        Properties: {
          Priority: 1,
          ComputeEnvironmentOrder: [{ ComputeEnvironment: { Ref: 'Environment' }, Order: 1 }],
        },
      },
      Job: {
        Type: 'AWS::Batch::JobDefinition',
        Properties: {
          Type: 'container',
          PlatformCapabilities: ['FARGATE'],
          ContainerProperties: {
            Image: IMAGE,
            Environment: [{ Name: 'FROM_DEFINITION', Value: 'yes' }],
            ResourceRequirements: [
              { Type: 'MEMORY', Value: '512' },
              { Type: 'VCPU', Value: '0.25' },
            ],
          },
          ...job,
        },
      },
      Cluster: { Type: 'AWS::ECS::Cluster' },
      Task: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Cpu: '256',
          Memory: '512',
          NetworkMode: 'awsvpc',
          RequiresCompatibilities: ['FARGATE'],
          ContainerDefinitions: [ENTRY],
          ...task,
        },
      },
      Events: echo('events'),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.ecs', 'aws.batch'] },
          Targets: [{ Id: 'function', Arn: { 'Fn::GetAtt': ['Events', 'Arn'] } }],
        },
      },
      ...resources,
    },
    { ...ECHO, 'image/Dockerfile': dockerfile, 'image/main.mjs': MAIN, ...files },
  );
  const manifest = join(dir, 'App.assets.json');
  const assets = JSON.parse(readFileSync(manifest, 'utf8'));
  const image = {
    source: { directory: 'image' },
    destinations: { here: { repositoryName: 'assets', imageTag: 'image-tag' } },
  };
  writeFileSync(manifest, JSON.stringify({ ...assets, dockerImages: { image } }));
  return dir;
}

/** Of what the services answer, what these tests look at. */
export interface Answer {
  readonly __type?: string;
  readonly message?: string;
  readonly jobId?: string;
  readonly jobs?: readonly JobDescription[];
  readonly jobSummaryList?: readonly { readonly jobId: string; readonly status: string }[];
  readonly task?: TaskDescription;
  readonly tasks?: readonly TaskDescription[];
  readonly taskArns?: readonly string[];
  readonly failures?: readonly { readonly arn: string; readonly reason: string }[];
  readonly nextToken?: string;
}

interface ContainerDescription {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly logStreamName?: string;
  readonly taskArn?: string;
  readonly lastStatus?: string;
}

export interface JobDescription {
  readonly status: string;
  readonly statusReason?: string;
  readonly attempts: readonly { readonly container: ContainerDescription; readonly statusReason: string }[];
  readonly container: ContainerDescription;
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  readonly isTerminated: boolean;
  readonly isCancelled: boolean;
}

export interface TaskDescription {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly containers: readonly ContainerDescription[];
}

async function post(url: string, headers: Record<string, string>, input: unknown) {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
  return { status: response.status, body: (await response.json()) as Answer };
}

/** Calls ECS as its JSON protocol has it. */
export function ecs({ awsUrl }: Pick<TestHost, 'awsUrl'>, action: string, input: object) {
  const target = `AmazonEC2ContainerServiceV20141113.${action}`;
  return post(awsUrl, { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }, input);
}

/** Calls Batch, such as `submitjob`. */
export function batch({ awsUrl }: Pick<TestHost, 'awsUrl'>, action: string, input: object) {
  return post(`${awsUrl}/v1/${action}`, { 'content-type': 'application/json' }, input);
}

/** Submits a job that runs this command. @returns its id */
export async function submit(
  host: Pick<TestHost, 'awsUrl'>,
  command: readonly string[],
  more: object = {},
): Promise<string> {
  const { status, body } = await batch(host, 'submitjob', {
    jobName: 'a-job',
    jobQueue: QUEUE,
    jobDefinition: JOB,
    containerOverrides: { command },
    ...more,
  });
  if (status !== 200 || body.jobId === undefined) throw new Error(JSON.stringify(body));
  return body.jobId;
}

export async function jobOf(host: Pick<TestHost, 'awsUrl'>, jobId: string) {
  const { body } = await batch(host, 'describejobs', { jobs: [jobId] });
  return body.jobs?.[0];
}

export function jobIn(host: Pick<TestHost, 'awsUrl'>, jobId: string, ...statuses: readonly string[]) {
  return until(async () => {
    const job = await jobOf(host, jobId);
    return job !== undefined && statuses.includes(job.status) ? job : undefined;
  });
}

export const FARGATE = {
  cluster: CLUSTER,
  taskDefinition: TASK,
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
};

/** Runs a task with this command. @returns its ARN */
export async function runTask(
  host: Pick<TestHost, 'awsUrl'>,
  command: readonly string[],
  more: object = {},
): Promise<string> {
  const overrides = { containerOverrides: [{ name: 'main', command }] };
  const { status, body } = await ecs(host, 'RunTask', { ...FARGATE, overrides, ...more });
  const taskArn = body.tasks?.[0]?.taskArn;
  if (status !== 200 || taskArn === undefined) throw new Error(JSON.stringify(body));
  return taskArn;
}

export async function taskOf(host: Pick<TestHost, 'awsUrl'>, taskArn: string) {
  const { body } = await ecs(host, 'DescribeTasks', { cluster: CLUSTER, tasks: [taskArn] });
  return body.tasks?.[0];
}

export function taskIn(host: Pick<TestHost, 'awsUrl'>, taskArn: string, status: string) {
  return until(async () => {
    const task = await taskOf(host, taskArn);
    return task?.lastStatus === status ? task : undefined;
  });
}

/** What a job or task has written, line by line; waits until one of the lines begins so. */
export function written({ logged }: Pick<TestHost, 'logged'>, id: string, beginning: string): Promise<string> {
  return until(() => {
    const lines = logged.map((line) => JSON.parse(line)).filter(({ jobId, task }) => [jobId, task].includes(id));
    const found = lines.find(
      ({ event, message }) => String(event).endsWith('.log') && String(message).startsWith(beginning),
    );
    return Promise.resolve(found?.message);
  });
}

export function idOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}
