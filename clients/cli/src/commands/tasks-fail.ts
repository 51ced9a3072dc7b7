import type { Command } from 'commander';
import { answer, answerCommand, type AnswerOptions } from '../answer-task.ts';

interface FailOptions extends AnswerOptions {
  error?: string;
  cause?: string;
}

export function tasksFail(): Command {
  return answerCommand('tasks fail', 'Answer a task that waits: it fails, and Retry and Catch decide what then.', [
    'countersign tasks fail TASK --error OutOfStock --cause "no apples left"',
    'pass show token | countersign tasks fail --token-file - --error OutOfStock --profile production',
  ])
    .option('--error <name>', 'the error, as Retry and Catch name it')
    .option('--cause <text>', 'a word on why')
    .action(async (taskId: string | undefined, options: FailOptions) => {
      const { error, cause } = options;
      await answer(taskId, options, {
        action: 'failure',
        body: { error, cause },
        done: 'has failed',
        send: (client, taskToken) => client.sendTaskFailure({ taskToken, error, cause }),
      });
    });
}
