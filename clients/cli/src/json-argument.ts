import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/**
 * The JSON text that somebody gave: as it is, of a file after `@`, or of stdin for `-`.
 *
 * @throws {CliError} if it cannot be read, or is no JSON.
 */
export async function jsonText(given: string, option: string): Promise<string> {
  const text = await readText(given, option);
  try {
    JSON.parse(text);
  } catch (error) {
    throw wrong(`${option} holds no JSON: ${messageOf(error)}.`, option);
  }
  return text;
}

async function readText(given: string, option: string): Promise<string> {
  if (given === '-') return readAll(process.stdin);
  if (!given.startsWith('@')) return given;
  try {
    return readFileSync(given.slice(1), 'utf8');
  } catch (error) {
    throw wrong(`${option} cannot be read: ${messageOf(error)}.`, option);
  }
}

function wrong(message: string, option: string): CliError {
  return new CliError(
    exitCode.usage,
    message,
    `${option} takes JSON such as '{"orderId":"apples-1"}', @ and a file of it, or - for stdin.`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
