import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** Whether what was given is a file, or - for stdin; the name of a state machine has neither a dot nor a slash. */
export function isDefinitionFile(given: string): boolean {
  return given === '-' || (!given.startsWith('arn:') && /[./\\]/.test(given));
}

/** @throws {CliError} if it cannot be read. */
export async function readDefinition(file: string): Promise<string> {
  if (file === '-') return readAll(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(
      exitCode.usage,
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Give a file that holds a definition in Amazon States Language, or - for stdin.',
    );
  }
}
