import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { CONFINED_ENVIRONMENT, confinedArguments } from './confinement.ts';

export interface ProcessLimits {
  /** What the expressions of a request may take by JSONata's own clock. */
  readonly timeoutMs: number;
  /** What the heap of the process may hold. */
  readonly memoryMb: number;
}

/** What became of a request. The expression is the one that was being evaluated when the process ended. */
export type Reply =
  | { readonly type: 'answered'; readonly text: string }
  | { readonly type: 'timed out' | 'died'; readonly expression: number };

/** After its time JSONata stops by itself wherever it looks at its clock; the process is killed where it does not. */
const GRACE_MS = 500;
/** Long, for a machine that is busy. */
const START_MS_MAX = 20_000;
/** More than any answer has. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

const WORKER = new URL('worker.ts', import.meta.url);

/** A process that evaluates JSONata, one request at a time. It keeps nobody alive that has nothing else to do. */
export class EvaluatorProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #timeoutMs: number;
  readonly #start = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<void>();
  #hasEnded = false;
  #received = '';
  /** The expression that is being evaluated, by its place in the request. */
  #expression = 0;
  #settle: (reply: Reply) => void = () => {};

  constructor({ timeoutMs, memoryMb }: ProcessLimits) {
    this.#timeoutMs = timeoutMs;
    this.#child = spawn(process.execPath, [...confinedArguments(WORKER, memoryMb), String(timeoutMs)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: CONFINED_ENVIRONMENT,
    });
    this.#child.once('exit', () => this.#ended()).once('error', () => this.#ended());
    // Whatever keeps the pipe from being written to ends the process as well, and that is noticed.
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout]) if (stream instanceof Socket) stream.unref();

    const late = setTimeout(() => this.#child.kill('SIGKILL'), START_MS_MAX);
    this.#start.promise.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws {Error} if it cannot be started. */
  started(): Promise<void> {
    return this.#start.promise;
  }

  /** Once it has started: asks for an answer, and gives it its time. After a reply that is no answer the process is of no use. */
  ask(request: string): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const isOver = (): void => resolve({ type: 'timed out', expression: this.#expression });
    // If it was our own thread that was busy, the answer lies in the pipe and is read before this comes.
    const timer = setTimeout(() => setImmediate(() => setImmediate(isOver)), this.#timeoutMs + GRACE_MS);
    this.#expression = 0;
    this.#settle = (reply) => {
      clearTimeout(timer);
      resolve(reply);
    };
    this.#child.stdin.write(`${request}\n`);
    return promise;
  }

  /** Ends the process, whatever it is doing. */
  async kill(): Promise<void> {
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#exit.promise;
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#start.reject(new Error('the process that evaluates JSONata ended before it had started'));
    this.#settle({ type: 'died', expression: this.#expression });
    this.#exit.resolve();
  }

  #receive(text: string): void {
    const lines = (this.#received + text).split('\n');
    this.#received = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) this.#settle({ type: 'answered', text: line });
      else if (line === 'ready') this.#start.resolve();
      else this.#expression = Number(line);
    }
    if (this.#received.length > LINE_LENGTH_MAX) this.#child.kill('SIGKILL');
  }
}
