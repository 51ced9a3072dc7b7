import { createInterface } from 'node:readline/promises';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { styleTalk } from './output.ts';
import { printable } from './printable.ts';

/** Whether a person sits there: only then is anything asked, so that no script ever waits for an answer. */
export function isPersonThere(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks a person whether to go on, where one sits there and has not said so already.
 *
 * @throws {CliError} if the answer is not yes.
 */
export async function requireYes(question: string, yes: true | undefined): Promise<void> {
  if (yes || !isPersonThere()) return;
  const answer = await readAnswer(`${printable(question)} ${styleTalk('dim', '[y/N]')} `);
  if (/^y(?:es)?$/i.test(answer.trim())) return;
  throw new CliError(exitCode.failure, 'Nothing was done.', 'Answer y, or give --yes.');
}

async function readAnswer(prompt: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const given = Promise.withResolvers<string>();
  // Ctrl-C and Ctrl-D are a no.
  lines.once('SIGINT', () => lines.close()).once('close', () => given.resolve(''));
  lines.question(prompt).then(given.resolve, () => given.resolve(''));
  try {
    return await given.promise;
  } finally {
    lines.close();
  }
}

/** Reads a secret that somebody types or pastes: nothing of it appears on the terminal. @returns '' for Ctrl-C and Ctrl-D */
export async function readSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  // Before the prompt: whoever types at once must not see it.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  stderr.write(prompt);
  let secret = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return secret;
        if (character === '\u0003' || character === '\u0004') return '';
        secret = character === '\u007F' ? secret.slice(0, -1) : secret + character;
      }
    }
    return secret;
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}
