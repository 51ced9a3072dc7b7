import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A server that runs as a process of its own, on a data folder that outlives it. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** `within` is what a shell is told before: a limit, such as `ulimit -S -f 2048`. */
  static async start(dataDir: string, within = ':'): Promise<ServerProcess> {
    const command = [process.execPath, join(import.meta.dirname, 'server.ts'), dataDir];
    const child = spawn('sh', ['-c', `${within}; exec "$0" "$@"`, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    child.once('exit', (code, signal) => reject(new Error(`the server ended (${code ?? signal}) before it was ready`)));
    return new ServerProcess(child, await promise);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** As the power switch does it, for the process. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Whatever it does stands still meanwhile, in the middle of a write if it may be. */
  frozen<T>(look: () => T): T {
    this.#child.kill('SIGSTOP');
    try {
      return look();
    } finally {
      this.#child.kill('SIGCONT');
    }
  }

  /** @throws if no answer comes. */
  request(action: string, parameters: object): Promise<Response> {
    return fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
      body: JSON.stringify(parameters),
    });
  }

  /** @throws if no answer comes, or it is told to try again. */
  async ask(action: string, parameters: object): Promise<Record<string, unknown>> {
    const response = await this.request(action, parameters);
    const body = (await response.json()) as Record<string, unknown>;
    if (response.status === 200) return body;
    const name = String(body['__type']).split('#').at(-1) ?? '';
    throw Object.assign(new Error(`${action}: ${name}: ${String(body['message'])}`), { name });
  }
}
