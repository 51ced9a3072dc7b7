import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';

/** What may be said by a task token. Each is false if nobody waits for it any more: it was answered, timed out or stopped. */
export interface TaskTokenAnswers {
  readonly heartbeat: () => Promise<boolean>;
  readonly succeed: (output: unknown) => Promise<boolean>;
  readonly fail: (failure: Failure) => Promise<boolean>;
}

/** Why a task has failed, as Retry and Catch see it. */
export interface Failure {
  readonly error: string;
  readonly cause: string;
}

/** Step Functions API Reference, SendTaskFailure. */
const ERROR_CHARACTERS_MAX = 256;
const CAUSE_CHARACTERS_MAX = 32_768;

export function answersTo(taskToken: string, sfn: Pick<SFNClient, 'send'>): TaskTokenAnswers {
  return {
    heartbeat: () => isTaken(sfn.send(new SendTaskHeartbeatCommand({ taskToken }))),
    succeed: (output) => isTaken(sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: ({ error, cause }) => {
      const told = { error: error.slice(0, ERROR_CHARACTERS_MAX), cause: cause.slice(0, CAUSE_CHARACTERS_MAX) };
      return isTaken(sfn.send(new SendTaskFailureCommand({ taskToken, ...told })));
    },
  };
}

async function isTaken(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
      return false;
    throw error;
  }
}
