/** What the `Resource` of a Task state names. */
export type TaskResource =
  | { readonly kind: 'lambda-function'; readonly arn: string }
  | { readonly kind: 'activity'; readonly arn: string }
  | ServiceIntegration;

/** `arn:aws:states:::lambda:invoke.waitForTaskToken`: a call of an AWS service that Step Functions makes itself. */
export interface ServiceIntegration {
  readonly kind: 'service';
  /** `lambda`, or `aws-sdk:s3` where the call is an SDK integration. History shows it as `resourceType`. */
  readonly service: string;
  /** `invoke`, without the pattern. */
  readonly action: string;
  readonly pattern: IntegrationPattern;
  /** `invoke.waitForTaskToken`, as history shows it in `resource`. */
  readonly resource: string;
}

export type IntegrationPattern = 'REQUEST_RESPONSE' | 'WAIT_FOR_TASK_TOKEN' | 'RUN_JOB' | 'RUN_JOB_V2';

const suffixes: Readonly<Record<string, IntegrationPattern>> = {
  waitForTaskToken: 'WAIT_FOR_TASK_TOKEN',
  sync: 'RUN_JOB',
  'sync:2': 'RUN_JOB_V2',
};

const parsed = new Map<string, TaskResource | undefined>();
/** Definitions come from strangers, so what is remembered of them has a bound. */
const REMEMBERED_MAX = 4096;

/** Reads a `Resource`; `undefined` where it is no ARN that a Task state can have. */
export function parseTaskResource(resource: string): TaskResource | undefined {
  if (parsed.has(resource)) return parsed.get(resource);
  if (parsed.size >= REMEMBERED_MAX) parsed.clear();
  const result = read(resource);
  parsed.set(resource, result);
  return result;
}

function read(resource: string): TaskResource | undefined {
  const service =
    /^arn:[a-z-]+:states:[a-z0-9-]*:\d*:((?:aws-sdk:)?[A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.(waitForTaskToken|sync:2|sync))?$/.exec(
      resource,
    );
  if (service?.[1] !== undefined && service[2] !== undefined && service[1] !== 'activity') {
    const [, name, action, suffix] = service;
    return {
      kind: 'service',
      service: name,
      action,
      pattern: suffix === undefined ? 'REQUEST_RESPONSE' : (suffixes[suffix] ?? 'REQUEST_RESPONSE'),
      resource: suffix === undefined ? action : `${action}.${suffix}`,
    };
  }
  if (/^arn:[a-z-]+:states:[a-z0-9-]+:\d+:activity:.+$/.test(resource)) return { kind: 'activity', arn: resource };
  if (/^arn:[a-z-]+:lambda:[a-z0-9-]+:\d*:function:[A-Za-z0-9-_]+(:[A-Za-z0-9-_$]+)?$/.test(resource)) {
    return { kind: 'lambda-function', arn: resource };
  }
  return undefined;
}
