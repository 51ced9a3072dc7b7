import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { durationText } from './duration-text.ts';
import { factLines, titleFacts } from './execution-facts.ts';
import { style } from './output.ts';
import { printable } from './printable.ts';
import type { StateVisit, StateVisits } from './state-visits.ts';
import { table } from './table.ts';

/** Where an execution stands, to fill at most a terminal of this size: what it is, its states as they came, and counts. */
export function executionView(
  execution: DescribeExecutionOutput,
  { visits, lastEventId }: StateVisits,
  nowMs: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const title = factLines(titleFacts(execution, nowMs));
  const room = Math.max(3, rows - title.split('\n').length - LINES_AROUND);
  const shown = latest(visits, room);
  const left = visits.length - shown.length;
  return [
    title,
    '',
    ...(left === 0 ? [] : [style('dim', `… ${left} earlier`)]),
    ...(shown.length === 0 ? [] : [coloured(shown, stateTable(shown, visits, nowMs, columns))]),
    '',
    style('dim', countsText(visits, lastEventId)),
    ...(execution.status === 'RUNNING' ? [style('dim', 'Ctrl-C ends the watching, not the execution.')] : []),
  ].join('\n');
}

/** Blanks, headings, counts and hints; and the line that the cursor is in. */
const LINES_AROUND = 7;

/** Those that are under way are never left out before those that have ended. */
function latest(visits: readonly StateVisit[], room: number): StateVisit[] {
  if (visits.length <= room) return [...visits];
  const open = visits.filter(({ leftAtMs }) => leftAtMs === undefined).slice(-room);
  const ended =
    room === open.length ? [] : visits.filter(({ leftAtMs }) => leftAtMs !== undefined).slice(open.length - room);
  const kept = new Set([...open, ...ended]);
  return visits.filter((visit) => kept.has(visit));
}

function stateTable(shown: readonly StateVisit[], all: readonly StateVisit[], nowMs: number, columns: number): string {
  return table(
    [
      { heading: ' ', value: ({ status }) => GLYPHS[status] },
      { heading: 'STATE', value: (visit) => `${'· '.repeat(depth(visit, all))}${visit.name}`, shrinks: true },
      { heading: 'TYPE', value: ({ type }) => type },
      { heading: 'FOR', value: (visit) => durationText((visit.leftAtMs ?? nowMs) - visit.enteredAtMs) },
      { heading: 'ABOUT', value: aboutText, shrinks: true },
    ],
    shown,
    columns,
    (heading) => style('bold', heading),
  );
}

const GLYPHS = { runs: '●', waits: '◌', left: '✓', failed: '✗', aborted: '■' } as const;
const COLOURS = { runs: 'yellow', waits: 'yellow', left: 'green', failed: 'red', aborted: 'magenta' } as const;

/** Each row in the colour of how its state stands. Where the table became blocks, none is. */
function coloured(shown: readonly StateVisit[], text: string): string {
  const [headings = '', ...lines] = text.split('\n');
  if (lines.length !== shown.length) return text;
  return [headings, ...lines.map((line, index) => style(COLOURS[shown[index]?.status ?? 'left'], line))].join('\n');
}

function aboutText({ status, attempts, error }: StateVisit): string {
  const words = [
    ...(status === 'waits' ? ['waits for its answer'] : []),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(error === undefined ? [] : [error]),
  ];
  return words.join(', ');
}

function depth({ parent }: StateVisit, all: readonly StateVisit[]): number {
  let deep = 0;
  for (let at = parent; at !== undefined; at = all[at]?.parent) deep += 1;
  return deep;
}

function countsText(visits: readonly StateVisit[], events: number): string {
  const count = (status: StateVisit['status']) => visits.filter((visit) => visit.status === status).length;
  const counts = [
    `${visits.length} ${visits.length === 1 ? 'state' : 'states'}`,
    ...(['runs', 'waits', 'left', 'failed', 'aborted'] as const).map((status) => {
      const number = count(status);
      return number === 0 ? '' : `${number} ${COUNTED[status]}`;
    }),
    `${events} events`,
  ];
  return printable(counts.filter(Boolean).join(', '));
}

const COUNTED = { runs: 'under way', waits: 'waiting', left: 'done', failed: 'failed', aborted: 'aborted' } as const;
