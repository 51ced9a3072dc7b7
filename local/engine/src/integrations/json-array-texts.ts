import { readerFailed } from './item-formats.ts';

/**
 * The texts of the elements of an array, as its document comes in; `steps` lead to the array from the document's root. What stands
 * behind the array is not read.
 *
 * @throws {MapIoError} States.ItemReaderFailed where there is no array, or the document ends within it.
 */
export async function* jsonArrayTexts(
  document: AsyncIterable<string>,
  steps: readonly string[],
): AsyncGenerator<string> {
  const scanner = new Scanner(steps);
  for await (const text of document) {
    yield* scanner.read(text);
    if (scanner.isDone) return;
  }
  scanner.end();
}

interface Container {
  readonly isArray: boolean;
  /** The key of an object's member, the index of an array's element. */
  name: string;
  index: number;
}

/**
 * Follows the structure of the document, and nothing else of it: a quote begins a text, a bracket a value. Whether an element is
 * right is for its reader to find.
 */
class Scanner {
  isDone = false;
  readonly #steps: readonly string[];
  readonly #stack: Container[] = [];
  /** The depth of the array's elements, when it was found. */
  #depth: number | undefined;
  /** What has come of the element that is being read. */
  #element = '';
  #isInText = false;
  #isEscaped = false;
  /** The text that is being read, if it may be the key of a member. */
  #key: string | undefined;
  /** Whether anything but the white space before the root has come. */
  #hasBegun = false;

  constructor(steps: readonly string[]) {
    this.#steps = steps;
  }

  *read(text: string): Generator<string> {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (this.#isInText) {
        this.#inText(character);
        continue;
      }
      const wasFound = this.#depth !== undefined;
      const isEndOfElement = wasFound && this.#stack.length === this.#depth && (character === ',' || character === ']');
      if (isEndOfElement) {
        const element = this.#element + text.slice(from, at);
        this.#element = '';
        from = at + 1;
        if (character === ',' || element.trim() !== '' || (this.#stack.at(-1)?.index ?? 0) > 0) yield element;
        if (character === ']') {
          this.isDone = true;
          return;
        }
      }
      this.#outsideOfText(character);
      if (!wasFound && this.#depth !== undefined) from = at + 1;
    }
    if (this.#depth !== undefined) this.#element += text.slice(from);
  }

  end(): void {
    if (this.#depth !== undefined) throw readerFailed('The file is no JSON: Unexpected end of JSON input');
    if (!this.#hasBegun) throw readerFailed('The file is no JSON: Unexpected end of JSON input');
    throw readerFailed('Attempting to map over non-iterable node.');
  }

  #inText(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') {
      this.#isInText = false;
      return;
    }
    if (this.#key !== undefined) this.#key += character;
  }

  #outsideOfText(character: string): void {
    const inside = this.#stack.at(-1);
    switch (character) {
      case '"':
        this.#hasBegun = true;
        this.#isInText = true;
        this.#key = this.#depth === undefined && inside?.isArray === false ? '' : undefined;
        return;
      case ':':
        if (inside !== undefined && this.#key !== undefined) inside.name = keyOf(this.#key);
        return;
      case ',':
        if (inside?.isArray === true) inside.name = String(++inside.index);
        return;
      case '[':
      case '{':
        this.#hasBegun = true;
        if (character === '[' && this.#isAtArray()) this.#depth = this.#stack.length + 1;
        this.#stack.push({ isArray: character === '[', name: '0', index: 0 });
        return;
      case ']':
      case '}':
        this.#stack.pop();
        return;
      default:
        if (character.trim() !== '') this.#hasBegun = true;
    }
  }

  #isAtArray(): boolean {
    return (
      this.#depth === undefined &&
      this.#stack.length === this.#steps.length &&
      this.#stack.every(({ name }, place) => name === this.#steps[place])
    );
  }
}

function keyOf(escaped: string): string {
  try {
    return JSON.parse(`"${escaped}"`) as string;
  } catch {
    return escaped;
  }
}
