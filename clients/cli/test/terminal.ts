import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { type IPty, spawn } from '@lydell/node-pty';
import { MAIN, plainEnvironment } from './run-cli.ts';

/** How long somebody waits for anything to appear, on a machine that has much to do. */
const PATIENCE_MS = 60_000;

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real command in a pseudo-terminal, as a person has it before them. */
export class Terminal implements AsyncDisposable {
  readonly #pty: IPty;
  readonly #ended: Promise<number>;
  readonly #waiting = new Set<() => void>();
  /** All that was written to the terminal, control sequences and all. */
  raw = '';

  private constructor(pty: IPty) {
    this.#pty = pty;
    pty.onData((text) => {
      this.raw += text;
      for (const look of this.#waiting) look();
    });
    this.#ended = new Promise((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  }

  static countersign(args: readonly string[], { columns = 80, rows = 24, env = {} }: TerminalOptions = {}): Terminal {
    return Terminal.program(process.execPath, [MAIN, ...args], { columns, rows, env });
  }

  static program(
    file: string,
    args: readonly string[],
    { columns = 80, rows = 24, env = {} }: TerminalOptions = {},
  ): Terminal {
    const settings = { ...plainEnvironment(), TERM: 'xterm-256color', CI: undefined, ...env };
    const options = { name: 'xterm-256color', cols: columns, rows, env: defined(settings) };
    return new Terminal(spawn(file, [...args], options));
  }

  /** What a reader has seen, without colours and movements. */
  get text(): string {
    return stripVTControlCharacters(this.raw).replaceAll('\r', '');
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  /** Resolves when this was shown; from an earlier place of {@link text} on, where one is given. */
  async shows(pattern: RegExp, from = 0): Promise<void> {
    const shown = Promise.withResolvers<void>();
    const look = () => pattern.test(this.text.slice(from)) && shown.resolve();
    this.#waiting.add(look);
    look();
    const impatience = setTimeout(
      () => shown.reject(new Error(`${pattern} was not shown in ${PATIENCE_MS / 1000} s:\n${this.text}`)),
      PATIENCE_MS,
    );
    try {
      await Promise.race([shown.promise, this.#ended.then(() => assert.match(this.text.slice(from), pattern))]);
    } finally {
      clearTimeout(impatience);
      this.#waiting.delete(look);
    }
  }

  /** The exit code. */
  async ends(): Promise<number> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#pty.kill('SIGKILL');
    } catch {
      // It has ended.
    }
    await this.#ended;
  }
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
