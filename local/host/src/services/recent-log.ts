import type { RequestListener } from 'node:http';
import { refuse } from '../http-server.ts';
import { overheard, type Log, type LogFields, type LogLevel } from '../log.ts';

/** The last lines of the host's log, for a page to show. */
export interface RecentLog {
  /** The same log, whose lines are kept. */
  listening(log: Log): Log;
  /** `GET …/log?after=SEQUENCE`: the lines after that one, the oldest first; the newest where it is left out. */
  readonly handle: RequestListener;
}

interface KeptLine {
  readonly sequence: number;
  /** JSON, so that nothing is held that the line speaks of. */
  readonly json: string;
}

/** With the length of a line this bounds what is held: 16 MB, where each is as long as it may be. */
const LINES_MAX = 2_000;
const LINE_CHARACTERS_MAX = 8_000;
const VALUE_CHARACTERS_MAX = 3_000;
/** Of one answer. */
const PAGE_SIZE = 500;

export interface RecentLogOptions {
  /** Epoch milliseconds, in the time that the app lives in. */
  readonly now: () => number;
  /** Told of each line that is kept. */
  readonly onLine: () => void;
  /** Takes out of a text what a page is not to show: what functions write may hold anything. */
  readonly hide: (text: string) => string;
}

export function createRecentLog({ now, onLine, hide }: RecentLogOptions): RecentLog {
  // A ring: the line of a sequence number is at its remainder.
  const lines: KeptLine[] = [];
  // Above every number that was given out before a restart, so that a page which goes on asking misses nothing.
  const first = Date.now();
  let next = first;

  /** What is only for whoever looks for faults would push out what people look for. */
  function keep(level: LogLevel, event: string, fields: LogFields): void {
    if (level === 'debug') return;
    const sequence = next++;
    const at = new Date(now()).toISOString();
    lines[sequence % LINES_MAX] = { sequence, json: lineJson({ sequence, at, level, event }, fields, hide) };
    onLine();
  }

  function after(sequence: number): readonly KeptLine[] {
    const oldest = Math.max(first, next - LINES_MAX);
    const from = Math.max(sequence + 1, oldest);
    const count = Math.min(PAGE_SIZE, next - from);
    return Array.from({ length: Math.max(0, count) }, (_, index) => lines[(from + index) % LINES_MAX]).filter(
      (line) => line !== undefined,
    );
  }

  return {
    listening: (log) => overheard(log, keep),
    handle(request, response) {
      if (request.method !== 'GET') return refuse(response, 405, 'MethodNotAllowed', 'This is read with GET.');
      const given = new URL(request.url ?? '/', 'http://log.invalid').searchParams.get('after');
      if (given !== null && !/^\d{1,15}$/v.test(given)) {
        return refuse(response, 400, 'ValidationException', '"after" is the sequence number of a line, such as 120.');
      }
      const found = after(given === null ? next - 1 - PAGE_SIZE : Number(given));
      const last = found.at(-1)?.sequence ?? next - 1;
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(
        `{"lines":[${found.map(({ json }) => json).join(',')}],"last":${last},"isAll":${last === next - 1}}`,
      );
    },
  };
}

function lineJson(line: object, fields: LogFields, hide: RecentLogOptions['hide']): string {
  try {
    const json = JSON.stringify({ ...line, fields }, (_name, value: unknown) => shown(value, hide));
    if (json.length <= LINE_CHARACTERS_MAX) return json;
  } catch {
    // Told below: a field that has no JSON.
  }
  return JSON.stringify({
    ...line,
    fields: { note: 'what it says is too long, or no JSON: the log of the host has it' },
  });
}

/** Hidden before it is cut, or what is left of a secret could be guessed. */
function shown(value: unknown, hide: RecentLogOptions['hide']): unknown {
  if (value instanceof Error) return shown(`${value.name}: ${value.message}`, hide);
  if (typeof value !== 'string') return typeof value === 'bigint' ? value.toString() : value;
  const text = hide(value);
  return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)} …` : text;
}
