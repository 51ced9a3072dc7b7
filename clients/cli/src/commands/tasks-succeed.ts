import type { Command } from 'commander';
import { answer, answerCommand, type AnswerOptions } from '../answer-task.ts';
import { jsonText } from '../json-argument.ts';

interface SucceedOptions extends AnswerOptions {
  output: string;
}

export function tasksSucceed(): Command {
  return answerCommand('tasks succeed', 'Answer a task that waits: it succeeds, with this output.', [
    `countersign tasks succeed TASK --output '{"approved":true}'`,
    'countersign tasks succeed --token-file ./token --output @result.json --profile production',
  ])
    .option('--output <json>', 'what the task gives: JSON, @ and a file of it, or - for stdin', '{}')
    .action(async (taskId: string | undefined, options: SucceedOptions) => {
      const output = await jsonText(options.output, '--output');
      await answer(taskId, options, {
        action: 'success',
        body: { output },
        done: 'has succeeded',
        send: (client, taskToken) => client.sendTaskSuccess({ taskToken, output }),
      });
    });
}
