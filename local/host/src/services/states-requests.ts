import type { RequestListener } from 'node:http';
import type { Engine } from '../../../engine/src/index.ts';
import { callAction } from '../../../step-functions-api/src/index.ts';
import type { Log } from '../log.ts';
import { answering, readJsonObject, Refusal, requireMethod, sendJsonText } from './own-json.ts';
import { OWN_PATH } from './own-requests.ts';

/** Step Functions API Reference: an input has at most 256 KiB, and as a text within JSON it may be several times as long. */
const BODY_BYTES_MAX = 2 ** 21;

/** What pages need to look at workflows and to start, stop and continue them. None of these gives or takes a task token. */
const ACTIONS: ReadonlySet<string> = new Set([
  'DescribeExecution',
  'DescribeMapRun',
  'DescribeStateMachine',
  'DescribeStateMachineForExecution',
  'GetExecutionHistory',
  'ListExecutions',
  'ListMapRuns',
  'ListStateMachines',
  'RedriveExecution',
  'StartExecution',
  'StopExecution',
]);

export const HIDDEN_TOKEN = '(task token, hidden)';

/**
 * Answers `POST /_countersign/states/<Action>` as Step Functions would, for a few of its actions: what a history, an input or an
 * output holds of task tokens is hidden.
 *
 * @param engine throws a {@link Refusal} before it is there
 */
export function statesRequests(engine: () => Engine, log: Log): RequestListener {
  return answering(log, async (request, response) => {
    const [, action = ''] = (request.url ?? '').slice(OWN_PATH.length).split(/[\/?]/v);
    if (!ACTIONS.has(action)) throw new Refusal(404, 'NotFound', `There are ${[...ACTIONS].join(', ')}.`);
    requireMethod(request, 'POST');
    const asked = await readJsonObject(request, BODY_BYTES_MAX);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const running = engine();
    const { status, body } = await callAction(running, action, asked, { hungUp: gone.signal, log });
    sendJsonText(response, status, running.hideTaskTokens(body, HIDDEN_TOKEN));
  });
}
