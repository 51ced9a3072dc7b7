import {
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { Message } from './message.ts';
import type { TaskToken } from './task-token.ts';

/**
 * Answers a wait with a message, and with nothing else: its output is all that the workflow learns.
 *
 * False: the task was no longer waiting. It was answered, timed out, retried or stopped; Step Functions does not say which.
 */
export type SendTaskSuccess = (taskToken: TaskToken, message: Message) => Promise<boolean>;

export function sendTaskSuccessBy(sfn: Pick<SFNClient, 'send'>): SendTaskSuccess {
  return async (taskToken, message) => {
    const output = JSON.stringify(message);
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
