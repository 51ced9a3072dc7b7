import { styleText } from 'node:util';
import { printable } from './printable.ts';

type Format = Parameters<typeof styleText>[0];

/** Data goes to stdout, so that it can be piped on. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON value on one line of stdout. */
export function printJson(value: unknown): void {
  print(printable(JSON.stringify(value)));
}

/** Talk goes to stderr, so that it never gets into the data. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Colours for stdout; plain text where stdout is no terminal or NO_COLOR is set. */
export function style(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Colours for stderr, by the same rule. */
export function styleTalk(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stderr });
}

/** For a writer that does its own colouring of stderr. */
export function talkHasColours(): boolean {
  return styleTalk('red', '-') !== '-';
}

/** How wide a table may be. A pipe has no edge: what goes to a program is never cut. */
export function outputWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/** `… | head` closes our stdout early; that is a wish and no failure. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
