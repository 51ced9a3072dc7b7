import { readFileSync } from 'node:fs';
import { parseConnections, type Connections } from '../../engine/src/index.ts';
import { HostError } from './errors.ts';

/**
 * Reads the connections of HTTP tasks. They are secrets: what is wrong with them is said without their values.
 *
 * @throws {HostError} if the file cannot be read, or does not hold connections.
 */
export function readConnections(file: string): Connections {
  const value = parse(read(file), file);
  try {
    return parseConnections(value);
  } catch (cause) {
    throw unusable(file, cause instanceof Error ? cause.message : 'it cannot be understood', cause);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw unusable(file, `it cannot be read (${code ?? 'unknown reason'})`, cause);
  }
}

/** What is thrown by the parser quotes the text, so it goes no further. */
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw unusable(file, 'it is no JSON', undefined);
  }
}

function unusable(file: string, why: string, cause: unknown): HostError {
  return new HostError(
    `The connections in "${file}" cannot be used: ${why}.`,
    'See "Connections of HTTP tasks" in docs/cli.md.',
    { cause },
  );
}
