import { createHash } from 'node:crypto';
import type { Log } from '../log.ts';
import { DeliveryFailed, DeliveryRefused, type Carrier } from './deliveries.ts';
import type { LambdaService } from './lambda.ts';
import { LambdaError } from './lambda-errors.ts';

/** Lambda Developer Guide, "Asynchronous invocation": two more attempts, one minute and two minutes later. */
const FUNCTION_RETRY_DELAYS_MS = [60_000, 120_000];

/**
 * Invokes the function and waits for its end: an event is kept until the function has taken it, so that a host that dies
 * meanwhile delivers it again.
 */
export function carryToLambda(lambda: Pick<LambdaService, 'invoke'>): Carrier {
  return async ({ receiver, payload }) => {
    const { functionError } = await invoked(lambda, receiver, payload);
    if (functionError !== undefined) throw new DeliveryFailed('the function failed', FUNCTION_RETRY_DELAYS_MS);
  };
}

async function invoked(lambda: Pick<LambdaService, 'invoke'>, functionName: string, payload: string) {
  try {
    return await lambda.invoke({ functionName, payload });
  } catch (error) {
    const isForGood = error instanceof LambdaError && error.statusCode < 500 && error.statusCode !== 429;
    if (isForGood) throw new DeliveryRefused(error.name, { cause: error });
    throw error;
  }
}

/** How Step Functions refuses what no further attempt can mend. */
const REFUSED_FOR_GOOD = /InvalidArn|InvalidExecutionInput|StateMachineDoesNotExist|ValidationException/v;

/** Starts an execution over the API. Its name comes from the delivery, so a second attempt finds the first one's. */
export function carryToStepFunctions(awsUrl: string): Carrier {
  return async ({ id, receiver, payload }) => {
    const response = await fetch(awsUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.StartExecution' },
      body: JSON.stringify({ stateMachineArn: receiver, name: executionName(id), input: payload }),
    });
    const answer = await response.text();
    if (response.ok || answer.includes('ExecutionAlreadyExists')) return;
    const [reason] = REFUSED_FOR_GOOD.exec(answer) ?? [];
    if (reason !== undefined) throw new DeliveryRefused(reason);
    throw new Error(`StartExecution was answered with ${response.status}`);
  };
}

/** As EventBridge names executions: the id of the event, and what makes it one of its kind. */
function executionName(deliveryId: string): string {
  const [eventId = ''] = deliveryId.split('/', 1);
  return `${eventId.slice(0, 36)}_${createHash('sha256').update(deliveryId).digest('hex').slice(0, 32)}`;
}

/** A log group is this machine's log. */
export function carryToLog(log: Log): Carrier {
  return ({ receiver, payload }) => {
    log.info('events.log', { logGroup: receiver, message: payload });
    return Promise.resolve();
  };
}
