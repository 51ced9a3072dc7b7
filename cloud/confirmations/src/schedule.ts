import { TZDate } from '@date-fns/tz';
import { addDays, addMilliseconds, format } from 'date-fns';
import * as z from 'zod';
import { approversSchema } from './policy.ts';

/** A length of time. Days and business days keep the time of day in the calendar's zone; the rest is exact. */
export type Span = z.infer<typeof spanSchema>;

/** Step Functions ends an execution that has run for a year. AWS Step Functions quotas, "Maximum execution time". */
const DAYS_MAX = 364;

const count = (max: number) => z.int().min(0).max(max).exactOptional();

const spanSchema = z
  .strictObject({
    businessDays: count(250),
    days: count(364),
    hours: count(8_760),
    minutes: count(525_600),
    seconds: count(31_536_000),
  })
  .refine((span) => Object.values(span).some((part) => part > 0), 'A length of time is more than nothing.')
  .refine((span) => longestDays(span) <= DAYS_MAX, `This must be at most ${DAYS_MAX} days.`);

/**
 * When what has to happen with a request that nobody answers.
 *
 * | member | is | default |
 * | --- | --- | --- |
 * | `deadline` | until when it can be answered, from its opening on | required |
 * | `reminders` | after `first`, then `every` so often, at `most` so many times; none after the deadline | none |
 * | `escalation` | `after` which `to` may answer as well; without `after`, at the deadline | none |
 * | `atDeadline` | what then holds; `escalate` gives those of `escalation` the time `extension` | `expire` |
 * | `calendar` | what a business day is, and in which time zone a day begins | Monday to Friday in UTC |
 */
export type Schedule = z.infer<typeof scheduleSchema>;

export const scheduleSchema = z
  .strictObject({
    deadline: spanSchema,
    reminders: z
      .strictObject({
        first: spanSchema,
        every: spanSchema.exactOptional(),
        most: z.int().min(1).max(20).exactOptional(),
      })
      .exactOptional(),
    escalation: z
      .strictObject({ after: spanSchema.exactOptional(), to: approversSchema, extension: spanSchema.exactOptional() })
      .exactOptional(),
    atDeadline: z.enum(['expire', 'reject', 'confirm', 'escalate']).exactOptional(),
    calendar: z
      .strictObject({
        timeZone: z
          .string()
          .refine(isTimeZone, 'This must be an IANA time zone, such as "Europe/Berlin".')
          .exactOptional(),
        /** Days that are none of business, as `2026-12-25`. */
        holidays: z.array(z.iso.date()).max(1_000).exactOptional(),
        /** Days of the week that are none of business; 1 is Monday, 7 is Sunday. @default [6, 7] */
        weekend: z.array(z.int().min(1).max(7)).max(6).exactOptional(),
      })
      .exactOptional(),
  })
  .refine(
    ({ atDeadline, escalation }) => atDeadline !== 'escalate' || escalation?.extension !== undefined,
    'Who escalates at the deadline says to whom, and gives them an extension.',
  );

/** A {@link Schedule} with its times reckoned. Epoch milliseconds. */
export interface Timetable {
  readonly deadlineMs: number;
  /** In order, each before the deadline. */
  readonly remindersMs: readonly number[];
  readonly escalationMs?: number;
}

const REMINDERS_MOST_DEFAULT = 3;

/** Reckons when what has to happen with a request that was opened at a time; and whose deadline was moved since, if it was. */
export function timetable(
  schedule: Schedule,
  openedAtMs: number,
  deadlineMs = addSpan(openedAtMs, schedule.deadline, schedule),
): Timetable {
  const after = schedule.escalation?.after;
  return {
    deadlineMs,
    remindersMs: reminders(schedule, openedAtMs).filter((atMs) => atMs < deadlineMs),
    ...(after !== undefined && { escalationMs: addSpan(openedAtMs, after, schedule) }),
  };
}

function reminders(schedule: Schedule, openedAtMs: number): number[] {
  if (schedule.reminders === undefined) return [];
  const { first, every, most = REMINDERS_MOST_DEFAULT } = schedule.reminders;
  const times = [addSpan(openedAtMs, first, schedule)];
  if (every === undefined) return times;
  for (let nth = 1; nth < most; nth += 1) times.push(addSpan(times.at(-1) ?? openedAtMs, every, schedule));
  return times;
}

/** That much later, by the schedule's calendar. */
export function addSpan(fromMs: number, span: Span, { calendar = {} }: Pick<Schedule, 'calendar'>): number {
  const { businessDays = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = span;
  let date = addDays(new TZDate(fromMs, calendar.timeZone ?? 'UTC'), days);
  for (let left = businessDays; left > 0;) {
    date = addDays(date, 1);
    if (isBusinessDay(date, calendar)) left -= 1;
  }
  return addMilliseconds(date, ((hours * 60 + minutes) * 60 + seconds) * 1000).getTime();
}

function isBusinessDay(date: TZDate, { holidays = [], weekend = [6, 7] }: NonNullable<Schedule['calendar']>): boolean {
  return !weekend.includes(Number(format(date, 'i'))) && !holidays.includes(format(date, 'yyyy-MM-dd'));
}

/**
 * After how many seconds at the earliest something is due with a request that nobody answers. It may be due later: a calendar
 * only makes things take longer, but for the hour that a day loses in spring.
 */
export function shortestSeconds({ deadline, reminders, escalation }: Schedule): number {
  const spans = [deadline, reminders?.first, escalation?.after].filter((span) => span !== undefined);
  return Math.max(1, Math.min(...spans.map(shortestSecondsOf)));
}

function shortestSecondsOf({ businessDays = 0, days = 0, hours = 0, minutes = 0, seconds = 0 }: Span): number {
  const exact = (hours * 60 + minutes) * 60 + seconds;
  const wholeDays = businessDays + days;
  return exact + (wholeDays === 0 ? 0 : (wholeDays * 24 - 1) * 60 * 60);
}

function longestDays(span: Readonly<Record<string, number | undefined>>): number {
  const { businessDays = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = span;
  return businessDays + days + (hours + (minutes + seconds / 60) / 60) / 24;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).format(0) !== '';
  } catch {
    return false;
  }
}
