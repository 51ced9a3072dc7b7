import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { endQuietlyOnClosedPipe, say, styleTalk } from './output.ts';
import { printable } from './printable.ts';
import { createProgram } from './program.ts';

// By this name it is found, and stopped, wherever it was installed. Its arguments may hold what others should not read.
process.title = 'countersign';
const args = process.argv.slice(2);
if (args.includes('--no-color')) process.env['NO_COLOR'] = '1';
endQuietlyOnClosedPipe();
process.exitCode = await run(args);

async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return exitCode.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const end = error instanceof CliError ? error : unexpected(error);
    if (args.includes('--json')) sayJson(end);
    else sayWords(end);
    return end.exitCode;
  }
}

function sayWords(error: CliError): void {
  say(`${styleTalk('red', 'error:')} ${printable(error.message)}`);
  for (const line of error.details) say(`  ${printable(line)}`);
  say(`${styleTalk('bold', '→')} ${printable(error.nextStep)}`);
}

function sayJson({ message, nextStep, details, exitCode }: CliError): void {
  say(printable(JSON.stringify({ error: message, ...(details.length > 0 && { details }), nextStep, exitCode })));
}

/** Our own mistake: the stack is what a report needs. */
function unexpected(error: unknown): CliError {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError(
    exitCode.failure,
    'This should not have happened; it is a fault of countersign.',
    'Report it with the lines above and the command you gave.',
    stack.split('\n'),
  );
}
