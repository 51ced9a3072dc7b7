import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InvalidSchedule, parseSchedule } from '../src/services/event-schedule.ts';

/** The next instants after one, as ISO text without seconds. */
function next(expression: string, after: string, count: number, timeZone?: string): string[] {
  const schedule = parseSchedule(expression, timeZone);
  const instants: string[] = [];
  let at: number | undefined = Date.parse(after);
  while (instants.length < count) {
    at = schedule.next(at);
    if (at === undefined) break;
    instants.push(new Date(at).toISOString().slice(0, 16));
  }
  return instants;
}

/** What a schedule fires next; the examples are those of the EventBridge User Guide, and what its wildcards say. */
const CASES: readonly (readonly [expression: string, after: string, ...expected: string[]])[] = [
  ['rate(5 minutes)', '2026-01-01T00:00:00Z', '2026-01-01T00:05', '2026-01-01T00:10'],
  ['rate(1 hour)', '2026-01-01T00:30:00Z', '2026-01-01T01:30'],
  ['cron(0 10 * * ? *)', '2026-01-01T10:00:00Z', '2026-01-02T10:00', '2026-01-03T10:00'],
  ['cron(15 12 ? * MON-FRI *)', '2026-01-02T13:00:00Z', '2026-01-05T12:15'],
  ['cron(0/15 8-9 1 * ? *)', '2026-01-31T00:00:00Z', '2026-02-01T08:00', '2026-02-01T08:15'],
  ['cron(0 8 1 * ? *)', '2026-01-01T08:00:00Z', '2026-02-01T08:00', '2026-03-01T08:00'],
  ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', '2026-02-28T00:00', '2026-03-31T00:00'],
  ['cron(0 0 L-2 * ? *)', '2026-02-01T00:00:00Z', '2026-02-26T00:00'],
  ['cron(0 0 LW * ? *)', '2026-01-15T00:00:00Z', '2026-01-30T00:00'],
  ['cron(0 0 1W * ? *)', '2026-07-31T12:00:00Z', '2026-08-03T00:00'],
  ['cron(0 0 ? * FRIL *)', '2026-01-01T00:00:00Z', '2026-01-30T00:00', '2026-02-27T00:00'],
  ['cron(0 0 ? * 6#3 *)', '2026-01-01T00:00:00Z', '2026-01-16T00:00', '2026-02-20T00:00'],
  ['cron(0 0 ? * L *)', '2026-01-01T00:00:00Z', '2026-01-03T00:00'],
  ['cron(0 0 29 2 ? *)', '2026-01-01T00:00:00Z', '2028-02-29T00:00', '2032-02-29T00:00'],
  ['cron(30 6 ? JAN,JUL SUN 2027)', '2026-01-01T00:00:00Z', '2027-01-03T06:30'],
  ['cron(0 0 31 12 ? 2025)', '2026-01-01T00:00:00Z'],
  [
    'cron(0 0 ? * FRI-MON *)',
    '2026-01-07T00:00:00Z',
    '2026-01-09T00:00',
    '2026-01-10T00:00',
    '2026-01-11T00:00',
    '2026-01-12T00:00',
    '2026-01-16T00:00',
  ],
  ['at(2026-12-24T18:00:00)', '2026-01-01T00:00:00Z', '2026-12-24T18:00'],
];

for (const [expression, after, ...expected] of CASES) {
  test(`when ${expression} fires after ${after}`, () => {
    assert.deepEqual(next(expression, after, Math.max(expected.length, 1)), expected);
  });
}

test('a time of day is that of the zone: what its clock leaps over is left out, what it shows twice counts once', () => {
  const daily = 'cron(30 2 * * ? *)';
  assert.deepEqual(next(daily, '2026-03-27T12:00:00Z', 2, 'Europe/Berlin'), ['2026-03-28T01:30', '2026-03-30T00:30']);
  assert.deepEqual(next(daily, '2026-10-24T12:00:00Z', 2, 'Europe/Berlin'), ['2026-10-25T00:30', '2026-10-26T01:30']);
  assert.deepEqual(next('at(2026-07-01T12:00:00)', '2026-01-01T00:00:00Z', 2, 'Asia/Tokyo'), ['2026-07-01T03:00']);
});

test('the next firing is later than the last, at a minute and an hour that were asked for', () => {
  const afterMs = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });
  fc.assert(
    fc.property(afterMs, fc.nat(59), fc.nat(23), (after, minute, hour) => {
      const at = parseSchedule(`cron(${minute} ${hour} * * ? *)`).next(after) ?? 0;
      const date = new Date(at);
      assert.deepEqual([date.getUTCMinutes(), date.getUTCHours(), date.getUTCSeconds()], [minute, hour, 0]);
      assert.ok(at > after && at - after <= 86_400_000);
    }),
  );
});

describe('what is no schedule is refused', () => {
  const refused = [
    '5 minutes',
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(5 weeks)',
    'rate(5 minutes) ago',
    'cron(* * * * *)',
    'cron(0 10 * * * *)',
    'cron(0 10 ? * ? *)',
    'cron(60 10 * * ? *)',
    'cron(0 10 32 * ? *)',
    'cron(0 10 ? * 8 *)',
    'cron(0 10 ? * MON#6 *)',
    'cron(0/0 10 * * ? *)',
    'at(tomorrow)',
  ];
  for (const expression of refused) {
    test(expression, () => assert.throws(() => parseSchedule(expression), InvalidSchedule));
  }
  test('a zone that is none', () => assert.throws(() => parseSchedule('rate(1 day)', 'Mars/Olympus'), InvalidSchedule));
});
