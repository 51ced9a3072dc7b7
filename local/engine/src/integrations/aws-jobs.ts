import { jsonText, type JsonObject } from '../../../asl/src/index.ts';
import type { Job, JobIo, JobReport } from '../job-io.ts';
import { callAws, type AwsConnection, type Unreached } from './aws/call.ts';
import type { AwsRefusal, AwsReply } from './aws/reply.ts';
import { jobKind, type JobKind } from './job-kinds.ts';
import { optimisedCall } from './optimised-services.ts';

/** Asking is repeated anyway, so a service that keeps silent is not waited for. */
const TIMEOUT_MS = 20_000;
/** What a history keeps of a cause. Step Functions API Reference, TaskFailedEventDetails. */
const CAUSE_CHARACTERS_MAX = 32_768;

/** Asks for jobs and cancels them at the endpoints of their services, as Step Functions does it on AWS. */
export function awsJobs(connection: AwsConnection): JobIo {
  const patience = { ...connection, limits: { ...connection.limits, timeoutMs: TIMEOUT_MS } };
  const call = (kind: string, action: string, parameters: JsonObject, signal: AbortSignal) => {
    const target = optimisedCall(serviceOf(kind), action);
    if (target === undefined) throw new Error(`jobs of ${kind} are kept, and ${action} cannot be called`);
    return callAws(target, parameters, target.codec, patience, signal);
  };
  return {
    groupOf: ({ kind, names }) => `${kind} ${(kindOf(kind).together ?? jsonText)(names)}`,
    async ask(jobs, signal) {
      const [first] = jobs;
      if (first === undefined) return [];
      const kind = kindOf(first.kind);
      const parameters = kind.describe.parameters(jobs.map(({ names }) => names));
      const answer = await call(first.kind, kind.describe.action, parameters, signal);
      return jobs.map((job) => reportOf(job, kind, answer));
    },
    async cancel({ kind, names }, signal) {
      const { action, parameters } = kindOf(kind).cancel;
      const answer = await call(kind, action, parameters(names), signal);
      return answer.kind === 'output' || (answer.kind === 'refusal' && !isPassing(answer));
    },
  };
}

/** What was submitted by a `.sync` task; `undefined` where the reply names no job. */
export function submittedJob(kind: string, output: JsonObject, parameters: JsonObject): Job | undefined {
  const names = kindOf(kind).names(output, parameters);
  return names === undefined ? undefined : { kind, names };
}

function reportOf({ names }: Job, kind: JobKind, answer: AwsReply | Unreached): JobReport {
  if (answer.kind === 'unreached') return { state: 'no answer' };
  if (answer.kind === 'refusal') {
    if (isPassing(answer)) return { state: 'no answer' };
    const cause = `The service does not tell how the job is: ${answer.message ?? 'null'} (Error Code: ${answer.code})`;
    return { state: 'unknown', cause };
  }
  const job = kind.found(answer.output, names);
  if (job === undefined) return { state: 'unknown', cause: `The service does not know of the job ${jsonText(names)}` };
  switch (kind.ending(job)) {
    case 'succeeded':
      return { state: 'succeeded', output: job };
    case 'failed':
      return { state: 'failed', error: 'States.TaskFailed', cause: jsonText(job).slice(0, CAUSE_CHARACTERS_MAX) };
    case undefined:
      return { state: 'running' };
  }
}

/** Whether the same call may be answered later. */
function isPassing({ statusCode, code }: AwsRefusal): boolean {
  return statusCode >= 500 || statusCode === 429 || /Throttl|TooManyRequests|LimitExceeded/.test(code);
}

function kindOf(kind: string): JobKind {
  const found = jobKind(kind);
  if (found === undefined) throw new Error(`jobs of ${kind} are not known`);
  return found;
}

function serviceOf(kind: string): string {
  return kind.split(':')[0] ?? '';
}
