import { posix } from 'node:path';
import {
  execForm,
  expand,
  readInstructions,
  UnsupportedDockerfile,
  unsupported,
  wordsOf,
  type Instruction,
} from './dockerfile-instructions.ts';

/** How an image is laid out and begun: all that counts of a Dockerfile whose last stage only copies. */
export interface ImageRecipe {
  /** Absolute, in the container. */
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What a container is asked with to end. */
  readonly stopSignal: NodeJS.Signals;
  readonly copies: readonly CopyStep[];
}

export interface CopyStep {
  readonly line: number;
  /** The folder the image is built from, or a stage that only copies as well. */
  readonly from: 'context' | readonly CopyStep[];
  /** Patterns, relative to where it is copied from. */
  readonly sources: readonly string[];
  /** Absolute, in the container. */
  readonly destination: string;
  /** The destination is a folder, whether it exists already or not. */
  readonly intoFolder: boolean;
}

export interface DockerfileOptions {
  /** The stage to build, by its name. @default the last */
  readonly target?: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
}

/** What an image has in its PATH where it says nothing. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Stage {
  readonly name: string | undefined;
  readonly variables: Map<string, string>;
  readonly environment: Map<string, string>;
  readonly copies: CopyStep[];
  workdir: string;
  entrypoint: Command;
  command: Command;
  stopSignal: NodeJS.Signals;
  /** Why no other stage can be made of this one, and it cannot be run. */
  obstacle: UnsupportedDockerfile | undefined;
}

interface Command {
  readonly words: readonly string[];
  /** Not of the image or stage below. */
  readonly isOwn: boolean;
}

const NO_COMMAND: Command = { words: [], isOwn: false };

/**
 * Reads a Dockerfile whose last stage has nothing to execute: files are copied from the context or from stages of the same
 * kind, and the entry point is in exec form. What other stages do counts only where something is copied from them.
 *
 * @throws {UnsupportedDockerfile} naming the line that stands in the way.
 */
export function parseDockerfile(text: string, { target, buildArguments = {} }: DockerfileOptions = {}): ImageRecipe {
  const stages: Stage[] = [];
  const before = new Map<string, string>();
  for (const instruction of readInstructions(text)) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') stages.push(beginStage(instruction, stages, before));
    else if (stage !== undefined) apply(instruction, stage, { stages, before, buildArguments });
    else if (instruction.keyword === 'ARG') declareArguments(instruction, before, new Map(), buildArguments);
    else throw unsupported(instruction, 'a Dockerfile begins with FROM');
  }
  const last = target === undefined ? stages.at(-1) : stageNamed(stages, target);
  if (last === undefined) {
    throw new UnsupportedDockerfile(target === undefined ? 'it has no FROM' : `it has no stage "${target}"`);
  }
  return recipeOf(last);
}

function recipeOf(stage: Stage): ImageRecipe {
  if (stage.obstacle !== undefined) throw stage.obstacle;
  return {
    workdir: stage.workdir,
    entrypoint: stage.entrypoint.words,
    command: stage.command.words,
    environment: Object.fromEntries(stage.environment),
    stopSignal: stage.stopSignal,
    copies: stage.copies,
  };
}

/** Images that begin something by themselves, where their entry point is not Docker's default of nothing. */
function baseEntrypoint(image: string): Command {
  // https://github.com/GoogleContainerTools/distroless: its images for Node.js have Node as their entry point.
  const isDistroless = /distroless\/nodejs/v.test(image);
  return isDistroless ? { words: ['/nodejs/bin/node'], isOwn: false } : NO_COMMAND;
}

function beginStage(instruction: Instruction, stages: readonly Stage[], before: ReadonlyMap<string, string>): Stage {
  const words = wordsOf(expand(instruction.rest, before)).filter((word) => !word.startsWith('--'));
  const [image = '', as, name] = words;
  const base = stageNamed(stages, image);
  const isNamed = as?.toLowerCase() === 'as';
  const fresh = { name: isNamed ? name?.toLowerCase() : undefined };
  if (base !== undefined) {
    const { variables: _, ...rest } = base;
    return {
      ...rest,
      ...fresh,
      variables: new Map(base.environment),
      environment: new Map(base.environment),
      copies: [...base.copies],
      command: { ...base.command, isOwn: false },
    };
  }
  return {
    ...fresh,
    variables: new Map([['PATH', PATH]]),
    environment: new Map(),
    copies: [],
    workdir: '/',
    entrypoint: baseEntrypoint(image),
    command: NO_COMMAND,
    stopSignal: 'SIGTERM',
    obstacle: undefined,
  };
}

function stageNamed(stages: readonly Stage[], name: string): Stage | undefined {
  return (
    stages.findLast((stage) => stage.name !== undefined && stage.name === name.toLowerCase()) ??
    (/^\d+$/v.test(name) ? stages[Number(name)] : undefined)
  );
}

interface Surroundings {
  readonly stages: readonly Stage[];
  /** Arguments declared before the first stage. */
  readonly before: ReadonlyMap<string, string>;
  readonly buildArguments: Readonly<Record<string, string>>;
}

/** They say nothing about what runs, or nothing that a process of this machine can keep to. */
const WITHOUT_EFFECT: readonly string[] = ['EXPOSE', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD', 'USER', 'VOLUME'];

function apply(instruction: Instruction, stage: Stage, surroundings: Surroundings): void {
  const { keyword, rest } = instruction;
  try {
    switch (keyword) {
      case 'ARG':
        return declareArguments(instruction, stage.variables, surroundings.before, surroundings.buildArguments);
      case 'ENV':
        return setEnvironment(instruction, stage);
      case 'WORKDIR':
        stage.workdir = posix.resolve(stage.workdir, expand(wordsOf(rest)[0] ?? '', stage.variables));
        return;
      case 'COPY':
      case 'ADD':
        stage.copies.push(copyStep(instruction, stage, surroundings.stages));
        return;
      case 'ENTRYPOINT':
        stage.entrypoint = inExecForm(instruction);
        // As in Docker: an entry point of one's own leaves nothing of the command of the image below.
        if (!stage.command.isOwn) stage.command = NO_COMMAND;
        return;
      case 'CMD':
        stage.command = inExecForm(instruction);
        return;
      case 'STOPSIGNAL':
        stage.stopSignal = signalOf(instruction);
        return;
      default:
        if (WITHOUT_EFFECT.includes(keyword)) return;
        throw unsupported(instruction, `${keyword} cannot be done without Docker`);
    }
  } catch (error) {
    if (!(error instanceof UnsupportedDockerfile)) throw error;
    stage.obstacle ??= error;
  }
}

function declareArguments(
  { rest }: Instruction,
  variables: Map<string, string>,
  before: ReadonlyMap<string, string>,
  buildArguments: Readonly<Record<string, string>>,
): void {
  for (const word of wordsOf(rest)) {
    const [name = '', ...value] = word.split('=');
    const given = Object.hasOwn(buildArguments, name) ? buildArguments[name] : undefined;
    const preset = value.length > 0 ? expand(value.join('='), variables) : before.get(name);
    const known = given ?? preset;
    if (known !== undefined) variables.set(name, known);
  }
}

function setEnvironment(instruction: Instruction, { variables, environment }: Stage): void {
  const words = wordsOf(instruction.rest);
  const [first = ''] = words;
  // The old form has a name and a value of all the rest: ENV NAME some words
  const pairs = first.includes('=')
    ? words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const)
    : [[first, instruction.rest.slice(first.length).trim()] as const];
  // Within one instruction the values of before count.
  const values = pairs.map(([name, value]) => [name, expand(value, variables)] as const);
  for (const [name, value] of values) {
    variables.set(name, value);
    environment.set(name, value);
  }
}

/** Who owns a file and how it is linked makes no difference here. */
const COPY_FLAGS = /^--(?:chown|chmod|link)(?:=|$)/v;

function copyStep(instruction: Instruction, stage: Stage, stages: readonly Stage[]): CopyStep {
  const words = execForm(instruction.rest.replace(/^(?:--\S+\s+)*/v, '')) ?? wordsOf(instruction.rest);
  const flags = wordsOf(instruction.rest).filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--')).map((word) => expand(word, stage.variables));
  const destination = paths.pop();
  if (destination === undefined || paths.length === 0) throw unsupported(instruction, 'it wants a source and a target');
  for (const flag of flags) {
    if (!COPY_FLAGS.test(flag) && !flag.startsWith('--from='))
      throw unsupported(instruction, `${flag} cannot be done without Docker`);
  }
  if (
    instruction.keyword === 'ADD' &&
    paths.some((path) => /^(?:\w+:\/\/|git@)|\.(?:tar|tgz|t?[bgx]z2?)\b/v.test(path))
  )
    throw unsupported(instruction, 'only files of the context can be added without Docker');
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  return {
    line: instruction.line,
    from: from === undefined ? 'context' : stepsOf(instruction, stageNamed(stages.slice(0, -1), from), from),
    sources: paths,
    destination: posix.resolve(stage.workdir, destination),
    intoFolder: destination.endsWith('/') || destination === '.' || paths.length > 1,
  };
}

function stepsOf(instruction: Instruction, stage: Stage | undefined, name: string): readonly CopyStep[] {
  if (stage === undefined) throw unsupported(instruction, `the image "${name}" is not here`);
  if (stage.obstacle === undefined) return stage.copies;
  throw unsupported(instruction, `the stage "${name}" is not made of copies alone: ${stage.obstacle.message}`);
}

function inExecForm(instruction: Instruction): Command {
  const words = execForm(instruction.rest);
  if (words !== undefined) return { words, isOwn: true };
  throw unsupported(
    instruction,
    `${instruction.keyword} is for a shell; write it as a list, such as ["node", "main.mjs"]`,
  );
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'];

function signalOf(instruction: Instruction): NodeJS.Signals {
  const name = instruction.rest.toUpperCase();
  const found = SIGNALS.find((signal) => signal === name || signal === `SIG${name}`);
  if (found === undefined) throw unsupported(instruction, `the signal is one of ${SIGNALS.join(', ')}`);
  return found;
}
