import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import type { SFN } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { isPersonThere, readSecret } from './ask-person.ts';
import { answerTask } from './ask-tasks.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { printJson, say } from './output.ts';
import { printable } from './printable.ts';
import { askStepFunctions } from './step-functions-error.ts';
import {
  endpointUrl,
  stepFunctions,
  stepFunctionsCommand,
  type StepFunctionsOptions,
} from './step-functions-options.ts';

export interface AnswerOptions extends StepFunctionsOptions {
  tokenFile?: string;
}

/** A command that answers a task, by its id on this machine, or by its token anywhere. */
export function answerCommand(path: string, summary: string, examples: readonly string[]): Command {
  return stepFunctionsCommand(path, summary, examples)
    .argument('[task]', "the task's id, as `tasks list` shows it")
    .option(
      '--token-file <path>',
      'instead of an id: a file with the task token; - reads stdin, or asks. A token is a secret, so it is never an argument',
    );
}

export interface TaskAnswer {
  readonly action: 'success' | 'failure' | 'heartbeat';
  readonly body: object;
  readonly done: string;
  /** The same by a token. */
  readonly send: (client: SFN, taskToken: string) => Promise<unknown>;
}

/** Answers the task that was given, and says so. */
export async function answer(taskId: string | undefined, options: AnswerOptions, given: TaskAnswer): Promise<void> {
  if ((taskId === undefined) === (options.tokenFile === undefined)) {
    throw new CliError(
      exitCode.usage,
      taskId === undefined ? 'Which task is missing.' : 'An id and a token are two ways to name one task.',
      'Give the id that `countersign tasks list` shows, or --token-file.',
    );
  }
  if (taskId !== undefined) await answerTask(hostUrl(options), taskId, given.action, given.body);
  else await answerByToken(options, given);
  if (options.json) printJson(taskId === undefined ? {} : { taskId });
  else say(`${taskId === undefined ? 'The task' : printable(taskId)} ${given.done}.`);
}

/** @throws {CliError} for AWS, where no id but the token is known. */
export function hostUrl(options: StepFunctionsOptions): string {
  const url = endpointUrl(options);
  if (url !== undefined) return url;
  throw new CliError(
    exitCode.usage,
    'AWS does not tell which tasks wait: a task is known there by its token alone.',
    'Answer it with --token-file, where your app has kept the token.',
  );
}

async function answerByToken(options: AnswerOptions, { send }: TaskAnswer): Promise<void> {
  const taskToken = await readToken(options.tokenFile ?? '-');
  const client = await stepFunctions(options);
  const nextSteps = { InvalidToken: 'Check what --token-file holds: the task token, and nothing else.' };
  await askStepFunctions(options, () => send(client, taskToken), nextSteps);
  client.destroy();
}

/** @throws {CliError} where there is none. What was read is in no message. */
async function readToken(path: string): Promise<string> {
  const token = (await readTokenText(path)).trim();
  if (token !== '') return token;
  throw new CliError(exitCode.usage, 'No task token was given.', 'Put it into a file, or pipe it in: --token-file -');
}

async function readTokenText(path: string): Promise<string> {
  if (path === '-') return isPersonThere() ? readSecret('Task token (not shown): ') : readAll(process.stdin);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CliError(
      exitCode.usage,
      `The token file cannot be read (${code}).`,
      'Give a file that holds the task token, or - for stdin.',
    );
  }
}
