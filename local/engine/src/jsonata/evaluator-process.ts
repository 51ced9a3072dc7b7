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
  readonly #exit: Promise<unknown>;
  readonly #ready: Promise<void>;
  #received = '';
  #onLine: (line: string) => void = () => {};
  #hasEnded = false;

  constructor(limits: ProcessLimits) {
    this.#timeoutMs = limits.timeoutMs;
    this.#child = spawn(process.execPath, [...confinedArguments(WORKER, limits.memoryMb), String(limits.timeoutMs)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: CONFINED_ENVIRONMENT,
    });
    this.#exit = new Promise((resolve) => this.#child.once('exit', resolve).once('error', resolve));
    void this.#exit.then(() => (this.#hasEnded = true));
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout]) if (stream instanceof Socket) stream.unref();
    // Whatever keeps the pipe from being written to ends the process as well, and that is noticed.
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    this.#ready = this.#start();
    // It is told to whoever asks.
    this.#ready.catch(() => {});
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws {Error} if it cannot be started. */
  started(): Promise<void> {
    return this.#ready;
  }

  /** Once it has started: asks for an answer, and gives it its time. After a reply that is no answer the process is of no use. */
  async ask(request: string): Promise<Reply> {
    let expression = 0;
    const answered = new Promise<Reply>((resolve) => {
      this.#onLine = (line) => {
        if (line.startsWith('{')) resolve({ type: 'answered', text: line });
        else expression = Number(line);
      };
    });
    const died = this.#exit.then((): Reply => ({ type: 'died', expression }));
    const { timer, timedOut } = this.#giveTime(() => expression);
    this.#child.stdin.write(`${request}\n`);
    try {
      return await Promise.race([answered, died, timedOut]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process, whatever it is doing. */
  async kill(): Promise<void> {
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  #giveTime(expression: () => number): { timer: NodeJS.Timeout; timedOut: Promise<Reply> } {
    let timer!: NodeJS.Timeout;
    const timedOut = new Promise<Reply>((resolve) => {
      const isOver = (): void => resolve({ type: 'timed out', expression: expression() });
      // If it was our own thread that was busy, the answer lies in the pipe and is read before this comes.
      timer = setTimeout(() => setImmediate(() => setImmediate(isOver)), this.#timeoutMs + GRACE_MS);
    });
    return { timer, timedOut };
  }

  async #start(): Promise<void> {
    const ready = new Promise<'ready'>((resolve) => {
      this.#onLine = () => resolve('ready');
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), START_MS_MAX);
    });
    const outcome = await Promise.race([ready, late, this.#exit.then(() => 'ended' as const)]);
    clearTimeout(timer);
    if (outcome !== 'ready') throw new Error(`the process that evaluates JSONata did not start: ${outcome}`);
  }

  #receive(text: string): void {
    const lines = (this.#received + text).split('\n');
    this.#received = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#received.length > LINE_LENGTH_MAX) this.#child.kill('SIGKILL');
  }
}
