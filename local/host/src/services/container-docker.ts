import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ImageAsset } from '../cloud-assembly.ts';
import { HostError } from '../errors.ts';
import type { Log } from '../log.ts';
import { runProcess, type ContainerEnd, type RunningContainer } from './container-process.ts';
import type { AwsEnvironment, ContainerRunner } from './container-runner.ts';
import type { Task, TaskContainer } from './ecs-task.ts';
import { startWarden, type Warden } from './lambda-warden.ts';

export interface DockerContainersOptions {
  /** Tells the containers of one host from those of another. */
  readonly dataDir: string;
  /** The asset of an image by its URI; any other image is pulled. */
  readonly assetOf: (image: string) => ImageAsset | undefined;
  readonly awsEnvironment: AwsEnvironment;
  /** What a container reads from Secrets Manager. @throws {CannotStart} */
  readonly secretsOf: (container: TaskContainer) => Readonly<Record<string, string>>;
  readonly onLine: (task: Task, container: TaskContainer, line: string) => void;
  readonly log: Log;
}

const run = promisify(execFile);

/** A daemon that is starting answers within seconds, or never. */
const ANSWER_MS_MAX = 15_000;

/** `docker run` itself has failed, and no container began; or its command was not there, or could not be begun. */
const NOT_STARTED_EXIT_CODES: readonly number[] = [125, 126, 127];

const ASK_AGAIN_MS = 500;

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Runs containers in Docker, with the network of this machine, so that 127.0.0.1 is what it is for functions. */
export function createDockerContainers(options: DockerContainersOptions): ContainerRunner {
  const { dataDir, assetOf, awsEnvironment, secretsOf, onLine, log } = options;
  const label = `countersign.data=${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const images = new Set<string>();
  let warden: Warden | undefined;

  async function build(image: string, asset: ImageAsset): Promise<void> {
    log.info('docker.build', { image: localName(image, asset) });
    try {
      await docker(buildArguments(localName(image, asset), asset));
    } catch (error) {
      throw new HostError(
        `Docker cannot build the image in "${asset.directory}": ${lastLine(error)}.`,
        'Correct its Dockerfile, then synthesise the app again.',
        { cause: error },
      );
    }
  }

  /** Docker goes on with its containers when a host dies, so the next one ends them. */
  async function removeLeftovers(): Promise<void> {
    const { stdout } = await docker(['ps', '--all', '--quiet', '--filter', `label=${label}`]);
    const ids = stdout.split(/\s+/v).filter((id) => id !== '');
    if (ids.length > 0) await docker(['rm', '--force', ...ids]);
  }

  return {
    use: (image) => void images.add(image),
    async prepare() {
      await requireDaemon();
      await removeLeftovers();
      for (const image of images) {
        const asset = assetOf(image);
        if (asset !== undefined) await build(image, asset);
      }
    },
    start(task, container) {
      const name = nameOf(task, container);
      const environment = { ...container.environment, ...secretsOf(container), ...awsEnvironment(task, container) };
      const image = localName(container.image, assetOf(container.image));
      warden ??= startWarden();
      const said: string[] = [];
      const client = runProcess(
        {
          program: 'docker',
          arguments: runArguments({ name, label, image, container, environment }),
          workdir: tmpdir(),
          environment: { ...passedByName(environment), ...clientEnvironment() },
          stopSignal: 'SIGTERM',
          onLine(line) {
            said.splice(0, said.length, line);
            onLine(task, container, line);
          },
        },
        warden,
      );
      return Promise.resolve(inDocker(name, client, () => said.at(-1) ?? ''));
    },
    async remove(task) {
      // They are gone already where all went well.
      await docker(['rm', '--force', ...task.containers.map((container) => nameOf(task, container))]).catch(() => {});
    },
    async close() {
      await warden?.close();
      if (warden !== undefined) await removeLeftovers().catch(() => {});
    },
  };
}

/** The container is asked by its name: the client passes no SIGKILL on. */
function inDocker(name: string, client: RunningContainer, lastSaid: () => string): RunningContainer {
  const life = { hasEnded: false };
  const ended = client.ended.then((end) => {
    life.hasEnded = true;
    return endOf(name, end, lastSaid);
  });
  /**
   * Docker knows it only once its image is there, which may be long after it was to be run, and stops none that it has made
   * and not started yet. One that has ended is asked in vain, which is no fault.
   */
  async function ask(graceMs: number): Promise<void> {
    while (!life.hasEnded) {
      await docker(['stop', '--time', String(Math.ceil(graceMs / 1000)), name]).catch(() => {});
      await sleep(ASK_AGAIN_MS, undefined, { ref: false });
    }
  }
  return { ended, stop: (graceMs) => void ask(graceMs) };
}

async function endOf(name: string, end: ContainerEnd, lastSaid: () => string): Promise<ContainerEnd> {
  if (end.kind !== 'exited') return end;
  if (NOT_STARTED_EXIT_CODES.includes(end.exitCode)) return { kind: 'notStarted', reason: lastSaid() };
  const inspected = await docker(['inspect', '--format', '{{.State.OOMKilled}}', name]).catch(() => undefined);
  return inspected?.stdout.trim() === 'true' ? { kind: 'outOfMemory' } : end;
}

function buildArguments(name: string, { directory, dockerFile, target, buildArguments: given = {} }: ImageAsset) {
  return [
    'build',
    '--quiet',
    '--tag',
    name,
    '--file',
    join(directory, dockerFile ?? 'Dockerfile'),
    ...(target === undefined ? [] : ['--target', target]),
    ...Object.entries(given).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    directory,
  ];
}

/** These are the client's own; a container gets them by value. */
const CLIENT_VARIABLES = /^(?:DOCKER_.*|HOME|PATH)$/v;

function runArguments(given: {
  readonly name: string;
  readonly label: string;
  readonly image: string;
  readonly container: TaskContainer;
  readonly environment: Readonly<Record<string, string>>;
}): string[] {
  const { name, label, image, container, environment } = given;
  const { entryPoint = [], command = [], workingDirectory, memoryMb } = container;
  const [program, ...rest] = entryPoint;
  return [
    'run',
    '--name',
    name,
    '--label',
    label,
    '--network',
    'host',
    '--memory',
    `${memoryMb}m`,
    '--memory-swap',
    `${memoryMb}m`,
    // By name, so that no list of processes shows a value.
    ...Object.entries(environment).flatMap(([key, value]) => [
      '--env',
      CLIENT_VARIABLES.test(key) ? `${key}=${value}` : key,
    ]),
    ...(workingDirectory === undefined ? [] : ['--workdir', workingDirectory]),
    ...(program === undefined ? [] : ['--entrypoint', program]),
    image,
    ...rest,
    ...command,
  ];
}

function passedByName(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !CLIENT_VARIABLES.test(name)));
}

/** What the client of Docker needs of the host's environment to find its daemon. */
function clientEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => CLIENT_VARIABLES.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(own);
}

function nameOf(task: Task, container: TaskContainer): string {
  return `countersign-${task.id}-${container.name}`;
}

/** An image of the app has the tag of its asset, and a name that nobody pulls by. */
function localName(image: string, asset: ImageAsset | undefined): string {
  return asset === undefined ? image : `countersign.local/image:${image.slice(image.lastIndexOf(':') + 1)}`;
}

async function requireDaemon(): Promise<void> {
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], ANSWER_MS_MAX);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new HostError(
      isMissing
        ? 'Containers are to run in Docker, and there is no program "docker" on the PATH.'
        : `Containers are to run in Docker, and it does not answer: ${lastLine(error)}.`,
      'Install or start Docker, or start without it: images that only copy files run as processes.',
      { cause: error },
    );
  }
}

/** @throws what `execFile` does, with what Docker wrote. */
function docker(words: readonly string[], timeout = 0) {
  return run('docker', words, { env: clientEnvironment(), timeout, maxBuffer: OUTPUT_BYTES_MAX });
}

/** What Docker said last, as the end of a sentence. */
function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const line = said.split('\n').at(-1) ?? '';
  const words = line === '' && error instanceof Error ? (error.message.split('\n')[0] ?? '') : line;
  return words.replace(/(?:\. Is the docker daemon running)?[.?]*$/v, '');
}
