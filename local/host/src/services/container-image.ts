import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { ImageAsset } from '../cloud-assembly.ts';
import { layOut } from './container-files.ts';
import type { ImageRecipe } from './dockerfile.ts';
import { UnsupportedDockerfile } from './dockerfile-instructions.ts';
import { parseDockerfile } from './dockerfile.ts';

/** An image whose files lie on this machine, ready to be copied for each container. */
export interface LaidOutImage {
  readonly recipe: ImageRecipe;
  /** The folder that is `/` in the container. */
  readonly root: string;
}

/** @throws {UnsupportedDockerfile} if it cannot be run without Docker. Its message names the line. */
export function layOutImage(asset: ImageAsset, root: string): LaidOutImage {
  const file = join(asset.directory, asset.dockerFile ?? 'Dockerfile');
  if (!existsSync(file)) throw new UnsupportedDockerfile(`there is no file "${file}"`);
  const recipe = parseDockerfile(readFileSync(file, 'utf8'), {
    ...(asset.target !== undefined && { target: asset.target }),
    ...(asset.buildArguments !== undefined && { buildArguments: asset.buildArguments }),
  });
  rmSync(root, { recursive: true, force: true });
  layOut(recipe.copies, asset.directory, root);
  return { recipe, root };
}

/** What a container runs: the task's own words before those of the image. */
export interface ContainerCommand {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
}

/** A command as it is run in a folder of this machine that stands for the root of the container. */
export interface HostCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly workdir: string;
}

/** Said where a container cannot be begun; the words after the colon are for whoever wrote the image. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** These only reap processes and pass signals on, which happens here anyway. */
const INITS: readonly string[] = ['tini', 'dumb-init', 'docker-init', 'docker-entrypoint.sh'];

/**
 * Finds on this machine what the container would run. `node` is the Node.js that runs this host, and an absolute path of the
 * image is where it lies here.
 *
 * @throws {CannotStart} if it is another program.
 */
export function commandOn(root: string, recipe: ImageRecipe, container: ContainerCommand): HostCommand {
  const entryPoint = container.entryPoint ?? recipe.entrypoint;
  // As in Docker: another entry point leaves nothing of the image's command.
  const command = container.command ?? (container.entryPoint === undefined ? recipe.command : []);
  const words = withoutInit([...entryPoint, ...command]);
  const [program, ...rest] = words;
  if (program === undefined) throw new CannotStart('no command specified');
  const workdir = posix.resolve('/', container.workingDirectory ?? recipe.workdir);
  const isNode = ['node', 'nodejs'].includes(posix.basename(program));
  const script = isNode ? undefined : nodeScript(root, workdir, program);
  if (!isNode && script === undefined) {
    throw new CannotStart(
      `exec: "${program}": only node runs here without Docker; start with --docker to run any other program`,
    );
  }
  const given = script === undefined ? rest : [script, ...rest];
  return {
    program: process.execPath,
    arguments: given.map((word) => placeOf(root, word)),
    workdir: join(root, workdir),
  };
}

function withoutInit(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  if (!INITS.includes(posix.basename(first))) return words;
  const rest = words.slice(1);
  return rest[0] === '--' ? rest.slice(1) : rest;
}

/** A file of the image that says by its first line that node is to run it. */
function nodeScript(root: string, workdir: string, program: string): string | undefined {
  if (!program.includes('/')) return undefined;
  const path = posix.resolve(workdir, program);
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  return /^#!.*\bnode\b/v.test(readFileSync(file, 'utf8').slice(0, 200)) ? path : undefined;
}

/** An absolute path that is in the image becomes the place where it lies on this machine. */
export function placeOf(root: string, value: string): string {
  if (!value.startsWith('/') || value === '/') return value;
  const place = join(root, posix.resolve('/', value));
  return existsSync(place) ? place : value;
}

/** Where Node.js is, for what a container starts by that name. */
export const NODE_FOLDER = dirname(process.execPath);
