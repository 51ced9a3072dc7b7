import type { Command } from 'commander';
import { answer, answerCommand, type AnswerOptions } from '../answer-task.ts';

export function tasksHeartbeat(): Command {
  return answerCommand(
    'tasks heartbeat',
    'Say that a task that waits is still worked on: its HeartbeatSeconds begin anew.',
    ['countersign tasks heartbeat TASK', 'while sleep 30; do countersign tasks heartbeat TASK || break; done'],
  ).action(async (taskId: string | undefined, options: AnswerOptions) => {
    await answer(taskId, options, {
      action: 'heartbeat',
      body: {},
      done: 'goes on',
      send: (client, taskToken) => client.sendTaskHeartbeat({ taskToken }),
    });
  });
}
