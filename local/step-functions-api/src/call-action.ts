import type { Engine } from '../../engine/src/index.ts';
import { ACTIONS } from './actions.ts';
import type { ApiLog } from './aws-json.ts';
import { errorAnswer } from './error-answer.ts';
import { UnknownOperationException } from './errors.ts';
import type { JsonBody } from './parse-request.ts';

/**
 * One action from within this process: the same checks and the same answer as over HTTP.
 *
 * @param name as AWS writes it, such as `DescribeExecution`
 * @param hungUp aborted when whoever asked has gone
 * @returns a status of HTTP, and JSON text. Nothing is thrown.
 */
export async function callAction(
  engine: Engine,
  name: string,
  body: JsonBody,
  { hungUp, log }: { readonly hungUp: AbortSignal; readonly log: ApiLog },
): Promise<{ readonly status: number; readonly body: string }> {
  try {
    const action = ACTIONS.get(name);
    if (action === undefined) throw new UnknownOperationException(400, `There is no action '${name}' here`);
    const answer = await action(engine, body, { hungUp: () => hungUp });
    return { status: 200, body: typeof answer === 'string' ? answer : JSON.stringify(answer) };
  } catch (error) {
    const answer = errorAnswer(error);
    if (answer.status >= 500) log.error('step-functions-api.failed', { action: name, error });
    return answer;
  }
}
