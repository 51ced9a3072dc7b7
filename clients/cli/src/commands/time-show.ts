import type { Command } from 'commander';
import { showTime } from '../ask-time.ts';
import { print, printJson, say } from '../output.ts';
import { timeCommand, timeEndpoint, type TimeOptions } from '../time-options.ts';
import { timerTable, timeText } from '../timer-table.ts';

export function timeShow(): Command {
  return timeCommand('show', 'Tell what time it is there, and what is due next.', [
    'countersign time show',
    "countersign time show --json | jq -r '.next[0].dueAt'",
  ]).action(show);
}

async function show(options: TimeOptions): Promise<void> {
  const shown = await showTime(timeEndpoint(options));
  if (options.json) return printJson(shown);
  print(timeText(shown.now, shown.offsetSeconds));
  if (shown.advancing !== undefined) say(`→ it is being moved on to ${shown.advancing.to}`);
  if (shown.next.length === 0) say('Nothing is due.');
  else print(`\n${timerTable(shown.next, Date.parse(shown.now))}`);
}
