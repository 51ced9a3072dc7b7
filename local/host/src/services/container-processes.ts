import { constants, mkdirSync, rmSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageAsset } from '../cloud-assembly.ts';
import { CannotStart, commandOn, layOutImage, NODE_FOLDER, placeOf, type LaidOutImage } from './container-image.ts';
import { runProcess } from './container-process.ts';
import type { AwsEnvironment, ContainerRunner } from './container-runner.ts';
import type { ImageRecipe } from './dockerfile.ts';
import { UnsupportedDockerfile } from './dockerfile-instructions.ts';
import type { Task, TaskContainer } from './ecs-task.ts';
import { startWarden, type Warden } from './lambda-warden.ts';

export interface ContainerProcessesOptions {
  /** Images are laid out in one folder, and the files of the containers that run in another. */
  readonly imagesDir: string;
  readonly containersDir: string;
  /** The asset of an image by its URI. */
  readonly assetOf: (image: string) => ImageAsset | undefined;
  readonly awsEnvironment: AwsEnvironment;
  /** How far ahead of the machine the containers are to be; undefined where time does not travel. */
  readonly offsetMs: () => number | undefined;
  /** What a container reads from Secrets Manager. @throws {CannotStart} */
  readonly secretsOf: (container: TaskContainer) => Readonly<Record<string, string>>;
  readonly onLine: (task: Task, container: TaskContainer, line: string) => void;
}

/** Runs containers as processes: the entry point of the image, in a copy of its files that belongs to the task. */
export function createContainerProcesses(options: ContainerProcessesOptions): ContainerRunner {
  const { imagesDir, containersDir, assetOf, awsEnvironment, offsetMs, secretsOf, onLine } = options;
  const images = new Map<string, LaidOutImage>();
  let warden: Warden | undefined;

  function use(image: string): void {
    if (images.has(image)) return;
    const asset = assetOf(image);
    if (asset === undefined) {
      throw new UnsupportedDockerfile('it is not built from the app, and without Docker no image can be pulled');
    }
    images.set(image, layOutImage(asset, join(imagesDir, `image-${tagOf(image)}`)));
  }

  return {
    use,
    prepare() {
      rmSync(containersDir, { recursive: true, force: true });
      return Promise.resolve();
    },
    async start(task, container) {
      const image = images.get(container.image);
      if (image === undefined) throw new CannotStart(`CannotPullContainerError: ${container.image}: not found`);
      const secrets = secretsOf(container);
      const root = join(containersDir, task.id, container.name);
      await cp(image.root, root, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
      const command = commandOn(root, image.recipe, container);
      mkdirSync(command.workdir, { recursive: true });
      warden ??= startWarden();
      return runProcess(
        {
          ...command,
          environment: environmentIn(
            root,
            image.recipe,
            { ...container.environment, ...secrets, ...awsEnvironment(task, container) },
            offsetMs(),
          ),
          stopSignal: image.recipe.stopSignal,
          memoryMb: container.memoryMb,
          onLine: (line) => onLine(task, container, line),
        },
        warden,
      );
    },
    remove: (task) => rm(join(containersDir, task.id), { recursive: true, force: true }),
    async close() {
      await warden?.close();
    },
  };
}

const TIME_MODULE = new URL('container-time.ts', import.meta.url).href;

/** Where time travels, Node is told before it loads anything else; whatever the container starts inherits that. */
function travelling(given: string | undefined, offsetMs: number | undefined): Record<string, string> {
  if (offsetMs === undefined) return given === undefined ? {} : { NODE_OPTIONS: given };
  return { NODE_OPTIONS: `${given ?? ''} --import=${TIME_MODULE}?offsetMs=${offsetMs}`.trim() };
}

/** Nothing of the host's own. What the task and AWS say comes before what the image does. */
function environmentIn(
  root: string,
  { environment }: ImageRecipe,
  told: Readonly<Record<string, string>>,
  offsetMs: number | undefined,
) {
  const temporary = join(root, 'tmp');
  const home = join(root, 'root');
  for (const folder of [temporary, home]) mkdirSync(folder, { recursive: true });
  const placed = Object.entries({ ...environment, ...told }).map(([name, value]) => [name, placeOf(root, value)]);
  const { PATH = '/usr/local/bin:/usr/bin:/bin', ...rest }: Record<string, string> = Object.fromEntries(placed);
  const path = PATH.split(':').map((folder) => placeOf(root, folder));
  return {
    // Not the home of whoever runs the host: the SDK would read the credentials and settings in its .aws folder.
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: temporary,
    ...rest,
    ...travelling(rest['NODE_OPTIONS'], offsetMs),
    PATH: [NODE_FOLDER, ...path].join(':'),
  };
}

/** `…/repository:tag` */
export function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1).replace(/[^\w.\-]/gv, '_');
}
