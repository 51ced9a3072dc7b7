import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { UnsupportedDockerfile } from './dockerfile-instructions.ts';
import type { CopyStep } from './dockerfile.ts';

/**
 * Copies what the steps name into a folder that stands for the root of the image.
 *
 * Nothing outside of the context is read, and nothing outside of the folder is written: neither by `..` nor by a link.
 *
 * @throws {UnsupportedDockerfile} naming the line of what is missing or lies outside.
 */
export function layOut(steps: readonly CopyStep[], context: string, root: string): void {
  mkdirSync(root, { recursive: true });
  for (const step of steps) {
    if (step.from === 'context') {
      copyStep(step, realpathSync(context), root);
      continue;
    }
    const stage = mkdtempSync(`${root}-stage-`);
    try {
      layOut(step.from, context, stage);
      copyStep(step, realpathSync(stage), root);
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
  }
}

function copyStep(step: CopyStep, from: string, root: string): void {
  const found = step.sources.map((source) => ({ source, paths: matches(source, from, step) }));
  for (const { source, paths } of found) {
    if (paths.length === 0) throw refused(step, `there is no "${source}" to copy`);
  }
  const paths = found.flatMap((one) => one.paths);
  const target = inRoot(step, root);
  const isFolder = step.intoFolder || paths.length > 1 || (existsSync(target) && statSync(target).isDirectory());
  for (const path of paths) {
    // As in Docker, of a folder its content is copied, and not the folder itself.
    if (lstatSync(path).isDirectory()) copyFolder(step, path, from, target);
    else copyOne(step, path, from, isFolder ? join(target, basename(path)) : target);
  }
}

/** The place of the destination, where no link that was copied before leads out of the root. */
function inRoot(step: CopyStep, root: string): string {
  const target = join(root, posix.resolve('/', step.destination));
  let existing = target;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!isWithin(realpathSync(existing), realpathSync(root)))
    throw refused(step, 'its target is a link out of the image');
  return target;
}

/** As Go's `filepath.Match`, which Docker asks: a `*` does not reach beyond its folder. */
function matches(source: string, from: string, step: CopyStep): string[] {
  const parts = source.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused(step, `"${source}" lies outside of what the image is built from`);
  let paths = [from];
  for (const part of parts) {
    paths = paths.flatMap((path) => {
      requireWithin(step, path, from);
      if (!existsSync(path) || !statSync(path).isDirectory()) return [];
      if (!/[*?\[]/v.test(part)) return [join(path, part)].filter((one) => lstatSync(one, { throwIfNoEntry: false }));
      const pattern = patternOf(part);
      return readdirSync(path)
        .filter((name) => pattern.test(name))
        .toSorted()
        .map((name) => join(path, name));
    });
  }
  return paths;
}

function patternOf(part: string): RegExp {
  const source = part.replace(/\[(\^?)([^\]]+)\]|[*?]|[^*?\[]+|\[/gv, (whole, not?: string, members?: string) => {
    if (whole === '*') return '[^/]*';
    if (whole === '?') return '[^/]';
    if (members === undefined) return RegExp.escape(whole);
    return `[${not ?? ''}${members
      .split('-')
      .map((part) => RegExp.escape(part))
      .join('-')}]`;
  });
  return new RegExp(`^${source}$`, 'u');
}

function copyFolder(step: CopyStep, folder: string, from: string, target: string): void {
  requireWithin(step, folder, from);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) copyFolder(step, path, from, join(target, name));
    else copyOne(step, path, from, join(target, name));
  }
}

function copyOne(step: CopyStep, path: string, from: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return copyLink(step, path, from, target);
  if (!stats.isFile()) throw refused(step, `"${relative(from, path)}" is no file`);
  // A link of an earlier step would be written through.
  rmSync(target, { force: true });
  copyFileSync(path, target);
}

/** A link stays a link where it leads to a neighbour; one that leads elsewhere would show this machine's files. */
function copyLink(step: CopyStep, path: string, from: string, target: string): void {
  const leadsTo = readlinkSync(path);
  const isInside = !isAbsolute(leadsTo) && existsSync(path) && isWithin(realpathSync(path), from);
  if (!isInside) throw refused(step, `the link "${relative(from, path)}" leads out of what the image is built from`);
  rmSync(target, { force: true });
  symlinkSync(leadsTo, target);
}

function requireWithin(step: CopyStep, path: string, from: string): void {
  if (existsSync(path) && !isWithin(realpathSync(path), from))
    throw refused(step, `the link "${relative(from, path)}" leads out of what the image is built from`);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function refused({ line }: CopyStep, what: string): UnsupportedDockerfile {
  return new UnsupportedDockerfile(`line ${line}: ${what}`);
}
