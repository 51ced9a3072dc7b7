import type { EvaluationAnswer, EvaluationRequest } from '../../../asl/src/index.ts';
import { EvaluatorProcess, type Reply } from './evaluator-process.ts';
import { failure, threw, timedOut } from './failure.ts';
import { FairQueue } from './fair-queue.ts';

export interface JsonataEvaluatorOptions {
  /** How many requests are evaluated at the same time, each in a process of its own. Default 2. */
  readonly processes?: number;
  /** For all expressions of a request together. Default 1,000. */
  readonly timeoutMs?: number;
  /** For what one request needs. Default 128. */
  readonly memoryMb?: number;
  /** A process that nobody has asked for so long is ended; the next request starts another. Default 60,000. */
  readonly idleMs?: number;
  /** How many requests of one key may wait. Default 10,000. */
  readonly queueLength?: number;
}

export interface JsonataEvaluator {
  /**
   * Evaluates JSONata where it can neither hang nor kill this process, nor read a file or reach the network. The same request
   * has the same answer, unless it fails for want of time or memory.
   *
   * @param key whose request it is, a state machine's ARN: the keys are served in turn.
   * @throws {EvaluatorBusy} if too many requests of this key wait already. Nothing was evaluated; ask again later.
   */
  evaluate(request: EvaluationRequest, key?: string): Promise<EvaluationAnswer>;
  /** Ends all processes. What is still waited for is rejected. */
  close(): Promise<void>;
}

/** Too many requests wait, or the evaluator was closed. */
export class EvaluatorBusy extends Error {
  override name = 'EvaluatorBusy';
}

/** No process is started before the first request. */
export function createJsonataEvaluator(options: JsonataEvaluatorOptions = {}): JsonataEvaluator {
  const { processes = 2, timeoutMs = 1000, memoryMb = 128, idleMs = 60_000, queueLength = 10_000 } = options;
  return new Pool({ processes, timeoutMs, memoryMb, idleMs, queueLength });
}

interface Job {
  readonly request: EvaluationRequest;
  readonly key: string;
  readonly resolve: (answer: EvaluationAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A key whose last request took so long is slow, until one does not. */
const SLOW_MS = 100;
const SLOW_KEYS_MAX = 1000;

class Pool implements JsonataEvaluator {
  readonly #options: Required<JsonataEvaluatorOptions>;
  readonly #queue: FairQueue<Job>;
  readonly #idle: { process: EvaluatorProcess; timer: NodeJS.Timeout }[] = [];
  readonly #processes = new Set<EvaluatorProcess>();
  readonly #slowKeys = new Set<string>();
  #running = 0;
  #slowRunning = 0;
  #isClosed = false;

  constructor(options: Required<JsonataEvaluatorOptions>) {
    this.#options = options;
    this.#queue = new FairQueue(options.queueLength);
  }

  evaluate(request: EvaluationRequest, key = ''): Promise<EvaluationAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) reject(closed());
      else if (this.#queue.add(key, { request, key, resolve, reject })) this.#serve();
      else reject(new EvaluatorBusy(`more than ${this.#options.queueLength} evaluations wait for ${key}`));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.drain()) reject(closed());
    for (const { timer } of this.#idle) clearTimeout(timer);
    await Promise.all(Array.from(this.#processes, (process) => process.kill()));
  }

  #serve(): void {
    while (this.#running < this.#options.processes) {
      const job = this.#queue.take((key) => this.#mayServe(key));
      if (job === undefined) return;
      void this.#run(job);
    }
  }

  /** All slow keys together leave one process to the others, or everybody would wait for them. */
  #mayServe(key: string): boolean {
    return !this.#slowKeys.has(key) || this.#slowRunning < Math.max(1, this.#options.processes - 1);
  }

  async #run(job: Job): Promise<void> {
    const isSlow = this.#slowKeys.has(job.key);
    this.#running += 1;
    if (isSlow) this.#slowRunning += 1;
    try {
      job.resolve(await this.#evaluate(job));
    } catch (error) {
      // What fails while everything is ended fails for that.
      job.reject(this.#isClosed ? closed() : error);
    } finally {
      this.#running -= 1;
      if (isSlow) this.#slowRunning -= 1;
      this.#serve();
    }
  }

  async #evaluate({ request, key }: Job): Promise<EvaluationAnswer> {
    const text = requestText(request);
    if (text === undefined) return failureAt(request, 0, threw('The values that it refers to are nested too deeply'));
    const process = this.#obtain();
    const reply = await this.#ask(process, text, key);
    if (this.#isClosed) throw closed();
    if (reply.type === 'answered') this.#keep(process);
    return this.#answer(request, reply);
  }

  async #ask(process: EvaluatorProcess, text: string, key: string): Promise<Reply> {
    let reply: Reply | undefined;
    try {
      await process.started();
      const before = performance.now();
      reply = await process.ask(text);
      this.#noteSpeed(key, performance.now() - before);
      return reply;
    } finally {
      if (reply?.type !== 'answered') await this.#discard(process);
    }
  }

  #answer(request: EvaluationRequest, reply: Reply): EvaluationAnswer {
    if (reply.type === 'answered') return JSON.parse(reply.text) as EvaluationAnswer;
    const { timeoutMs, memoryMb } = this.#options;
    const died = threw(
      `The evaluation was ended before it gave a result: it needs more than ${memoryMb} MiB of memory`,
    );
    return failureAt(request, reply.expression, reply.type === 'timed out' ? timedOut(timeoutMs) : died);
  }

  #obtain(): EvaluatorProcess {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (!idle.process.hasEnded) return idle.process;
      this.#processes.delete(idle.process);
    }
    const process = new EvaluatorProcess(this.#options);
    this.#processes.add(process);
    return process;
  }

  #keep(process: EvaluatorProcess): void {
    const timer = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((idle) => idle.process === process),
        1,
      );
      void this.#discard(process);
    }, this.#options.idleMs).unref();
    this.#idle.push({ process, timer });
  }

  async #discard(process: EvaluatorProcess): Promise<void> {
    await process.kill();
    this.#processes.delete(process);
  }

  #noteSpeed(key: string, ms: number): void {
    if (ms <= SLOW_MS) this.#slowKeys.delete(key);
    else if (this.#slowKeys.size < SLOW_KEYS_MAX) this.#slowKeys.add(key);
  }
}

function closed(): EvaluatorBusy {
  return new EvaluatorBusy('the evaluator was closed');
}

function failureAt({ expressions }: EvaluationRequest, index: number, complaint: string): EvaluationAnswer {
  const expression = expressions[index] ?? expressions[0];
  if (expression === undefined) throw new Error('a request has at least one expression');
  return failure(expression, complaint);
}

/** `undefined` if it is nested so deeply that the stack would end. */
function requestText(request: EvaluationRequest): string | undefined {
  try {
    return JSON.stringify(request);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
