import { isArray, isObject, type Json, type JsonObject, type ServiceIntegration } from '../../../asl/src/index.ts';

type Names = Readonly<Record<string, string>>;

/** A kind of job that a `.sync` task submits: how to ask for it, how to tell that it has ended, and how to cancel it. */
export interface JobKind {
  /** What the service knows the job by, from its reply to the submission and the parameters of that. */
  readonly names: (output: JsonObject, parameters: JsonObject) => Names | undefined;
  readonly describe: JobCall<readonly Names[]>;
  /** @default jobs are asked for one by one; else those together that have this in common */
  readonly together?: (names: Names) => string;
  /** The job in the description, as the task shows it; `undefined` if it is not there. */
  readonly found: (description: JsonObject, names: Names) => JsonObject | undefined;
  /** Where the end has come. */
  readonly ending: (job: JsonObject) => 'succeeded' | 'failed' | undefined;
  readonly cancel: JobCall<Names>;
}

interface JobCall<Given> {
  readonly action: string;
  readonly parameters: (given: Given) => JsonObject;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html, "Run a Job" */
const KINDS: Readonly<Record<string, JobKind>> = {
  'batch:submitJob': {
    names: ({ JobId }) => textNames({ JobId }),
    describe: { action: 'describeJobs', parameters: (jobs) => ({ Jobs: jobs.map(({ JobId = '' }) => JobId) }) },
    together: () => '',
    found: ({ Jobs }, names) => objects(Jobs).find(({ JobId }) => JobId === names['JobId']),
    ending: endsAs('Status', ['SUCCEEDED'], ['FAILED']),
    cancel: { action: 'terminateJob', parameters: (names) => ({ ...names, Reason: CANCELLED }) },
  },
  'ecs:runTask': {
    names: ({ Tasks }) =>
      textNames({ Cluster: objects(Tasks)[0]?.['ClusterArn'], Task: objects(Tasks)[0]?.['TaskArn'] }),
    describe: {
      action: 'describeTasks',
      parameters: (jobs) => ({ Cluster: jobs[0]?.['Cluster'] ?? '', Tasks: jobs.map(({ Task = '' }) => Task) }),
    },
    together: ({ Cluster = '' }) => Cluster,
    found: ({ Tasks }, names) => objects(Tasks).find(({ TaskArn }) => TaskArn === names['Task']),
    ending: endOfContainers,
    cancel: { action: 'stopTask', parameters: (names) => ({ ...names, Reason: CANCELLED }) },
  },
  'athena:startQueryExecution': {
    names: ({ QueryExecutionId }) => textNames({ QueryExecutionId }),
    describe: { action: 'getQueryExecution', parameters: only },
    found: ({ QueryExecution }) => ifThere({ QueryExecution }),
    ending: ({ QueryExecution }) =>
      endsAs(
        'State',
        ['SUCCEEDED'],
        ['FAILED', 'CANCELLED'],
      )(member(member({ QueryExecution }, 'QueryExecution'), 'Status')),
    cancel: { action: 'stopQueryExecution', parameters: same },
  },
  'codebuild:startBuild': {
    names: ({ Build }) => textNames({ Id: member({ Build }, 'Build')['Id'] }),
    describe: { action: 'batchGetBuilds', parameters: (jobs) => ({ Ids: jobs.map(({ Id = '' }) => Id) }) },
    together: () => '',
    found: ({ Builds }, names) => ifThere({ Build: objects(Builds).find(({ Id }) => Id === names['Id']) }),
    ending: ({ Build }) => endOfBuild('BuildStatus', member({ Build }, 'Build')),
    cancel: { action: 'stopBuild', parameters: same },
  },
  'codebuild:startBuildBatch': buildBatch(),
  'codebuild:retryBuildBatch': buildBatch(),
  'databrew:startJobRun': {
    names: ({ RunId }, { Name }) => textNames({ Name, RunId }),
    describe: { action: 'describeJobRun', parameters: only },
    found: same,
    ending: endsAs('State', ['SUCCEEDED'], ['FAILED', 'STOPPED', 'TIMEOUT']),
    cancel: { action: 'stopJobRun', parameters: same },
  },
  'glue:startJobRun': {
    names: ({ JobRunId: RunId }, { JobName }) => textNames({ JobName, RunId }),
    describe: { action: 'getJobRun', parameters: only },
    found: ({ JobRun }) => (isObject(JobRun) ? JobRun : undefined),
    ending: endsAs('JobRunState', ['SUCCEEDED'], ['FAILED', 'STOPPED', 'TIMEOUT', 'ERROR', 'EXPIRED']),
    cancel: {
      action: 'batchStopJobRun',
      parameters: ({ JobName = '', RunId = '' }) => ({ JobName, JobRunIds: [RunId] }),
    },
  },
  'mediaconvert:createJob': {
    names: ({ Job }) => textNames({ Id: member({ Job }, 'Job')['Id'] }),
    describe: { action: 'getJob', parameters: only },
    found: ({ Job }) => ifThere({ Job }),
    ending: ({ Job }) => endsAs('Status', ['COMPLETE'], ['ERROR', 'CANCELED'])(member({ Job }, 'Job')),
    cancel: { action: 'cancelJob', parameters: same },
  },
  'sagemaker:createHyperParameterTuningJob': sageMakerJob('HyperParameterTuningJob'),
  'sagemaker:createLabelingJob': sageMakerJob('LabelingJob'),
  'sagemaker:createProcessingJob': sageMakerJob('ProcessingJob'),
  'sagemaker:createTrainingJob': sageMakerJob('TrainingJob'),
  'sagemaker:createTransformJob': sageMakerJob('TransformJob'),
};

export function jobKind(kind: string): JobKind | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}

/** Whether a task may wait for what the resource submits. */
export function submitsJob({ service, action }: ServiceIntegration): boolean {
  return jobKind(`${service}:${action}`) !== undefined;
}

const CANCELLED = 'The Step Functions task that waited for this has ended.';

function buildBatch(): JobKind {
  return {
    names: ({ BuildBatch }) => textNames({ Id: member({ BuildBatch }, 'BuildBatch')['Id'] }),
    describe: { action: 'batchGetBuildBatches', parameters: (jobs) => ({ Ids: jobs.map(({ Id = '' }) => Id) }) },
    together: () => '',
    found: ({ BuildBatches }, names) =>
      ifThere({ BuildBatch: objects(BuildBatches).find(({ Id }) => Id === names['Id']) }),
    ending: ({ BuildBatch }) => endOfBuild('BuildBatchStatus', member({ BuildBatch }, 'BuildBatch')),
    cancel: { action: 'stopBuildBatch', parameters: same },
  };
}

/** Jobs of SageMaker are named by who submits them, and described flat. */
function sageMakerJob(noun: string): JobKind {
  const name = `${noun}Name`;
  return {
    names: (_output, parameters) => textNames({ [name]: parameters[name] }),
    describe: { action: `describe${noun}`, parameters: only },
    found: same,
    ending: endsAs(`${noun}Status`, ['Completed'], ['Failed', 'Stopped']),
    cancel: { action: `stop${noun}`, parameters: same },
  };
}

function endsAs(status: string, succeeded: readonly string[], failed: readonly string[]): JobKind['ending'] {
  return (job) => {
    const is = (ends: readonly string[]): boolean => ends.some((end) => end === job[status]);
    return is(succeeded) ? 'succeeded' : is(failed) ? 'failed' : undefined;
  };
}

function endOfBuild(status: string, build: JsonObject): ReturnType<JobKind['ending']> {
  return endsAs(status, ['SUCCEEDED'], ['FAILED', 'FAULT', 'TIMED_OUT', 'STOPPED'])(build);
}

/** A task has done its work if it was not stopped before, and each of its containers has ended with 0. */
function endOfContainers({ LastStatus, StopCode, Containers }: JsonObject): ReturnType<JobKind['ending']> {
  if (LastStatus !== 'STOPPED') return undefined;
  const containers = objects(Containers);
  const isDone = containers.length > 0 && containers.every(({ ExitCode }) => ExitCode === 0);
  return isDone && (StopCode ?? 'EssentialContainerExited') === 'EssentialContainerExited' ? 'succeeded' : 'failed';
}

function same<Given extends JsonObject>(given: Given): Given {
  return given;
}

function only([names = {}]: readonly Names[]): JsonObject {
  return names;
}

/** `undefined` where one is missing: there is nothing to ask for then. */
function textNames(given: Readonly<Record<string, Json | undefined>>): Names | undefined {
  const names = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return names.length === Object.keys(given).length ? Object.fromEntries(names) : undefined;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function member(value: Readonly<Record<string, Json | undefined>>, name: string): JsonObject {
  const found = value[name];
  return isObject(found) ? found : {};
}

function ifThere(value: Readonly<Record<string, Json | undefined>>): JsonObject | undefined {
  const entries = Object.entries(value).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
