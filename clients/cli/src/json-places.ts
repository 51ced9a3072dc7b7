export interface Place {
  /** From 1 on, in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/**
 * Where in a definition's text a diagnostic of ValidateStateMachineDefinition points to.
 *
 * @param location `/States/Ship/Retry[0]`; or the parser's own words, where the text is no JSON
 * @returns undefined where it cannot be told: the deepest place on the way to it is better than none, and given
 */
export function placeOf(text: string, location: string | undefined): Place | undefined {
  if (location === undefined) return undefined;
  const [, line, column] = /line: (\d+), column: (\d+)\]?$/.exec(location) ?? [];
  if (line !== undefined && column !== undefined) return { line: Number(line), column: Number(column) };
  const root = readTree(text);
  return root === undefined ? undefined : lineAndColumn(text, descend(root, location.replace(/^\//, '')));
}

function lineAndColumn(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

interface Node {
  /** Where one points to: the name of a member, or the value of an item. */
  readonly at: number;
  readonly members: ReadonlyMap<string, Node>;
  readonly items: readonly Node[];
}

/** A state's name may hold slashes and brackets, so the longest name that fits is tried first. */
function descend(node: Node, rest: string): number {
  if (rest === '') return node.at;
  const [, index, afterIndex = ''] = /^\[(\d+)\]\/?(.*)$/s.exec(rest) ?? [];
  const item = index === undefined ? undefined : node.items[Number(index)];
  if (item !== undefined) return descend(item, afterIndex);
  const fitting = [...node.members]
    .filter(([name]) => rest.startsWith(name) && /^(?:$|\/|\[)/.test(rest.slice(name.length)))
    .sort(([a], [b]) => b.length - a.length);
  const [name, member] = fitting[0] ?? [];
  return name === undefined || member === undefined
    ? node.at
    : descend(member, rest.slice(name.length).replace(/^\//, ''));
}

/** White space, a string, a mark, or any other value. */
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([{}[\],:])|([^\s{}[\],:"]+))/gsy;

function readTree(text: string): Node | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = Array.from(text.matchAll(TOKEN), (match) => {
    const token = match[1] ?? match[2] ?? match[3] ?? '';
    return { token, at: match.index + match[0].length - token.length };
  });
  let next = 0;
  const take = () => tokens[next++] ?? { token: '', at: text.length };
  const isNext = (mark: string) => tokens[next]?.token === mark;

  const value = (pointAt?: number): Node => {
    const { token, at } = take();
    const members = new Map<string, Node>();
    const items: Node[] = [];
    if (token === '{') {
      while (!isNext('}')) {
        const name = take();
        take();
        members.set(String(JSON.parse(name.token)), value(name.at));
        if (isNext(',')) take();
      }
      take();
    } else if (token === '[') {
      while (!isNext(']')) {
        items.push(value());
        if (isNext(',')) take();
      }
      take();
    }
    return { at: pointAt ?? at, members, items };
  };
  return value();
}
