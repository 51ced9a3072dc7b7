import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');

/** `countersign start --json` as a process of its own: what a user runs, and what a crash hits. */
export class CountersignProcess {
  readonly ordersUrl: string;
  readonly awsUrl: string;
  /** Every line that it has written. */
  readonly lines: string[];
  readonly #child: ChildProcess;
  readonly #watchers: Set<(line: LogLine) => void>;

  private constructor(child: ChildProcess, ready: Ready, lines: string[], watchers: Set<(line: LogLine) => void>) {
    this.#child = child;
    this.ordersUrl = ready.ordersUrl;
    this.awsUrl = ready.awsUrl;
    this.lines = lines;
    this.#watchers = watchers;
  }

  /** Starts it on free ports, for whoever comes, and resolves when it is ready. */
  static async start(dataDir: string, ...options: string[]): Promise<CountersignProcess> {
    return await CountersignProcess.startForPeople(dataDir, '--no-auth', ...options);
  }

  /** As {@link start}, and asks everybody to sign in. */
  static async startForPeople(dataDir: string, ...options: string[]): Promise<CountersignProcess> {
    const all = ['start', '--port', '0', '--aws-port', '0', '--data', dataDir, '--json', '--verbose', ...options];
    const child = spawn(process.execPath, [join(root, 'clients/cli/src/main.ts'), ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const watchers = new Set<(line: LogLine) => void>();
    const { promise: ready, resolve, reject } = Promise.withResolvers<Ready>();
    createInterface({ input: child.stdout }).on('line', (text) => {
      lines.push(text);
      const line = JSON.parse(text) as LogLine & Partial<Ready>;
      if (line.event === 'ready') resolve(line as unknown as Ready);
      for (const watch of watchers) watch(line);
    });
    createInterface({ input: child.stderr }).on('line', (text) => lines.push(text));
    child.once('exit', (code, signal) =>
      reject(new Error(`it ended (${code ?? signal}) before it was ready:\n${lines.join('\n')}`)),
    );
    return new CountersignProcess(child, await ready, lines, watchers);
  }

  /** Calls back for each line of the log as it comes. */
  watch(watcher: (line: LogLine) => void): void {
    this.#watchers.add(watcher);
  }

  /** Ends it as a power switch would. */
  async kill(): Promise<void> {
    const ended =
      this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Asks it to stop, as Ctrl-C does; answers with its exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    const [code] = (await ended) as [number | null];
    return code;
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const response = await fetch(this.ordersUrl + path, {
      method,
      headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(text !== undefined && { body: text }),
    });
    const answered = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      text: answered,
      body: (isJson ? JSON.parse(answered) : {}) as Record<string, unknown>,
      headers: response.headers,
    };
  }

  /** Asks until the order has that status; as somebody, where one has to be somebody. */
  async waitForStatus(
    orderId: string,
    status: string,
    { timeoutMs = 60_000, as: asker = this }: { timeoutMs?: number; as?: Pick<CountersignProcess, 'request'> } = {},
  ): Promise<Record<string, unknown>> {
    const endsAt = Date.now() + timeoutMs;
    for (;;) {
      const { body } = await asker.request('GET', `/orders/${orderId}`);
      if (body['status'] === status) return body;
      if (Date.now() > endsAt) throw new Error(`order ${orderId} is ${JSON.stringify(body)}, and not ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

interface Ready {
  readonly ordersUrl: string;
  readonly awsUrl: string;
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}
