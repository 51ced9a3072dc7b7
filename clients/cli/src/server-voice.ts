import { createLog, type Log, type LogLevel } from '../../../local/host/src/index.ts';
import { logForPeople } from './log-for-people.ts';
import { linesTogether } from './lines-together.ts';
import { print, say, style, styleTalk, talkHasColours } from './output.ts';
import { withSpinner } from './spinner.ts';

/** How a command that goes on running speaks: to a person, or to a program. */
export interface ServerVoice {
  readonly log: Log;
  warn(message: string): void;
  /** Something long before the server is ready. */
  during<Result>(doing: string, done: string, work: () => Promise<Result>): Promise<Result>;
  ready(facts: Readonly<Record<string, unknown>>, words: () => string): void;
  stopping(): void;
}

/** How `start` and `engine` speak, as their options ask for it. */
export function serverVoice({ json, verbose }: { json?: true; verbose?: true }): ServerVoice {
  const level = verbose ? 'debug' : 'info';
  return json ? voiceForPrograms(level) : voiceForPeople(level);
}

/** What matters is on stdout; the log and all talk are on stderr. */
function voiceForPeople(level: LogLevel): ServerVoice {
  const log = createLog({
    write: (line) => process.stderr.write(line),
    form: 'human',
    colours: talkHasColours(),
    level,
  });
  return {
    log: level === 'debug' ? log : logForPeople(log),
    warn: (message) => say(`${styleTalk('yellow', 'warning:')} ${message}`),
    during: withSpinner,
    ready: (_facts, words) => print(words()),
    stopping: () => say('\nStopping … (Ctrl-C again ends it at once)'),
  };
}

/** One JSON object a line, on stdout, log and all. */
function voiceForPrograms(level: LogLevel): ServerVoice {
  const write = linesTogether((text) => process.stdout.write(text));
  const log = createLog({ write, form: 'json', level });
  return {
    log,
    warn: (message) => log.warn('cli.warning', { message }),
    during: (_doing, _done, work) => work(),
    ready: (facts) => write(`${JSON.stringify({ event: 'ready', ...facts })}\n`),
    stopping: () => log.info('cli.stopping'),
  };
}

/** The heading of what a person reads when a server is ready. */
export function readyTitle(text: string): string {
  return style(['bold', 'green'], text);
}
