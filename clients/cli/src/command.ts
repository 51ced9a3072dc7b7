import { Command, CommanderError, Help, InvalidArgumentError, type Option } from 'commander';
import { CliError } from './cli-error.ts';
import { exitCode, exitCodesText } from './exit-code.ts';

/**
 * A command as all of ours look: examples first, then usage, then exit codes; faults of usage become a
 * {@link CliError} that tells which help to read.
 */
export function command(path: string, summary: string, examples: readonly string[]): Command {
  const name = path.split(' ').at(-1);
  return new Command(name)
    .description(summary)
    .addHelpText('before', ['Examples:', ...examples.map((example) => `  $ ${example}`), ''].join('\n'))
    .addHelpText('after', `\n${exitCodesText}`)
    .configureOutput({ outputError: () => {} })
    .configureHelp({ visibleOptions: ownOptionsFirst })
    .helpOption('-h, --help', 'show this help')
    .exitOverride((error) => {
      throw usageError(error, path);
    });
}

/** A command that gives data: it can give it to a program, too. */
export function dataCommand(path: string, summary: string, examples: readonly string[]): Command {
  return command(path, summary, examples)
    .option('--json', 'write JSON for programs')
    .option('--no-color', 'no colours (as NO_COLOR does)');
}

/** A command that only holds others. Called alone it shows its help, which is wrong usage for a script. */
export function commandGroup(
  path: string,
  summary: string,
  examples: readonly string[],
  commands: readonly Command[],
): Command {
  const group = command(path, summary, examples);
  for (const each of commands) group.addCommand(each);
  return group.helpCommand('help [command]', 'show the help of a command');
}

/** Reads a whole number within its range, for an option. */
export function wholeNumber(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`${what} is a whole number from ${min} to ${max}.`);
  };
}

export const port = wholeNumber('A port', 0, 65_535);

/** For an option that may be given more than once. */
export function addTo(value: string, given: readonly string[] = []): string[] {
  return [...given, value];
}

/** Reads an http or https URL, for an option; without the slashes at its end. */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('A URL looks like http://127.0.0.1:3000.');
}

const COMMON_OPTIONS = ['endpoint', 'profile', 'region', 'ca', 'json', 'color', 'help'];

/** What is special about a command comes before what many of them have. */
function ownOptionsFirst(this: Help, command: Command): Option[] {
  const options = Help.prototype.visibleOptions.call(this, command);
  const isCommon = (option: Option) => COMMON_OPTIONS.includes(option.attributeName());
  return [...options.filter((option) => !isCommon(option)), ...options.filter(isCommon)];
}

function usageError(error: CommanderError, path: string): Error {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  const [fault = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = `\`${path} --help\` shows what is possible.`;
  return new CliError(
    exitCode.usage,
    sentence(fault),
    suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}`,
  );
}

function sentence(text: string): string {
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}
