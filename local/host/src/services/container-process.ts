import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { exceedsTreeMemory } from './container-memory.ts';
import { LineSplitter } from './lambda-log-lines.ts';
import type { Warden } from './lambda-warden.ts';

/** How a container ended. */
export type ContainerEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** Killed for its memory, which is an exit with 137. */
  | { readonly kind: 'outOfMemory' }
  | { readonly kind: 'notStarted'; readonly reason: string };

/** A container that runs, as a process or in Docker. */
export interface RunningContainer {
  readonly ended: Promise<ContainerEnd>;
  /** Asks it to end, and after so long sees to it. Again with less time shortens that. */
  stop(graceMs: number): void;
}

export interface ProcessToRun {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly workdir: string;
  /** All of its environment: nothing of the host's is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stopSignal: NodeJS.Signals;
  /** @default no limit */
  readonly memoryMb?: number;
  readonly onLine: (line: string) => void;
  /** What it writes beyond is only counted: a container that floods must not fill the disk or the host. @default 64 Mi */
  readonly logCharactersMax?: number;
}

const LOG_CHARACTERS_MAX = 64 * 1024 * 1024;

/** What fills its memory takes some 100 MB in this time. */
const MEMORY_CHECK_MS = 100;

/** A process that the container started, and that escaped, can hold the pipes open; its output is not awaited longer. */
const LAST_OUTPUT_MS = 1000;

const EXIT_CODE_OF_SIGNAL = 128;

/** Starts a process in a group of its own, which ends with it, with its host, or when it holds too much memory. */
export function runProcess(given: ProcessToRun, warden: Warden): RunningContainer {
  const { promise: ended, resolve } = Promise.withResolvers<ContainerEnd>();
  let child: ChildProcess;
  try {
    child = spawn(given.program, given.arguments, {
      cwd: given.workdir,
      env: given.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // Most faults of a start are events, but not all: a machine without memory is thrown.
    return { ended: Promise.resolve({ kind: 'notStarted', reason: String(error) }), stop() {} };
  }
  const { pid } = child;
  if (pid !== undefined) warden.guard(pid);
  const lines = readLines(child, given);
  let isOutOfMemory = false;
  let hasEnded = false;
  let killAt = Infinity;
  let impatience: NodeJS.Timeout | undefined;
  const memoryWatch = setInterval(() => {
    if (pid === undefined || given.memoryMb === undefined || !exceedsTreeMemory(pid, given.memoryMb)) return;
    isOutOfMemory = true;
    killGroup(child, 'SIGKILL');
  }, MEMORY_CHECK_MS);
  const settle = (end: ContainerEnd) => {
    hasEnded = true;
    clearInterval(memoryWatch);
    clearTimeout(impatience);
    if (pid !== undefined) warden.release(pid);
    lines.end();
    resolve(end);
  };
  onceEnded(child, (code, signal) => settle(isOutOfMemory ? { kind: 'outOfMemory' } : exitOf(code, signal)));
  child.once('error', (error) => {
    if (child.pid === undefined) settle({ kind: 'notStarted', reason: error.message });
  });
  return {
    ended,
    stop(graceMs) {
      if (hasEnded) return;
      // Whoever is asked a second time has heard it before.
      if (killAt === Infinity && graceMs > 0) killGroup(child, given.stopSignal);
      const at = performance.now() + graceMs;
      if (at >= killAt) return;
      killAt = at;
      clearTimeout(impatience);
      impatience = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
    },
  };
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): ContainerEnd {
  const exitCode = signal === null ? (code ?? 0) : EXIT_CODE_OF_SIGNAL + constants.signals[signal];
  return { kind: 'exited', exitCode };
}

function readLines(
  child: ChildProcess,
  { onLine, logCharactersMax = LOG_CHARACTERS_MAX }: Pick<ProcessToRun, 'onLine' | 'logCharactersMax'>,
): { end(): void } {
  let loggedCharacters = 0;
  let droppedCharacters = 0;
  const onEach = (line: string): void => {
    loggedCharacters += line.length;
    if (loggedCharacters > logCharactersMax) droppedCharacters += line.length;
    else onLine(line);
  };
  const splitters = (['stdout', 'stderr'] as const).map((name) => {
    const splitter = new LineSplitter(onEach);
    const output = child[name];
    output?.on('data', (chunk: Buffer) => {
      splitter.push(chunk);
      letOthersTurn(output);
    });
    return splitter;
  });
  return {
    end() {
      for (const splitter of splitters) splitter.end();
      if (droppedCharacters > 0) onLine(`(${droppedCharacters} more characters were left out of this log)`);
    },
  };
}

/** What floods its log takes one chunk of the host's time a turn; it waits meanwhile, and nobody else. */
function letOthersTurn(output: Readable): void {
  output.pause();
  setImmediate(() => output.resume());
}

function onceEnded(child: ChildProcess, onEnd: (code: number | null, signal: NodeJS.Signals | null) => void): void {
  let lastOutput: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    // What it has started ends with it, as with the first process of a container.
    killGroup(child, 'SIGKILL');
    lastOutput = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, LAST_OUTPUT_MS);
  });
  child.once('close', (code, signal) => {
    clearTimeout(lastOutput);
    if (child.pid !== undefined) onEnd(code, signal);
  });
}

/** The first signal is for the first process only, as of a container; SIGKILL is for all. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
  } catch {
    // Nobody is left in the group, or this system has none.
    child.kill(signal);
  }
}
