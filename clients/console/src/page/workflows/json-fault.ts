/** Where JSON text stops being JSON, counted from 1, and what is wrong there. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** From the beginning of the text. */
  readonly index: number;
}

/** Reads as the grammar of RFC 8259 does, since browsers say in words of their own, or not at all, where a fault is. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const reader = new Reader(text);
    reader.readAll();
    const index = Math.min(reader.faultAt, text.length);
    const before = text.slice(0, index).split('\n');
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    return { line, column, index, message: reader.fault };
  }
}

/** Nobody writes so by hand, and Step Functions takes no such input. */
const DEPTH_MAX = 1_000;

/** Goes through the text up to the first fault. */
class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  fault = 'this is no JSON';
  faultAt = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): void {
    this.#skip();
    if (!this.#value()) return;
    this.#skip();
    if (this.#at < this.#text.length) this.#wrong('nothing may follow the value');
  }

  #value(): boolean {
    const next = this.#text[this.#at];
    if (next === '{') return this.#members('}', () => this.#member());
    if (next === '[') return this.#members(']', () => this.#value());
    if (next === '"') return this.#string();
    const [found] = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.#rest()) ?? [];
    if (found !== undefined) {
      this.#at += found.length;
      return true;
    }
    if (next === "'") return this.#wrong('strings stand in double quotes');
    return this.#wrong(next === undefined ? 'a value is missing at the end' : 'a value is expected here');
  }

  #members(end: string, one: () => boolean): boolean {
    if (++this.#depth > DEPTH_MAX) return this.#wrong('this is nested too deeply');
    this.#at += 1;
    this.#skip();
    if (this.#take(end)) return this.#up();
    for (;;) {
      if (!one()) return false;
      this.#skip();
      if (this.#take(end)) return this.#up();
      if (!this.#take(',')) return this.#wrong(`a comma or ${end} is expected here`);
      this.#skip();
      if (this.#text[this.#at] === end) return this.#wrong(`a comma may not stand before ${end}`);
    }
  }

  #member(): boolean {
    if (this.#text[this.#at] !== '"') return this.#wrong('a name in double quotes is expected here');
    if (!this.#string()) return false;
    this.#skip();
    if (!this.#take(':')) return this.#wrong('a colon is expected here');
    this.#skip();
    return this.#value();
  }

  #string(): boolean {
    const [found = '"'] = /^"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/.exec(this.#rest()) ?? [];
    this.#at += found.length;
    if (this.#take('"')) return true;
    const next = this.#text[this.#at];
    if (next === '\\') return this.#wrong('this is no escape that JSON knows');
    return this.#wrong(
      next === undefined || next === '\n' ? 'a string is not closed' : 'this has to be escaped in a string',
    );
  }

  #up(): true {
    this.#depth -= 1;
    return true;
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  #take(wanted: string): boolean {
    if (this.#text[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '.')) this.#at += 1;
  }

  #wrong(fault: string): false {
    this.fault = fault;
    this.faultAt = this.#at;
    return false;
  }
}
