/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  /** The line it begins at, counted from one. */
  readonly line: number;
  /** In capitals. */
  readonly keyword: string;
  /** What follows the keyword, trimmed. */
  readonly rest: string;
}

/** An image that cannot be run as a process; its message names the line. */
export class UnsupportedDockerfile extends Error {
  override readonly name = 'UnsupportedDockerfile';
}

/** @param what such as `RUN would change the image` */
export function unsupported({ line, keyword, rest }: Instruction, what: string): UnsupportedDockerfile {
  const written = `${keyword} ${rest}`.slice(0, 100);
  return new UnsupportedDockerfile(`line ${line} (${written}): ${what}`);
}

/** @see https://docs.docker.com/reference/dockerfile/#format */
export function readInstructions(text: string): Instruction[] {
  const lines = text.replace(/^\u{FEFF}/v, '').split(/\r?\n/v);
  const escape = escapeCharacter(lines);
  const instructions: Instruction[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, line] of lines.entries()) {
    // A comment line may stand between two lines of an instruction, and an empty one too.
    if (/^\s*(?:#|$)/v.test(line)) continue;
    const isContinued = line.trimEnd().endsWith(escape);
    const part = isContinued ? line.trimEnd().slice(0, -1) : line;
    open = { line: open?.line ?? index + 1, text: (open?.text ?? '') + part };
    if (isContinued) continue;
    instructions.push(instructionOf(open));
    open = undefined;
  }
  if (open !== undefined) instructions.push(instructionOf(open));
  return instructions;
}

function instructionOf({ line, text }: { line: number; text: string }): Instruction {
  const [, keyword = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/v.exec(text) ?? [];
  const instruction = { line, keyword: keyword.toUpperCase(), rest: rest.trim() };
  if (/<<-?["']?[A-Za-z_]/v.test(rest)) throw unsupported(instruction, 'a here-document is not read');
  return instruction;
}

/** `# escape=` counts only before everything else, as Docker has it. */
function escapeCharacter(lines: readonly string[]): string {
  for (const line of lines) {
    const [, name, value] = /^\s*#\s*(\w+)\s*=\s*(\S+)\s*$/v.exec(line) ?? [];
    if (name === undefined) return '\\';
    if (name.toLowerCase() === 'escape' && value === '`') return '`';
  }
  return '\\';
}

/** The words of an instruction: quotes keep spaces together and are taken off. Then they are to be {@link expand}ed. */
export function wordsOf(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gv) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\([^$])/gv, (_, double?: string, single?: string, one?: string) => {
      if (double !== undefined) return double.replace(/\\(["\\])/gv, '$1');
      // Within single quotes a dollar is one.
      return single === undefined ? (one ?? '') : single.replaceAll('$', String.raw`\$`);
    }),
  );
}

/** The exec form of a command, `["node", "index.mjs"]`; undefined for the shell form. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    const isTexts = Array.isArray(parsed) && parsed.every((one) => typeof one === 'string');
    return isTexts ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Puts values in the place of `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`; a name without a value is empty,
 * as in Docker.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\\\$|\$(\w+)|\$\{(\w+)(?:(:[\-+])([^\}]*))?\}/gv,
    (whole, plain?: string, braced?: string, operator?: string, other = '') => {
      const name = plain ?? braced;
      if (name === undefined) return whole.slice(1);
      const value = values.get(name) ?? '';
      if (operator === ':+') return value === '' ? '' : other;
      return operator === ':-' && value === '' ? other : value;
    },
  );
}
