import {
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { ConfirmedDecision } from './confirmation.ts';
import type { TaskToken } from './task-token.ts';

/**
 * Answers a wait with a decision, and with nothing else: its output is all that the workflow learns.
 *
 * False: the task was no longer waiting. It was answered, timed out, retried or stopped; Step Functions does not say which.
 */
export type SendTaskSuccess = (taskToken: TaskToken, decision: ConfirmedDecision) => Promise<boolean>;

export function sendTaskSuccessBy(sfn: Pick<SFNClient, 'send'>): SendTaskSuccess {
  return async (taskToken, decision) => {
    const output = JSON.stringify(decision);
    try {
      await sfn.send(new SendTaskSuccessCommand({ taskToken: taskToken.reveal(), output }));
      return true;
    } catch (error) {
      const isClosed =
        error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
      if (isClosed) return false;
      throw error;
    }
  };
}
