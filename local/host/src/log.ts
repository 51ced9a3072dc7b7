import { styleText } from 'node:util';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line says besides its event. An `Error` is written as its name and message; `undefined` is left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line a call. An event is a name that can be searched for, such as `host.started`. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Takes a whole line, its line feed included. */
  write: (line: string) => void;
  /** `json`: one JSON object a line. `human`: the time of day, the event and the fields. */
  form: 'json' | 'human';
  /** Colours the human form; for terminals only. @default false */
  colours?: boolean;
  /** Lines below this level are dropped. @default 'info' */
  level?: LogLevel;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
}

interface Line {
  at: Date;
  level: LogLevel;
  event: string;
  fields: LogFields;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const COLOUR_OF = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

export function createLog(options: LogOptions): Log {
  const { write, form, colours = false, level: lowest = 'info', now = Date.now } = options;
  const format = form === 'json' ? jsonLine : (line: Line) => humanLine(line, colours);
  const writer = (level: LogLevel) =>
    LEVELS.indexOf(level) < LEVELS.indexOf(lowest)
      ? () => {}
      : (event: string, fields: LogFields = {}) => write(`${format({ at: new Date(now()), level, event, fields })}\n`);
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/** The same log, and somebody who hears each line as well, whatever level is written. */
export function overheard(log: Log, hear: (level: LogLevel, event: string, fields: LogFields) => void): Log {
  const told =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      hear(level, event, fields);
      log[level](event, fields);
    };
  return { debug: told('debug'), info: told('info'), warn: told('warn'), error: told('error') };
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function jsonLine({ at, level, event, fields }: Line): string {
  // The four names come last, so that a field cannot pose as one of them; the order on the line stays the reader's.
  const entry = { time: '', level, event, ...fields };
  return safeJson(Object.assign(entry, { time: at.toISOString(), level, event }));
}

function humanLine({ at, level, event, fields }: Line, colours: boolean): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(format, text, { validateStream: false }) : text;
  const words = [
    paint('dim', at.toISOString().slice(11, 23)),
    paint(COLOUR_OF[level], level.padEnd(5)),
    visible(event),
    ...Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${paint('dim', `${visible(name)}=`)}${humanValue(value)}`),
  ];
  return words.join(' ');
}

function humanValue(value: unknown): string {
  const isPlainWord = typeof value === 'string' && /^[^\s"=]+$/v.test(value);
  return isPlainWord ? visible(value) : safeJson(value);
}

/** JSON text on one line that no terminal takes as a command. A value JSON has no text for becomes its name. */
function safeJson(value: unknown): string {
  try {
    return visible(JSON.stringify(value, describeErrors) ?? String(value));
  } catch {
    return '"[not JSON]"';
  }
}

function describeErrors(_key: string, value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === 'bigint' ? value.toString() : value;
}

/** C0 and C1 controls, line separators, and the marks that turn the direction of text: all can forge a line. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gv;

function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
