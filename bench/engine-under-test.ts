import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { RawPool } from './raw-http.ts';
import { checkResult, confirmation, definition, order } from './order.ts';
import { Rendezvous } from './rendezvous.ts';

/** What the engine's process is asked for. `collect` costs little, but for a collection of all that is not used any more. */
export type Request = 'begin' | 'measure' | 'collect' | 'stop' | Filling | { readonly awaitEndOf: number };

/** Executions to be started from within, by the prefix and a number. Without an input each has an order of its own. */
export interface Filling {
  readonly stateMachineArn: string;
  readonly count: number;
  readonly prefix: string;
  readonly input?: string;
}

/** What it tells. */
export interface Told {
  readonly url?: string;
  readonly usage?: Usage;
  readonly filled?: true;
  /** As many executions have ended as were to. */
  readonly allEnded?: true;
  /** By the ids of their orders. */
  readonly tokens?: readonly [string, string][];
  readonly ended?: readonly string[];
}

export interface Usage {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly commits: number;
  /** What is kept; asked for by `collect`, what all files take. */
  readonly diskBytes: number;
  readonly loopDelayP99Ms: number;
}

/** An engine in a process of its own, and a driver that speaks with it by HTTP. */
export class EngineUnderTest {
  readonly process: ChildProcess;
  readonly tokens = new Rendezvous<string>();
  readonly ended = new Rendezvous<undefined>();
  /** From the start of the process until it listens. */
  readonly readyMs: number;
  readonly url: string;
  readonly #pool: RawPool;
  readonly #answers: Rendezvous<Told>;
  #sequence = 0;

  private constructor(
    child: ChildProcess,
    url: string,
    readyMs: number,
    connections: number,
    answers: Rendezvous<Told>,
  ) {
    this.process = child;
    this.readyMs = readyMs;
    this.url = url;
    this.#pool = new RawPool(url, connections);
    this.#answers = answers;
    child.on('message', ({ tokens = [], ended = [] }: Told) => {
      for (const [id, token] of tokens) this.tokens.put(id, token);
      for (const id of ended) this.ended.put(id, undefined);
    });
  }

  static async start(
    folder: string,
    connections: number,
    file = 'engine-process.ts',
    ...more: string[]
  ): Promise<EngineUnderTest> {
    const startedMs = performance.now();
    const execArgv = [...process.execArgv, '--expose-gc'];
    const child = fork(join(import.meta.dirname, file), [folder, ...more], { execArgv });
    const answers = new Rendezvous<Told>();
    child.on('message', (told: Told) => {
      for (const kind of ['url', 'usage', 'filled', 'allEnded'] as const)
        if (told[kind] !== undefined) answers.put(kind, told);
    });
    // Whoever waits for the process would wait for ever.
    child.once('exit', (code) => {
      if (code !== 0 && child.signalCode === null) throw new Error(`the engine's process ended with ${String(code)}`);
    });
    const { url = '' } = await answers.take('url');
    return new EngineUnderTest(child, url, performance.now() - startedMs, connections, answers);
  }

  async usage(request: 'begin' | 'measure' | 'collect'): Promise<Usage> {
    this.process.send(request);
    const { usage } = await this.#answers.take('usage');
    if (usage === undefined) throw new Error('the engine told no usage');
    return usage;
  }

  /** Resolves when all of them wait, or have ended. */
  async startMany(filling: Filling): Promise<void> {
    this.process.send(filling satisfies Request);
    await this.#answers.take('filled');
  }

  /** Resolves when so many executions more have ended. */
  async allEnded(count: number): Promise<void> {
    this.process.send({ awaitEndOf: count } satisfies Request);
    await this.#answers.take('allEnded');
  }

  async createStateMachine(name: string, machine: object = definition, type = 'STANDARD'): Promise<string> {
    const roleArn = 'arn:aws:iam::000000000000:role/bench';
    const made = await this.call('CreateStateMachine', { name, type, definition: JSON.stringify(machine), roleArn });
    return String(made['stateMachineArn']);
  }

  async call(action: string, body: object): Promise<Record<string, unknown>> {
    const { status, text } = await this.#pool.post('/', JSON.stringify(body), {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AWSStepFunctions.${action}`,
    });
    if (status !== 200) throw new Error(`${action} was answered ${status}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  /** So many trips were begun. */
  get trips(): number {
    return this.#sequence;
  }

  /** One order from its start to its end. One in fifty is looked at. */
  async trip(stateMachineArn: string): Promise<void> {
    const id = `o-${++this.#sequence}`;
    const input = JSON.stringify(order(id));
    const { executionArn } = await this.call('StartExecution', { stateMachineArn, name: id, input });
    const taskToken = await this.tokens.take(id);
    await this.call('SendTaskSuccess', { taskToken, output: JSON.stringify(confirmation(id)) });
    await this.ended.take(id);
    if (this.#sequence % 50 !== 0) return;
    const { status, output } = await this.call('DescribeExecution', { executionArn });
    if (status !== 'SUCCEEDED') throw new Error(`${id} is ${String(status)}`);
    checkResult(JSON.parse(String(output)), id);
  }

  async stop(): Promise<void> {
    this.#pool.destroy();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.send('stop');
    await once(this.process, 'exit');
  }

  async kill(): Promise<void> {
    this.#pool.destroy();
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}
