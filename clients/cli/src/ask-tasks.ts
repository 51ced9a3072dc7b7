import { CliError } from './cli-error.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { heardDate } from './server-clock.ts';
import { untrusted } from './trust.ts';

/** A task that waits for somebody's answer. Its id is no token: whoever knows it can answer on this machine only. */
export interface WaitingTask {
  readonly taskId: string;
  readonly executionArn: string;
  readonly stateName: string;
  readonly resource: string;
  readonly since: string;
  readonly timeoutAt?: string;
  readonly heartbeatBy?: string;
}

export interface TasksPage {
  readonly tasks: readonly WaitingTask[];
  readonly nextToken?: string;
}

/** Asks a host for the tasks that wait. @throws {CliError} where nobody answers, or it is no host of ours. */
export async function listTasks(endpoint: string, query: Readonly<Record<string, string>>): Promise<TasksPage> {
  const path = `/_countersign/tasks?${new URLSearchParams(query).toString()}`;
  const page = await ask(endpoint, path, { method: 'GET' });
  return page as TasksPage; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the host's own form
}

/** Answers a task by its id. @throws {CliError} as {@link listTasks}, and where it does not wait any more. */
export async function answerTask(
  endpoint: string,
  taskId: string,
  answer: 'success' | 'failure' | 'heartbeat',
  body: object,
): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const path = `/_countersign/tasks/${encodeURIComponent(taskId)}/${answer}`;
  await ask(endpoint, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

const EXIT_CODES: Readonly<Record<number, ExitCode>> = {
  400: exitCode.usage,
  404: exitCode.notFound,
  409: exitCode.expired,
  413: exitCode.usage,
};

async function ask(endpoint: string, path: string, request: RequestInit): Promise<unknown> {
  const answer = await reach(endpoint, path, request);
  heardDate(answer.headers.get('date'));
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && typeof body === 'object' && body !== null) return body;
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
  if (message === '' || answer.status === 501) throw knowsNoTasks(endpoint);
  throw new CliError(
    EXIT_CODES[answer.status] ?? exitCode.failure,
    message,
    '`countersign tasks list` shows the tasks that wait.',
  );
}

async function reach(endpoint: string, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(`${endpoint}${path}`, request);
  } catch (error) {
    const distrust = untrusted(endpoint, error);
    if (distrust !== undefined) throw distrust;
    throw new CliError(
      exitCode.failure,
      `Nobody answers at ${endpoint}.`,
      '`countersign start` starts a host; --endpoint or AWS_ENDPOINT_URL names another.',
    );
  }
}

/** AWS itself, or another stand-in for it. */
function knowsNoTasks(endpoint: string): CliError {
  return new CliError(
    exitCode.failure,
    `What answers at ${endpoint} does not tell which tasks wait.`,
    'That is a thing of `countersign start` and `countersign engine`. Elsewhere a task is answered with its token: --token-file.',
  );
}
