import type { Timer } from './ask-time.ts';
import { fromNowText } from './duration-text.ts';
import { outputWidth, style } from './output.ts';
import { printableLine } from './printable.ts';
import { table } from './table.ts';

/** Timers as a person reads them: when, what, and of which execution. */
export function timerTable(timers: readonly Timer[], nowMs: number): string {
  return table(
    [
      { heading: 'DUE', value: ({ dueAt }) => printableLine(dueAt) },
      { heading: '', value: ({ dueAt }) => fromNowText(Date.parse(dueAt), nowMs) },
      { heading: 'KIND', value: ({ kind }) => printableLine(kind) },
      { heading: 'STATE', value: ({ state = '' }) => printableLine(state), shrinks: true },
      { heading: 'EXECUTION', value: ({ executionArn = '' }) => printableLine(executionArn.split(':').at(-1) ?? '') },
    ],
    timers,
    outputWidth(),
    (heading) => style('bold', heading),
  );
}

/** `2026-12-01T09:00:00.000Z, +3 d ahead of this machine`. */
export function timeText(now: string, offsetSeconds: number): string {
  const offset =
    offsetSeconds === 0
      ? 'as on this machine'
      : `${fromNowText(offsetSeconds * 1000, 0).replace(/^in /, '')} ahead of this machine`;
  return `${printableLine(now)}, ${offset}`;
}
