import type { IncomingMessage, RequestListener } from 'node:http';
import { StepFunctionsError, type Engine, type WaitingTask } from '../../../engine/src/index.ts';
import { callAction } from '../../../step-functions-api/src/index.ts';
import type { Log } from '../log.ts';
import { answering, readJsonObject, Refusal, requireMethod, sendJsonText } from './own-json.ts';
import { OWN_PATH } from './own-requests.ts';

/** An output has at most 256 KiB, and as a text within JSON it may be several times as long. */
const BODY_BYTES_MAX = 2 ** 21;

/** How the answers to a task are called here, and as actions of Step Functions. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['success', 'SendTaskSuccess'],
  ['failure', 'SendTaskFailure'],
  ['heartbeat', 'SendTaskHeartbeat'],
]);

/**
 * Answers `GET /_countersign/tasks`, the tasks of any state machine that wait for somebody's answer, and takes such answers:
 * `POST /_countersign/tasks/<taskId>/success`, `failure` and `heartbeat`. An answer means that it is on disk. Nobody is shown a token.
 *
 * @param engine throws a {@link Refusal} before it is there
 */
export function taskRequests(engine: () => Engine, log: Log): RequestListener {
  return answering(log, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://tasks.invalid');
    const [, taskId, answer] = pathname.slice(OWN_PATH.length).split('/');
    if (taskId === undefined || taskId === '') {
      requireMethod(request, 'GET');
      return sendJsonText(response, 200, JSON.stringify(listed(engine(), searchParams)));
    }
    const action = ACTIONS.get(answer ?? '');
    if (action === undefined)
      throw new Refusal(404, 'NotFound', 'A task is answered with success, failure or heartbeat.');
    requireMethod(request, 'POST');
    await send(engine(), taskId, action, request, log);
    sendJsonText(response, 200, '{}');
  });
}

function listed(engine: Engine, given: URLSearchParams): object {
  const names = ['stateMachineArn', 'executionArn', 'nextToken'] as const;
  const asked = names.flatMap((name) => {
    const value = given.get(name) ?? '';
    return value === '' ? [] : [[name, value]];
  });
  try {
    const { items, nextToken } = engine.listWaitingTasks(Object.fromEntries(asked));
    return { tasks: items.map(taskItem), ...(nextToken !== undefined && { nextToken }) };
  } catch (error) {
    if (!(error instanceof StepFunctionsError)) throw error;
    const isUnknown = error.name.endsWith('DoesNotExist');
    throw new Refusal(isUnknown ? 404 : 400, error.name, error.message);
  }
}

function taskItem({ sinceMs, timeoutAtMs, heartbeatByMs, ...task }: WaitingTask): object {
  return {
    ...task,
    since: iso(sinceMs),
    ...(timeoutAtMs !== undefined && { timeoutAt: iso(timeoutAtMs) }),
    ...(heartbeatByMs !== undefined && { heartbeatBy: iso(heartbeatByMs) }),
  };
}

/** @throws {Refusal} */
async function send(engine: Engine, taskId: string, action: string, request: IncomingMessage, log: Log): Promise<void> {
  const { output, error, cause } = await readJsonObject(request, BODY_BYTES_MAX);
  const gone = new AbortController();
  const { status, body } = await callAction(
    engine,
    action,
    {
      taskToken: tokenOf(engine, taskId),
      ...(action === 'SendTaskSuccess' && { output: asJsonText(output) }),
      ...(action === 'SendTaskFailure' && { error, cause }),
    },
    { hungUp: gone.signal, log },
  );
  if (status === 200) return;
  const { __type: type, message } = JSON.parse(body) as { __type: string; message: string };
  const [, name = type] = type.split('#');
  if (name !== 'TaskTimedOut') throw new Refusal(status, name, message);
  throw new Refusal(
    409,
    name,
    'The task does not wait any more: it was answered, its time is over, or it was stopped.',
  );
}

/** JSON text, as SendTaskSuccess has it; whatever is no text is a value, and made to one. @throws {Refusal} */
function asJsonText(output: unknown): unknown {
  if (typeof output === 'string' || output === undefined) return output;
  try {
    return JSON.stringify(output);
  } catch {
    // So deep that it could be read and cannot be written.
    throw new Refusal(400, 'ValidationException', 'The output is nested too deeply.');
  }
}

function tokenOf(engine: Engine, taskId: string): string {
  try {
    return engine.taskTokenOf(taskId);
  } catch (error) {
    if (!(error instanceof StepFunctionsError)) throw error;
    throw new Refusal(404, 'TaskDoesNotExist', 'There is no such task. GET /_countersign/tasks lists those that wait.');
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
