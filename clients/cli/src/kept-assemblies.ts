import { createHash, randomUUID } from 'node:crypto';
import { cp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { repository } from './repository.ts';

/** All that the CDK app and what it bundles are made of: our own code, and the packages that it is made with. */
const FOLDERS = ['cloud', 'clients/console'];
const FILES = ['package-lock.json', 'tsconfig.json', 'cdk.json'];

const KEPT = join(repository, 'node_modules', '.cache', 'cloud-assemblies');

/** More settings than anybody changes between. */
const KEPT_MAX = 8;

/**
 * The cloud assembly of an app that has not changed, made once and copied after that: a start then takes seconds less than
 * the synthesis would. It is the same app if the same files are synthesised by the same Node with the same settings.
 *
 * A copy is kept whole or not at all, whoever else keeps one at the same time and whenever the process dies, and one that a
 * power failure has damaged is known by its digest. Where nothing can be kept, as in a folder that may not be written to, the
 * app is synthesised each time.
 */
export class KeptAssembly {
  readonly #keptIn: string;
  readonly #name: string;
  readonly #context: Readonly<Record<string, string>>;

  private constructor(keptIn: string, name: string, context: Readonly<Record<string, string>>) {
    this.#keptIn = keptIn;
    this.#name = name;
    this.#context = context;
  }

  static async of(context: Readonly<Record<string, string>>, keptIn = KEPT): Promise<KeptAssembly> {
    const digest = createHash('sha256').update(JSON.stringify([process.version, settingsOf(context)]));
    for (const file of FILES) digest.update(await readFile(join(repository, file)));
    digest.update(await digestOf(FOLDERS.map((folder) => join(repository, folder))));
    return new KeptAssembly(keptIn, digest.digest('hex'), context);
  }

  /** Puts it there instead of what is there, and says whether there was one to put. */
  async copyTo(folder: string): Promise<boolean> {
    const from = join(this.#keptIn, this.#name);
    try {
      const digest = await readFile(join(from, 'digest'), 'utf8');
      await rm(folder, { recursive: true, force: true });
      await cp(join(from, 'assembly'), folder, { recursive: true });
      if ((await digestOf([folder])) !== digest) return false;
      const now = new Date();
      await utimes(from, now, now);
      return true;
    } catch {
      // There is none, or somebody has made room in the middle of it.
      return false;
    }
  }

  /** Keeps what was made of what is there now; not if somebody has changed it meanwhile. */
  async keep(folder: string): Promise<void> {
    if ((await KeptAssembly.of(this.#context)).#name !== this.#name) return;
    const unfinished = join(this.#keptIn, `.${randomUUID()}`);
    try {
      await cp(folder, join(unfinished, 'assembly'), { recursive: true });
      await writeFile(join(unfinished, 'digest'), await digestOf([folder]));
      const to = join(this.#keptIn, this.#name);
      await rm(to, { recursive: true, force: true });
      await rename(unfinished, to);
      await makeRoom(this.#keptIn);
    } catch {
      await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** What an app is told, and what CDK's own libraries read from the environment. */
function settingsOf(context: Readonly<Record<string, string>>): unknown {
  const environment = Object.entries(process.env).filter(([name]) => /^(AWS|CDK|JSII)_/.test(name));
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
  return [Object.entries(context).toSorted(byName), environment.toSorted(byName)];
}

/** Of the contents of all files there, and of their names within each folder. */
async function digestOf(folders: readonly string[]): Promise<string> {
  const digest = createHash('sha256');
  for (const folder of folders) {
    for (const path of await filesIn(folder)) {
      const content = await readFile(join(folder, path));
      digest.update(JSON.stringify([path, content.length])).update(content);
    }
  }
  return digest.digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .toSorted();
}

/** Those that nobody has asked for longest go. */
async function makeRoom(keptIn: string): Promise<void> {
  const names = await readdir(keptIn);
  const used = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(keptIn, name))).mtimeMs })));
  const tooMany = used.toSorted((a, b) => b.at - a.at).slice(KEPT_MAX);
  await Promise.all(tooMany.map(async ({ name }) => await rm(join(keptIn, name), { recursive: true, force: true })));
}
