import type { RequestListener } from 'node:http';
import type { Engine } from '../../../engine/src/index.ts';
import type { Log } from '../log.ts';
import { answering, requireMethod, sendJsonText } from './own-json.ts';

/**
 * Answers `GET /_countersign/executions?name=`: the executions that bear a name, of whatever state machine. Step Functions looks
 * for them by their ARN only.
 *
 * @param engine throws a refusal before it is there
 */
export function executionRequests(engine: () => Engine, log: Log): RequestListener {
  return answering(log, (request, response) => {
    requireMethod(request, 'GET');
    const { searchParams } = new URL(request.url ?? '/', 'http://executions.invalid');
    const found = engine().findExecutions(searchParams.get('name') ?? '');
    const executions = found.map(({ executionArn, stateMachineArn, status }) => ({
      executionArn,
      stateMachineArn,
      status,
    }));
    sendJsonText(response, 200, JSON.stringify({ executions }));
  });
}
