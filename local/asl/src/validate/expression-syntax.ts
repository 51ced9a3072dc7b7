/** What can be said of a JSONata expression from its tokens alone. */
export interface ExpressionSyntax {
  /** Why it cannot be one: something is not closed, it is empty, or Step Functions leaves out what it uses. */
  readonly fault?: string;
  /** The members of `$states` that it names. */
  readonly statesMembers: ReadonlySet<string>;
}

/**
 * Looks at the tokens of a JSONata expression; whether they make sense together shows when it is evaluated.
 * One pass and no recursion, so that a megabyte of brackets is looked at as quickly as any other expression.
 */
export function examineExpression(expression: string): ExpressionSyntax {
  const open: string[] = [];
  const statesMembers = new Set<string>();
  let [previous, beforePrevious] = ['', ''];
  for (const { text, fault } of tokens(expression)) {
    const reason = fault ?? unsupported(text) ?? unbalanced(text, open);
    if (reason !== undefined) return { fault: reason, statesMembers };
    if (beforePrevious === '$states' && previous === '.') statesMembers.add(text);
    [beforePrevious, previous] = [previous, text];
  }
  const missing = open.at(-1);
  if (missing !== undefined) return { fault: `expected '${missing}' before the end`, statesMembers };
  return previous === '' ? { fault: 'it is empty', statesMembers } : { statesMembers };
}

function unsupported(token: string): string | undefined {
  return UNSUPPORTED.has(token) ? `'${token}' is not supported` : undefined;
}

function unbalanced(token: string, open: string[]): string | undefined {
  const close = CLOSING.get(token);
  if (close !== undefined) open.push(close);
  else if (token === ')' || token === ']' || token === '}') {
    const expected = open.pop();
    if (expected === undefined) return `unexpected '${token}'`;
    if (expected !== token) return `expected '${expected}' before '${token}'`;
  }
  return undefined;
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['??', '?:', '$eval']);
const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

interface Token {
  readonly text: string;
  readonly fault?: string;
}

/** The tokens of an expression in their order, without spaces and comments. Those after a fault mean nothing. */
export function* tokens(expression: string): Iterable<Token> {
  let at = 0;
  let endsOperand = false;
  while (at < expression.length) {
    const char = expression.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (expression.startsWith('/*', at)) {
      const end = expression.indexOf('*/', at + 2);
      if (end < 0) yield { text: '/*', fault: "expected '*/' before the end" };
      at = end < 0 ? expression.length : end + 2;
    } else {
      const token = readToken(expression, at, endsOperand);
      yield token;
      at += token.text.length;
      endsOperand = WILDCARDS.has(token.text) ? !endsOperand : isOperandEnd(token.text);
    }
  }
}

/** After an operand a `/` divides; elsewhere it begins a regular expression. */
function isOperandEnd(token: string): boolean {
  return /[\p{ID_Continue}$)\]}"'`]$/u.test(token) && !OPERATOR_WORDS.has(token);
}

const OPERATOR_WORDS: ReadonlySet<string> = new Set(['and', 'or', 'in']);
/** After an operand these multiply or divide; elsewhere they are operands: all members, all descendants, the parent. */
const WILDCARDS: ReadonlySet<string> = new Set(['*', '**', '%']);
const NAME = /\$?[\p{ID_Start}_][\p{ID_Continue}]*|\$\$?|\p{Nd}+/uy;

function readToken(expression: string, at: number, endsOperand: boolean): Token {
  const char = expression.charAt(at);
  if (char === '"' || char === "'" || char === '`') return readQuoted(expression, at, char);
  if (char === '/' && !endsOperand) return readRegex(expression, at);
  NAME.lastIndex = at;
  const name = NAME.exec(expression)?.[0];
  if (name !== undefined) return { text: name };
  const pair = expression.slice(at, at + 2);
  return { text: UNSUPPORTED.has(pair) || PAIRS.has(pair) ? pair : char };
}

const PAIRS: ReadonlySet<string> = new Set([':=', '!=', '<=', '>=', '~>', '..', '**']);

function readQuoted(expression: string, start: number, quote: string): Token {
  let end = start + 1;
  while (end < expression.length && expression.charAt(end) !== quote) {
    end += quote !== '`' && expression.charAt(end) === '\\' ? 2 : 1;
  }
  if (end >= expression.length) return { text: expression.slice(start), fault: `expected ${quote} before the end` };
  return { text: expression.slice(start, end + 1) };
}

/** As JSONata reads it: up to a `/` outside all brackets, then its flags. */
function readRegex(expression: string, start: number): Token {
  let depth = 0;
  for (let at = start + 1; at < expression.length; at += 1) {
    const char = expression.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '(' || char === '[' || char === '{') depth += 1;
    else if (char === ')' || char === ']' || char === '}') depth -= 1;
    else if (char === '/' && depth === 0) {
      REGEX_FLAGS.lastIndex = at + 1;
      const flags = REGEX_FLAGS.exec(expression)?.[0] ?? '';
      return { text: expression.slice(start, at + 1 + flags.length) };
    }
  }
  return { text: expression.slice(start), fault: "expected '/' at the end of the regular expression" };
}

const REGEX_FLAGS = /[im]*/y;
