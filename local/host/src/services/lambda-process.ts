import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HostTime } from '../time/host-time.ts';
import { FrameDecoder } from './lambda-frames.ts';
import type { Frame, InstanceHeader } from './lambda-frames.ts';
import { instanceEnvironment } from './lambda-function.ts';
import { OFFSET_VARIABLE } from './lambda-runtime-time.ts';
import type { FunctionConfiguration } from './lambda-function.ts';
import { LineSplitter } from './lambda-log-lines.ts';
import { heapLimitMb } from './lambda-memory.ts';
import type { Warden } from './lambda-warden.ts';

export interface InstanceProcess {
  readonly pid: number | undefined;
  /** How much of its log has been read. */
  readonly received: { readonly stdout: number; readonly stderr: number };
  send(frame: Buffer): void;
  /** Ends the process and whatever it has started, at once. */
  kill(): void;
}

export type ProcessEnd =
  { kind: 'exit'; code: number | null; signal: NodeJS.Signals | null } | { kind: 'notStarted'; reason: string };

export interface ProcessEvents {
  onFrame(frame: Frame<InstanceHeader>): void;
  onLine(line: string): void;
  /** After the lines of a piece of output. */
  onOutput(): void;
  /** Called once, when all that the process wrote has been read. */
  onEnd(end: ProcessEnd): void;
}

const RUNTIME_FILE = fileURLToPath(new URL('lambda-runtime.ts', import.meta.url));

/** A result has at most 6 MB and an error little more; what says it is longer is not our runtime. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;

/** A process that the function started, and that escaped, can hold the pipes open; its output is not awaited longer. */
const LAST_OUTPUT_MS = 1000;

/** So much comes at a time from a pipe in which more waits. */
const FULL_CHUNK_BYTES = 65_536;

/** @param compileCacheDir V8's compile cache of the runtime and the function's code. Without it, a cold start takes twice as long. */
export function spawnInstance(
  configuration: FunctionConfiguration,
  { warden, compileCacheDir, time }: { warden: Warden; compileCacheDir: string | undefined; time: HostTime },
  events: ProcessEvents,
): InstanceProcess {
  const environment = instanceEnvironment(configuration, newLogStreamName(time.now()));
  if (compileCacheDir !== undefined) environment['NODE_COMPILE_CACHE'] = compileCacheDir;
  const offsetMs = time.offsetMs();
  if (offsetMs !== undefined) environment[OFFSET_VARIABLE] = String(offsetMs);
  const received = { stdout: 0, stderr: 0 };
  let child: ChildProcess;
  try {
    child = spawnRuntime(configuration, environment);
  } catch (error) {
    // Most faults of a start are events, but not all: a machine without memory is thrown.
    queueMicrotask(() => events.onEnd({ kind: 'notStarted', reason: String(error) }));
    return { pid: undefined, received, send() {}, kill() {} };
  }
  const { pid } = child;
  if (pid !== undefined) warden.guard(pid);

  const channel = child.stdio[3] instanceof Duplex ? child.stdio[3] : undefined;
  const kill = () => killGroup(child);
  if (channel !== undefined) readFrames(channel, events, kill);
  const splitters = (['stdout', 'stderr'] as const).map((name) => {
    const splitter = new LineSplitter((line) => events.onLine(line));
    // Absent when even the pipes could not be made; the child then tells by 'error'.
    child[name]?.on('data', (chunk: Buffer) => {
      received[name] += chunk.length;
      splitter.push(chunk);
      events.onOutput();
      if (chunk.length >= FULL_CHUNK_BYTES) letOthersTurn(child[name]);
    });
    return splitter;
  });
  onceEnded(child, (end) => {
    if (pid !== undefined) warden.release(pid);
    for (const splitter of splitters) splitter.end();
    events.onEnd(end);
  });
  return { pid, received, send: (frame) => void channel?.write(frame), kill };
}

function spawnRuntime({ codeDir, memoryMb }: FunctionConfiguration, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [`--max-old-space-size=${heapLimitMb(memoryMb)}`, RUNTIME_FILE], {
    cwd: codeDir,
    env,
    // A process group of its own: Ctrl-C in the host's terminal does not reach it, and it can be killed with its children.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

/** A function that floods its log takes one chunk of the host's time a turn; it waits meanwhile, and nobody else. */
function letOthersTurn(output: Readable | null): void {
  output?.pause();
  setImmediate(() => output?.resume());
}

function readFrames(channel: Duplex, events: ProcessEvents, kill: () => void): void {
  const decoder = new FrameDecoder<InstanceHeader>(FRAME_BYTES_MAX);
  channel.on('data', (chunk: Buffer) => {
    try {
      for (const frame of decoder.push(chunk)) events.onFrame(frame);
    } catch {
      // The function itself wrote to the runtime's descriptor. As on AWS, that is the end of this instance only.
      channel.destroy();
      kill();
    }
  });
  // A write to an instance that has just died; its end is told by the process.
  channel.on('error', () => {});
}

function onceEnded(child: ChildProcess, onEnd: (end: ProcessEnd) => void): void {
  let lastOutput: NodeJS.Timeout | undefined;
  child.once('error', (error) => {
    if (child.pid === undefined) onEnd({ kind: 'notStarted', reason: error.message });
  });
  child.once('exit', () => {
    killGroup(child);
    const streams = child.stdio.filter(
      (stream): stream is Readable | Duplex => stream !== null && stream !== undefined,
    );
    lastOutput = setTimeout(() => streams.forEach((stream) => stream.destroy()), LAST_OUTPUT_MS);
  });
  child.once('close', (code, signal) => {
    clearTimeout(lastOutput);
    if (child.pid !== undefined) onEnd({ kind: 'exit', code, signal });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group, or this system has none.
    child.kill('SIGKILL');
  }
}

/** As CloudWatch Logs has it: the day, the version and a name of chance. */
function newLogStreamName(nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}
