import { SyntaxFault, TextReader } from './text-reader.ts';

/** A regular expression that was checked and can be matched in a time that is linear in the text. */
export interface LinearRegex {
  readonly program: readonly Instruction[];
}

/** What a thread of the matching does next; the numbers are places in the program. */
type Instruction =
  | { readonly type: 'one'; readonly accepts: (character: string) => boolean }
  | { readonly type: 'fork'; readonly first: number; readonly second: number }
  | { readonly type: 'assert'; readonly holds: (text: string, position: number) => boolean }
  | { readonly type: 'accept' };

type Node =
  | Extract<Instruction, { type: 'one' | 'assert' }>
  | { readonly type: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

const SIZE_MAX = 1000;
const GROUP_DEPTH_MAX = 32;

/**
 * Reads the pattern of a `=~` filter, as Java writes it. The built-in engine goes back and tries again, so a pattern such as
 * `(a+)+` can keep it busy for years; here it judges single characters only, and the structure is run by Thompson's
 * simulation, which goes through the text once. What cannot be done in that way (look-around, back references, possessive
 * quantifiers) is refused.
 *
 * @param flags any of `i`, `m`, `s` and `u`
 * @throws {SyntaxFault}
 * @see https://swtch.com/~rsc/regexp/regexp1.html
 */
export function parseLinearRegex(source: string, flags: string): LinearRegex {
  const reader = new TextReader(source);
  if (!/^[imsu]*$/.test(flags)) reader.fail(`unknown flags ${flags}`);
  const node = choice({ reader, flags, depth: 0 });
  if (!reader.isAtEnd()) reader.fail('unexpected )');
  const program: Instruction[] = [];
  emit(node, program);
  program.push({ type: 'accept' });
  return { program };
}

/** Whether the regular expression matches the whole text. `spend` is told the work as it is done, and may throw. */
export function matchesAll(regex: LinearRegex, text: string, spend: (steps: number) => void): boolean {
  let threads = closure(regex, [0], text, 0);
  let position = 0;
  for (const character of text) {
    spend(threads.length);
    const next = threads.filter((place) => {
      const instruction = regex.program[place];
      return instruction?.type === 'one' && instruction.accepts(character);
    });
    position += character.length;
    if (next.length === 0) return false;
    const after = next.map((place) => place + 1);
    threads = closure(regex, after, text, position);
  }
  return threads.some((place) => regex.program[place]?.type === 'accept');
}

/** All places that can be reached from these without reading a character, each once. */
function closure({ program }: LinearRegex, places: readonly number[], text: string, position: number): number[] {
  const reached = new Set<number>();
  const open = [...places];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (reached.has(place)) continue;
    reached.add(place);
    const instruction = program[place];
    if (instruction?.type === 'fork') open.push(instruction.second, instruction.first);
    if (instruction?.type === 'assert' && instruction.holds(text, position)) open.push(place + 1);
  }
  return [...reached];
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > SIZE_MAX) throw new SyntaxFault(`a regular expression of more than ${SIZE_MAX} steps`);
  switch (node.type) {
    case 'one':
    case 'assert':
      program.push(node);
      return;
    case 'sequence':
      for (const part of node.nodes) emit(part, program);
      return;
    case 'choice':
      emitChoice(node.nodes, program);
      return;
    case 'repeat':
      emitTimes(node.node, node.min, program);
      if (node.max === Infinity) emitLoop(node.node, program);
      else emitTimes({ type: 'choice', nodes: [node.node, NOTHING] }, node.max - node.min, program);
  }
}

/** What emits nothing once emits nothing ever: `((){999}){999}` would only take time. */
function emitTimes(node: Node, times: number, program: Instruction[]): void {
  for (let count = 0; count < times; count += 1) {
    const size = program.length;
    emit(node, program);
    if (program.length === size) return;
  }
}

const NOTHING: Node = { type: 'sequence', nodes: [] };

function emitChoice(nodes: readonly Node[], program: Instruction[]): void {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  if (others.length === 0) {
    emit(first, program);
    return;
  }
  const fork = reserve(program);
  emit(first, program);
  const skip = reserve(program);
  program[fork] = { type: 'fork', first: fork + 1, second: program.length };
  emitChoice(others, program);
  program[skip] = { type: 'fork', first: program.length, second: program.length };
}

function emitLoop(node: Node, program: Instruction[]): void {
  const fork = reserve(program);
  emit(node, program);
  program.push({ type: 'fork', first: fork, second: fork });
  program[fork] = { type: 'fork', first: fork + 1, second: program.length };
}

function reserve(program: Instruction[]): number {
  return program.push({ type: 'accept' }) - 1;
}

interface Parsing {
  readonly reader: TextReader;
  readonly flags: string;
  readonly depth: number;
}

function choice(parsing: Parsing): Node {
  const nodes = [sequence(parsing)];
  while (parsing.reader.take('|')) nodes.push(sequence(parsing));
  return { type: 'choice', nodes };
}

function sequence(parsing: Parsing): Node {
  const { reader } = parsing;
  const nodes: Node[] = [];
  while (!reader.isAtEnd() && reader.peek() !== '|' && reader.peek() !== ')') nodes.push(quantified(parsing));
  return { type: 'sequence', nodes };
}

function quantified(parsing: Parsing): Node {
  const { reader } = parsing;
  let node = atom(parsing);
  for (let range = quantifier(reader); range !== undefined; range = quantifier(reader)) {
    node = { type: 'repeat', node, ...range };
    // A lazy quantifier finds the same texts; a possessive one does not.
    if (!reader.take('?') && reader.peek() === '+') reader.fail('possessive quantifiers are not supported');
  }
  return node;
}

function quantifier(reader: TextReader): { min: number; max: number } | undefined {
  if (reader.take('*')) return { min: 0, max: Infinity };
  if (reader.take('+')) return { min: 1, max: Infinity };
  if (reader.take('?')) return { min: 0, max: 1 };
  const counts = reader.match(/\{\d{1,4}(,\d{0,4})?\}/y);
  if (counts === undefined) return undefined;
  const [min = '0', max = min] = counts.slice(1, -1).split(',');
  return { min: Number(min), max: max === '' ? Infinity : Number(max) };
}

function atom(parsing: Parsing): Node {
  const { reader, flags } = parsing;
  if (reader.peek() === '(') return group(parsing);
  if (reader.take('[')) return one(characterClass(reader), flags);
  if (reader.take('.')) return one('.', flags);
  if (reader.take('^')) return { type: 'assert', holds: flags.includes('m') ? isLineStart : isStart };
  if (reader.take('$')) return { type: 'assert', holds: flags.includes('m') ? isLineEnd : isEnd };
  if (reader.take('\\')) return escaped(parsing);
  const character = reader.match(/[^*+?{]/uy) ?? reader.fail('nothing to repeat');
  return literal(character, flags);
}

function group({ reader, flags, depth }: Parsing): Node {
  if (depth >= GROUP_DEPTH_MAX) reader.fail('groups nested too deeply');
  reader.expect('(');
  if (reader.match(/\?:|\?<[A-Za-z][A-Za-z0-9]*>/y) === undefined && reader.peek() === '?') {
    reader.fail('look-around and flags within the pattern are not supported');
  }
  const node = choice({ reader, flags, depth: depth + 1 });
  reader.expect(')');
  return node;
}

function escaped({ reader, flags }: Parsing): Node {
  if (reader.take('b')) return { type: 'assert', holds: isWordBoundary };
  if (reader.take('B')) return { type: 'assert', holds: (text, position) => !isWordBoundary(text, position) };
  if (reader.take('A')) return { type: 'assert', holds: isStart };
  if (reader.take('z') || reader.take('Z')) return { type: 'assert', holds: isEnd };
  const set = reader.match(CHARACTER_ESCAPE);
  if (set !== undefined) return one(`\\${set}`, flags);
  const character = reader.match(/[^A-Za-z0-9]/uy) ?? reader.fail(`\\${reader.peek()} is not supported`);
  return literal(character, flags);
}

/** What the built-in engine understands in the same way as Java's. */
const CHARACTER_ESCAPE = /[dDwWsStnrf]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[pP]\{[A-Za-z]{1,2}\}/y;

function characterClass(reader: TextReader): string {
  let text = reader.take('^') ? '[^' : '[';
  if (reader.take(']')) text += '\\]';
  while (!reader.take(']')) {
    if (reader.isAtEnd()) reader.fail('missing closing ]');
    if (reader.peek() === '[' || reader.take('&&')) reader.fail('classes within classes are not supported');
    text += reader.take('\\') ? escapedInClass(reader) : (reader.match(/[^]/uy) ?? '');
  }
  return `${text}]`;
}

function escapedInClass(reader: TextReader): string {
  const set = reader.match(CHARACTER_ESCAPE);
  if (set !== undefined) return `\\${set}`;
  const character = reader.match(/[^A-Za-z0-9]/uy) ?? reader.fail(`\\${reader.peek()} is not supported`);
  return `\\u{${codePoint(character).toString(16)}}`;
}

function literal(character: string, flags: string): Node {
  if (!flags.includes('i')) return { type: 'one', accepts: (other) => other === character };
  return one(`\\u{${codePoint(character).toString(16)}}`, flags);
}

/** The built-in engine is given one character at a time, and a pattern that can match no more than one. */
function one(pattern: string, flags: string): Node {
  try {
    const test = new RegExp(`^${pattern}$`, `${flags.replaceAll(/[mu]/g, '')}u`);
    return { type: 'one', accepts: (character) => test.test(character) };
  } catch {
    throw new SyntaxFault(`${pattern} is not supported`);
  }
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function isStart(_: string, position: number): boolean {
  return position === 0;
}

function isEnd(text: string, position: number): boolean {
  return position === text.length || (position === text.length - 1 && text.endsWith('\n'));
}

function isLineStart(text: string, position: number): boolean {
  return position === 0 || text.charAt(position - 1) === '\n';
}

function isLineEnd(text: string, position: number): boolean {
  return position === text.length || text.charAt(position) === '\n';
}

function isWordBoundary(text: string, position: number): boolean {
  return isWord(text.charAt(position - 1)) !== isWord(text.charAt(position));
}

function isWord(character: string): boolean {
  return /\w/.test(character);
}
