/** A path or a call that its grammar does not know. Whoever parses makes a fault of the definition of it. */
export class SyntaxFault extends Error {
  override name = 'SyntaxFault';
}

/** Reads a text from left to right, once. Every step forward is linear in what it reads, so no text can make a parser slow. */
export class TextReader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character, or an empty text at the end. */
  peek(): string {
    return this.text.charAt(this.position);
  }

  isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.position)) return false;
    this.position += expected.length;
    return true;
  }

  expect(expected: string): void {
    if (!this.take(expected)) this.fail(`expected ${expected}`);
  }

  /** Takes what the pattern, which must be sticky, matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  skipSpaces(): void {
    this.match(/[ \t\n\r]*/y);
  }

  /** Takes a text between quotes and gives what is between them, as it is written; a backslash keeps a quote from closing. */
  quoted(quote: string): string {
    this.expect(quote);
    const start = this.position;
    while (this.peek() !== quote) {
      if (this.isAtEnd()) this.fail(`missing closing ${quote}`);
      this.position += this.peek() === '\\' ? 2 : 1;
    }
    this.position += 1;
    return this.text.slice(start, this.position - 1);
  }

  fail(reason: string): never {
    throw new SyntaxFault(`${reason} at position ${this.position}`);
  }
}
