import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MAIN, plainEnvironment } from './run-cli.ts';

export interface RunningCommand extends AsyncDisposable {
  /** The ready message. */
  ready: Record<string, unknown>;
  /** Every line of stdout so far, parsed. */
  lines: Record<string, unknown>[];
  /** Sends a signal and gives the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command that goes on running, with `--json`, and waits until it is ready. It is killed when the test ends. */
export async function startCommand(args: readonly string[], env: Record<string, string> = {}): Promise<RunningCommand> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: RunningCommand['lines'] = [];
  const ready = await readyMessage(child, lines);
  return {
    ready,
    lines,
    stop: (signal) => ended(child, signal),
    async [Symbol.asyncDispose]() {
      await ended(child, 'SIGKILL');
    },
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'close');
  }
  return child.exitCode;
}

function readyMessage(child: ChildProcess, lines: Record<string, unknown>[]): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  child.once('close', (code) => reject(new Error(`ended with ${code} before it was ready: ${complaints}`)));
  if (child.stdout === null) throw new TypeError('stdout is a pipe');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: Record<string, unknown> = JSON.parse(line);
    lines.push(message);
    if (message['event'] === 'ready') resolve(message);
  });
  return promise;
}
