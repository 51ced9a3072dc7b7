import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Answer, CountersignProcess } from './countersign-process.ts';

const cli = join(import.meta.dirname, '../clients/cli/src/main.ts');

/** Somebody who has signed in, with the command line and by HTTP. */
export class Person {
  readonly name: string;
  readonly #countersign: CountersignProcess;
  readonly #token: string;
  readonly #stateDir: string;

  private constructor(name: string, countersign: CountersignProcess, token: string, stateDir: string) {
    this.name = name;
    this.#countersign = countersign;
    this.#token = token;
    this.#stateDir = stateDir;
  }

  static async signIn(name: string, countersign: CountersignProcess): Promise<Person> {
    const stateDir = mkdtempSync(join(tmpdir(), `signed-in-${name}-`));
    const person = new Person(name, countersign, '', stateDir);
    const at = ['--url', countersign.ordersUrl];
    await person.run('login', '--user', name, '--endpoint', countersign.awsUrl, ...at);
    const token = (await person.run('token', ...at)).trim();
    return new Person(name, countersign, token, stateDir);
  }

  request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#countersign.request(method, path, body, { authorization: `Bearer ${this.#token}`, ...headers });
  }

  answer(orderId: string, decision: string, more: object = {}): Promise<Answer> {
    return this.request('POST', `/orders/${orderId}/confirmation`, { decision, ...more });
  }

  /** `countersign` as this person; gives what it printed. */
  async run(...args: string[]): Promise<string> {
    const env = { ...process.env, XDG_STATE_HOME: this.#stateDir };
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env });
    return stdout;
  }

  /** As {@link run}, for a command of `orders`. */
  orders(...args: string[]): Promise<string> {
    return this.run('orders', ...args, '--url', this.#countersign.ordersUrl);
  }
}
