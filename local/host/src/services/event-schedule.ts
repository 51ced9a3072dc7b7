/** When something happens again: the first instant after the one given, in epoch milliseconds. */
export interface Schedule {
  /** @returns undefined where it never happens again. */
  next(afterMs: number): number | undefined;
  /** Steps from the instant it was due, and not from a time of day. */
  readonly isRate: boolean;
}

/** What is wrong with an expression, in one sentence without its full stop. */
export class InvalidSchedule extends Error {
  override readonly name = 'InvalidSchedule';
}

const MINUTE_MS = 60_000;
const UNIT_MS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS } as const;

/**
 * Reads `rate(…)`, `cron(…)` and, for EventBridge Scheduler, `at(…)`. A time of day that the clock of the zone leaps over
 * is left out; one that comes twice counts the first time.
 *
 * @param timeZone an IANA name. @default UTC
 * @throws {InvalidSchedule}
 * @see EventBridge User Guide, "Schedule expressions"
 */
export function parseSchedule(expression: string, timeZone = 'UTC'): Schedule {
  const [, kind, content = ''] = /^(rate|cron|at)\((.*)\)$/v.exec(expression.trim()) ?? [];
  const zone = zoneOf(timeZone);
  switch (kind) {
    case 'rate':
      return rate(content);
    case 'cron':
      return cron(content, zone);
    case 'at':
      return at(content, zone);
    default:
      throw new InvalidSchedule(`${JSON.stringify(expression)} is neither rate(…) nor cron(…) nor at(…)`);
  }
}

function rate(content: string): Schedule {
  const [, value = '', unit = '', plural] = /^(\d+)\s+(minute|hour|day)(s)?$/v.exec(content.trim()) ?? [];
  const count = Number(value);
  // Rules insist on the grammar: 1 minute, 5 minutes.
  if (count < 1 || (count === 1 && plural !== undefined) || (count > 1 && plural === undefined) || !(unit in UNIT_MS)) {
    throw new InvalidSchedule(`rate(${content}) is no rate such as rate(5 minutes) or rate(1 hour)`);
  }
  const intervalMs = count * UNIT_MS[unit as keyof typeof UNIT_MS]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- asked for above
  return { next: (afterMs) => afterMs + intervalMs, isRate: true };
}

function at(content: string, zone: Zone): Schedule {
  const [, ...fields] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/v.exec(content.trim()) ?? [];
  if (fields.length === 0) throw new InvalidSchedule(`at(${content}) is no instant such as at(2026-12-24T18:00:00)`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map((field) => Number(field ?? 0));
  const instantMs = zone.instantOf(Date.UTC(year, month - 1, day, hour, minute, second));
  return {
    next: (afterMs) => (instantMs === undefined || instantMs <= afterMs ? undefined : instantMs),
    isRate: false,
  };
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const YEAR_MIN = 1970;
const YEAR_MAX = 2199;

interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}
type DayTest = (day: Day) => boolean;

function cron(content: string, zone: Zone): Schedule {
  const fields = content.trim().split(/\s+/v);
  const [minuteField, hourField, dayField, monthField, weekdayField, yearField] = fields;
  const fault = (why: string) => new InvalidSchedule(`cron(${content}) ${why}`);
  if (yearField === undefined || fields.length !== 6) {
    throw fault('must have six fields: minutes, hours, day of month, month, day of week, year');
  }
  if ((dayField === '?') === (weekdayField === '?')) throw fault('must have ? as its day of month or its day of week');
  const numbers = (field = '', min: number, max: number, names: readonly string[] = [], firstName = 0) => {
    const parsed = numbersOf(field, min, max, (word) => {
      const named = names.indexOf(word.toUpperCase());
      return named === -1 ? undefined : named + firstName;
    });
    if (parsed === undefined) throw fault(`has ${JSON.stringify(field)} where it takes numbers from ${min} to ${max}`);
    return parsed;
  };
  const minutes = [...numbers(minuteField, 0, 59)].toSorted((one, other) => one - other);
  const hours = [...numbers(hourField, 0, 23)].toSorted((one, other) => one - other);
  const months = numbers(monthField, 1, 12, MONTHS, 1);
  const years = numbers(yearField, YEAR_MIN, YEAR_MAX);
  const isDay: DayTest =
    dayField === '?' || dayField === undefined
      ? weekdayTest(weekdayField ?? '', (field) => numbers(field, 1, 7, WEEKDAYS, 1), fault)
      : monthDayTest(dayField, (field) => numbers(field, 1, 31));

  function next(afterMs: number): number | undefined {
    // What the clock on the wall shows, as if it were UTC.
    const wallMs = zone.wallOf(afterMs);
    for (let dayMs = wallMs - modulo(wallMs, UNIT_MS.day); ; dayMs += UNIT_MS.day) {
      const date = new Date(dayMs);
      const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      if (day.year > YEAR_MAX) return undefined;
      if (!years.has(day.year) || !months.has(day.month) || !isDay(day)) continue;
      for (const hour of hours) {
        for (const minute of minutes) {
          const candidateMs = dayMs + hour * UNIT_MS.hour + minute * MINUTE_MS;
          // A wall clock that was put back shows times again; which instant is meant is told by the zone.
          const instantMs = candidateMs < wallMs - UNIT_MS.hour * 3 ? undefined : zone.instantOf(candidateMs);
          if (instantMs !== undefined && instantMs > afterMs) return instantMs;
        }
      }
    }
  }
  return { next, isRate: false };
}

/** `*`, lists, ranges, and steps of each. */
function numbersOf(
  field: string,
  min: number,
  max: number,
  named: (word: string) => number | undefined,
): Set<number> | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [, from = '', to, step] = /^(\*|[A-Za-z]+|\d+)(?:-([A-Za-z]+|\d+))?(?:\/(\d+))?$/v.exec(part) ?? [];
    const numberOf = (word: string) => (/^\d+$/v.test(word) ? Number(word) : named(word));
    const first = from === '*' ? min : numberOf(from);
    const last = to !== undefined ? numberOf(to) : from === '*' || step !== undefined ? max : first;
    const width = Number(step ?? 1);
    if (first === undefined || last === undefined || first < min || last > max || width < 1) return undefined;
    // FRI-MON goes over the end of the week.
    for (let at = first; at <= (last < first ? last + max - min + 1 : last); at += width) {
      found.add(at > max ? at - (max - min + 1) : at);
    }
  }
  return found;
}

function monthDayTest(field: string, numbers: (field: string) => Set<number>): DayTest {
  const [, before] = /^L(?:-(\d{1,2}))?$/v.exec(field) ?? [];
  if (field.startsWith('L') && /^L(?:-\d{1,2})?$/v.test(field)) {
    return (day) => day.day === daysIn(day) - Number(before ?? 0);
  }
  if (field === 'LW') return (day) => day.day === nearestWeekday({ ...day, day: daysIn(day) });
  const [, wanted] = /^(\d{1,2})W$/v.exec(field) ?? [];
  if (wanted !== undefined) {
    const [only = 0] = numbers(wanted);
    return (day) => only <= daysIn(day) && day.day === nearestWeekday({ ...day, day: only });
  }
  const days = numbers(field);
  return ({ day }) => days.has(day);
}

function weekdayTest(
  field: string,
  numbers: (field: string) => Set<number>,
  fault: (why: string) => InvalidSchedule,
): DayTest {
  if (field === 'L') return (day) => weekday(day) === 7;
  const [, lastOf] = /^([A-Za-z]{3}|\d)L$/v.exec(field) ?? [];
  if (lastOf !== undefined) {
    const wanted = numbers(lastOf);
    return (day) => wanted.has(weekday(day)) && day.day > daysIn(day) - 7;
  }
  const [, name, nth] = /^([A-Za-z]{3}|\d)#(\d)$/v.exec(field) ?? [];
  if (name !== undefined) {
    const wanted = numbers(name);
    if (Number(nth) < 1 || Number(nth) > 5) throw fault(`asks for weekday number ${nth} of a month`);
    return (day) => wanted.has(weekday(day)) && Math.ceil(day.day / 7) === Number(nth);
  }
  const weekdays = numbers(field);
  return (day) => weekdays.has(weekday(day));
}

function daysIn({ year, month }: Day): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 is Sunday. */
function weekday({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

/** From Monday to Friday, and in the same month. */
function nearestWeekday(day: Day): number {
  const name = weekday(day);
  if (name === 7) return day.day === 1 ? 3 : day.day - 1;
  if (name === 1) return day.day === daysIn(day) ? day.day - 2 : day.day + 1;
  return day.day;
}

interface Zone {
  /** What a clock on the wall shows at an instant, as if it were UTC. */
  wallOf(instantMs: number): number;
  /** The first instant at which the wall clock shows this; undefined where it leaps over it. */
  instantOf(wallMs: number): number | undefined;
}

function zoneOf(timeZone: string): Zone {
  if (timeZone === 'UTC') return { wallOf: (instantMs) => instantMs, instantOf: (wallMs) => wallMs };
  const format = formatOf(timeZone);
  function wallOf(instantMs: number): number {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const seconds = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return seconds + modulo(instantMs, 1000);
  }
  return {
    wallOf,
    instantOf(wallMs) {
      // The offsets a day before and a day after are all that can be in force; the earlier instant is the first.
      const offsets = [-UNIT_MS.day, UNIT_MS.day].map((away) => wallOf(wallMs + away) - (wallMs + away));
      const instants = offsets.map((offsetMs) => wallMs - offsetMs).filter((instantMs) => wallOf(instantMs) === wallMs);
      return instants.length === 0 ? undefined : Math.min(...instants);
    },
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { ...numeric, second: 'numeric', hourCycle: 'h23', timeZone });
  } catch {
    throw new InvalidSchedule(`${JSON.stringify(timeZone)} is no time zone`);
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
