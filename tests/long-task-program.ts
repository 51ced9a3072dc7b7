import { appendFileSync, readFileSync, writeSync } from 'node:fs';
import { json } from 'node:stream/consumers';

// What the long tasks of long-task.test.ts run: it does as it is told, and writes down that it has begun.

export interface Told {
  /** A file to which each run adds a line, `{"pid", "supervisor"}`. */
  readonly journal: string;
  readonly does: 'succeed' | 'fail' | 'work' | 'work at first';
}

const { journal, does } = (await json(process.stdin)) as Told;
const say = (report: object) => writeSync(3, `${JSON.stringify(report)}\n`);

say({ percent: 50, message: 'half of it' });
appendFileSync(journal, `${JSON.stringify({ pid: process.pid, supervisor: process.ppid })}\n`);
const runs = readFileSync(journal, 'utf8').trim().split('\n').length;
if (does === 'fail') {
  say({ error: 'FilmTorn', cause: 'at reel 3' });
  process.exitCode = 3;
} else if (does === 'work' || (does === 'work at first' && runs === 1)) {
  setInterval(() => {}, 60_000);
} else {
  say({ result: { runs } });
}
