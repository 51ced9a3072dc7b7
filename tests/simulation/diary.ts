import { createHash } from 'node:crypto';

/** What happened in a simulation, line by line, and how often each fault struck. */
export class Diary {
  readonly lines: string[] = [];
  readonly faults: Record<string, number> = {};
  readonly #now: () => number;
  readonly #hash = createHash('sha256');

  constructor(now: () => number) {
    this.#now = now;
  }

  write(line: string): void {
    const whole = `${this.#now()} ${line}`;
    this.lines.push(whole);
    this.#hash.update(`${whole}\n`);
  }

  fault(name: string, detail = ''): void {
    this.faults[name] = (this.faults[name] ?? 0) + 1;
    this.write(`FAULT ${name} ${detail}`);
  }

  /** Of all that was written so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
