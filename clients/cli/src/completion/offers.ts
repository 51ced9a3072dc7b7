import type { Argument, Command, Option } from 'commander';
import { NAMED_THINGS, type NamedThing } from './named-things.ts';

/** Something that can be written next. */
export interface Offer {
  readonly value: string;
  readonly about: string;
}

/** How the things are found that the last word may name; it may take a while, so it is asked only for what is wanted. */
export type Look = (thing: NamedThing, given: Readonly<Record<string, string>>) => Promise<Offer[]>;

/**
 * What the last of these words may become. The words are those after the program's name, the last one as far as it is
 * written.
 */
export async function offersFor(program: Command, words: readonly string[], look: Look): Promise<Offer[]> {
  const current = words.at(-1) ?? '';
  const place = walk(program, words.slice(0, -1));
  const all = await everythingAt(place, current, look);
  return all.filter(({ value }) => value.startsWith(current) && !place.positionals.includes(value));
}

interface Place {
  readonly command: Command;
  /** The words that are no options, nor values of such. */
  readonly positionals: readonly string[];
  /** The option that still wants its value. */
  readonly open?: Option;
  /** The values of the options before, by their attributes. */
  readonly given: Readonly<Record<string, string>>;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, positionals: [], given: {} };
  for (const word of words) place = step(place, word);
  return place;
}

function step({ command, positionals, open, given }: Place, word: string): Place {
  if (open !== undefined) return { command, positionals, given: { ...given, [open.attributeName()]: word } };
  if (word.startsWith('-')) {
    const [flag = '', value] = word.split('=', 2);
    const option = command.options.find(({ long, short }) => flag === long || flag === short);
    if (option === undefined || !wantsValue(option)) return { command, positionals, given };
    return value === undefined
      ? { command, positionals, open: option, given }
      : { command, positionals, given: { ...given, [option.attributeName()]: value } };
  }
  const next = command.commands.find((each) => each.name() === word);
  return next === undefined
    ? { command, positionals: [...positionals, word], given }
    : { command: next, positionals: [], given };
}

async function everythingAt(
  { command, positionals, open, given }: Place,
  current: string,
  look: Look,
): Promise<Offer[]> {
  if (open !== undefined) return valuesOf(open, open.attributeName(), given, look);
  if (current.startsWith('-')) return command.createHelp().visibleOptions(command).flatMap(optionOffers);
  const commands = command.createHelp().visibleCommands(command);
  if (commands.length > 0) return commands.map((each) => ({ value: each.name(), about: each.description() }));
  const { registeredArguments } = command;
  const argument = registeredArguments[positionals.length] ?? registeredArguments.findLast(({ variadic }) => variadic);
  return argument === undefined ? [] : valuesOf(argument, thingOf(command, argument), given, look);
}

/** An order and an execution are both called by a name, and their commands know which is meant. */
function thingOf(command: Command, argument: Argument): string {
  return argument.name() === 'id' ? (command.parent?.name() ?? '') : argument.name();
}

async function valuesOf(
  wanted: Option | Argument,
  name: string,
  given: Readonly<Record<string, string>>,
  look: Look,
): Promise<Offer[]> {
  if (wanted.argChoices !== undefined) return wanted.argChoices.map((value) => ({ value, about: '' }));
  const thing = NAMED_THINGS.find((each) => each === NAMES[name]);
  return thing === undefined ? [] : look(thing, given);
}

/** By the name of an argument or an option. */
const NAMES: Readonly<Record<string, NamedThing>> = {
  orders: 'order',
  machine: 'machine',
  stateMachine: 'machine',
  execution: 'execution',
  task: 'task',
  profile: 'profile',
};

function optionOffers({ long, short, description }: Option): Offer[] {
  const value = long ?? short;
  return value === undefined ? [] : [{ value, about: description }];
}

function wantsValue(option: Option): boolean {
  return option.required || option.optional;
}
