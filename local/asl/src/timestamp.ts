/** An instant, to the nanosecond. */
export interface Timestamp {
  /** Whole milliseconds since 1970-01-01T00:00:00Z; below zero before it. */
  readonly epochMs: number;
  /** What is left beyond `epochMs`: 0 to 999,999. */
  readonly nanoseconds: number;
}

/**
 * Reads a timestamp as Step Functions does in Wait and Choice states: RFC 3339 with a capital `T`, and a capital `Z` or an
 * offset such as `+01:00`. Seconds are required; a fraction has up to nine digits.
 *
 * @returns `undefined` for any other text, and for days and hours that no calendar has.
 * @see https://states-language.net/spec.html#timestamps
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = parts;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  const offset = { hour: Number(offsetHour ?? 0), minute: Number(offsetMinute ?? 0), second: 0 };
  if (!isDate(date) || !isTime(time) || !isTime(offset)) return undefined;

  const seconds = daysSinceEpoch(date) * DAY_SECONDS + secondsOf(time) - secondsOf(offset) * (sign === '-' ? -1 : 1);
  const nanoseconds = Number(fraction.padEnd(9, '0'));
  return { epochMs: seconds * 1000 + Math.floor(nanoseconds / 1e6), nanoseconds: nanoseconds % 1e6 };
}

/** Below zero if `left` is the earlier one, above zero if it is the later one, zero if they are the same instant. */
export function compareTimestamps(left: Timestamp, right: Timestamp): number {
  return left.epochMs - right.epochMs || left.nanoseconds - right.nanoseconds;
}

/** The first millisecond that is not before the instant: somebody who waits until then has waited long enough. */
export function notBeforeMs(timestamp: Timestamp): number {
  return timestamp.nanoseconds === 0 ? timestamp.epochMs : timestamp.epochMs + 1;
}

/** `2016-03-14T01:59:00.000Z`, as the context object and the history write it. For the years 0000 to 9999. */
export function formatTimestamp(epochMs: number): string {
  const days = Math.floor(epochMs / DAY_MS);
  const ms = epochMs - days * DAY_MS;
  const { year, month, day } = dateOf(days);
  const time = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((part) => digits(Math.floor(part), 2));
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${time.join(':')}.${digits(ms % 1000, 3)}Z`;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** No leap second: the service's calendar (java.time) has none. */
function isTime({ hour, minute, second }: TimeOfDay): boolean {
  return hour < 24 && minute < 60 && second < 60;
}

function secondsOf({ hour, minute, second }: TimeOfDay): number {
  return hour * 3600 + minute * 60 + second;
}

function isDate({ year, month, day }: CivilDate): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (month === 2) return day <= (isLeapYear(year) ? 29 : 28);
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/*
 * The Gregorian calendar repeats every 400 years, and a year that begins on the first of March has its odd day last. So a
 * date is a number of eras and a day within one. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
const ERA_DAYS = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468;

function daysSinceEpoch({ year, month, day }: CivilDate): number {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * ERA_DAYS + dayOfEra - EPOCH_DAYS;
}

function dateOf(daysFromEpoch: number): CivilDate {
  const days = daysFromEpoch + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const dayOfEra = days - era * ERA_DAYS;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
