import type { RequestListener } from 'node:http';
import { z } from 'zod';
import type { Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { Json, JsonObject } from '../template.ts';
import { awsRestJsonListener, type ActionsOptions } from './aws-actions.ts';
import { clientError, type BatchDefinitions } from './batch-definitions.ts';
import { describedJob, jobSummary } from './batch-description.ts';
import type { Job } from './batch-job.ts';
import type { BatchJobs } from './batch-jobs.ts';
import type { BatchJobStore } from './batch-job-store.ts';
import { newJob, SubmitJob } from './batch-submit-job.ts';
import { listToken, placeAfter } from './list-token.ts';
import type { MessageWrites } from './message-store.ts';

export interface BatchOptions {
  readonly definitions: BatchDefinitions;
  readonly store: BatchJobStore;
  readonly jobs: BatchJobs;
  readonly writes: MessageWrites;
  /** Who may do what, and what an action needs. */
  readonly access: Access;
  readonly permissions: NonNullable<ActionsOptions['permissions']>;
  readonly now: () => number;
  readonly log: Log;
}

const STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

const DescribeJobs = z.object({
  jobs: z.array(z.string()).max(100, { error: 'Number of jobs requested exceeds limit. Maximum of 100 allowed.' }),
});
const EndJob = z.object({ jobId: z.string(), reason: z.string() });
const ListJobs = z.object({
  jobQueue: z.string().optional(),
  arrayJobId: z
    .unknown()
    .optional()
    .refine((id) => id === undefined, { error: 'array jobs do not run here' }),
  multiNodeJobId: z
    .unknown()
    .optional()
    .refine((id) => id === undefined, { error: 'multi-node jobs do not run here' }),
  jobStatus: z.enum(STATUSES).optional(),
  maxResults: z.number().int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
  filters: z
    .array(z.object({ name: z.string(), values: z.array(z.string()) }))
    .max(1)
    .default([]),
});
type Filter = z.infer<typeof ListJobs>['filters'][number];

/** Batch quotas, "Maximum job payload size (for SubmitJob API operations)". */
const PAYLOAD_CHARACTERS_MAX = 30 * 1024;

/** So many rows are looked through for one page of a filtered list. */
const LOOKED_THROUGH_MAX = 1000;

/** AWS Batch: what SubmitJob has answered is on disk. */
export function createBatchListener(options: BatchOptions): RequestListener {
  const { definitions, store, jobs, writes, access, permissions, now, log } = options;

  async function submitJob(input: unknown): Promise<Json> {
    const request = parsed(SubmitJob, input);
    if (JSON.stringify(request).length > PAYLOAD_CHARACTERS_MAX) throw clientError('The job is too large.');
    const queue = definitions.queueOf(request.jobQueue);
    if (!queue.isEnabled) throw clientError(`JobQueue ${queue.arn} is DISABLED.`);
    const job = newJob(request, queue, definitions.definitionOf(request.jobDefinition), now());
    await writes.write(() => {
      const unknown = job.dependsOn.find((id) => store.find(id) === undefined);
      if (unknown !== undefined) throw clientError(`Job ${unknown} does not exist.`);
      jobs.submit(job);
    });
    return { jobArn: job.arn, jobName: job.name, jobId: job.id };
  }

  function describeJobs(input: unknown): Json {
    const { jobs: ids } = parsed(DescribeJobs, input);
    const found = [...new Set(ids.map(idOf))].flatMap((id) => store.find(id) ?? []);
    return { jobs: found.map(describedJob) };
  }

  function ending(perform: (job: Job, reason: string) => void) {
    return async (input: unknown): Promise<Json> => {
      const { jobId, reason } = parsed(EndJob, input);
      // One that is not known, or has ended, has nothing left to end.
      await writes.write(() => {
        const job = store.find(idOf(jobId));
        if (job !== undefined) perform(job, reason);
      });
      return {};
    };
  }

  function listJobs(input: unknown): Json {
    const { jobQueue, jobStatus, maxResults, nextToken, filters } = parsed(ListJobs, input);
    if (jobQueue === undefined) throw clientError('One of jobQueue, arrayJobId or multiNodeJobId is required.');
    const queueArn = definitions.queueOf(jobQueue).arn;
    const [filter] = filters;
    // Without a filter, what is listed is what runs: the service's own default.
    const status = filter === undefined ? (jobStatus ?? 'RUNNING') : undefined;
    const after = placeAfter(nextToken);
    if (after === undefined) throw clientError('The nextToken is not valid.');
    const rows = store.page({ queueArn, ...(status !== undefined && { status }), after, limit: LOOKED_THROUGH_MAX });
    const fits = rows.filter(({ job }) => filter === undefined || passes(job, filter));
    const page = fits.slice(0, maxResults);
    const hasMore = fits.length > page.length || rows.length === LOOKED_THROUGH_MAX;
    const last = fits.length > page.length ? page.at(-1) : rows.at(-1);
    const token: JsonObject = hasMore && last !== undefined ? { nextToken: listToken(last.sequence) } : {};
    return { jobSummaryList: page.map(({ job }) => jobSummary(job)), ...token };
  }

  return awsRestJsonListener({
    name: 'batch',
    access,
    permissions,
    log,
    actions: {
      '/v1/submitjob': submitJob,
      '/v1/describejobs': describeJobs,
      '/v1/terminatejob': ending((job, reason) => jobs.terminate(job, reason)),
      '/v1/canceljob': ending((job, reason) => jobs.cancel(job, reason)),
      '/v1/listjobs': listJobs,
    },
  });
}

function parsed<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw clientError(`${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'it is invalid'}`);
}

/** A job may be named by its ARN. */
function idOf(idOrArn: string): string {
  return idOrArn.slice(idOrArn.lastIndexOf('/') + 1);
}

/** @see Batch API Reference, ListJobs, "filters" */
function passes(job: Job, { name, values }: Filter): boolean {
  const matches = (text: string) =>
    values.some((value) =>
      value.endsWith('*')
        ? text.toLowerCase().startsWith(value.slice(0, -1).toLowerCase())
        : text.toLowerCase() === value.toLowerCase(),
    );
  switch (name) {
    case 'JOB_NAME':
      return matches(job.name);
    case 'JOB_DEFINITION':
      return matches(job.definitionArn) || matches(job.definitionArn.replace(/^.*\//v, '').replace(/:\d+$/v, ''));
    case 'BEFORE_CREATED_AT':
      return values.every((value) => job.createdAtMs < Number(value));
    case 'AFTER_CREATED_AT':
      return values.every((value) => job.createdAtMs > Number(value));
    default:
      throw clientError(`The filter ${JSON.stringify(name.slice(0, 100))} is not known here.`);
  }
}
