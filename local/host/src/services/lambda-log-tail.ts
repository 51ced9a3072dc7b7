/** Lambda Invoke, `LogType: Tail`: "the last 4 KB of the execution log". */
const TAIL_BYTES = 4096;

export class LogTail {
  #text = Buffer.alloc(0);

  push(...lines: string[]): this {
    for (const line of lines) this.#text = Buffer.concat([this.#text, Buffer.from(`${line}\n`)]).subarray(-TAIL_BYTES);
    return this;
  }

  base64(): string {
    return this.#text.toString('base64');
  }
}
