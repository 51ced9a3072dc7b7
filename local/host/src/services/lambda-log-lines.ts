import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut, so that a function which never ends one cannot fill the host. CloudWatch Logs quotas, "Event size". */
const LINE_CHARACTERS_MAX = 262_144;

/** Cuts a stream of bytes into whole lines; a character or a line that two chunks share is kept whole. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    while (this.#rest.length > LINE_CHARACTERS_MAX) {
      this.#onLine(this.#rest.slice(0, LINE_CHARACTERS_MAX));
      this.#rest = this.#rest.slice(LINE_CHARACTERS_MAX);
    }
  }

  /** What the stream ended with, if it did not end with a line feed. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (last !== '') this.#emit(last);
  }

  #emit(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_CHARACTERS_MAX) {
      this.#onLine(line.slice(at, at + LINE_CHARACTERS_MAX));
    }
  }
}

export type FunctionLogLevel = 'info' | 'warn' | 'error';

export interface FunctionLogLine {
  level: FunctionLogLevel;
  requestId: string | undefined;
  message: string;
}

/** Time, request id, level, message: the text format of `console` in Lambda's Node.js runtime. */
const CONSOLE_LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t([^\t]*)\t(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t([\s\S]*)$/v;

/**
 * Reads a line that a function wrote. What came from `console` says its request and level itself; the request is believed
 * only if it is the one the instance serves, or served last.
 */
export function parseLogLine(line: string, servedRequestId: string | undefined): FunctionLogLine {
  const [, requestId, level, message] = CONSOLE_LINE.exec(line) ?? [];
  if (message === undefined || (requestId !== servedRequestId && requestId !== '-')) {
    return { level: 'info', requestId: servedRequestId, message: line };
  }
  const isError = level === 'ERROR' || level === 'FATAL';
  return {
    level: isError ? 'error' : level === 'WARN' ? 'warn' : 'info',
    requestId: requestId === '-' ? undefined : requestId,
    message: message.replaceAll('\r', '\n'),
  };
}
