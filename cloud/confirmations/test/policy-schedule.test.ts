import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmong, type Policy, policySchema, stagesFor } from '../src/policy.ts';
import { addSpan, type Schedule, scheduleSchema, type Span, timetable } from '../src/schedule.ts';

const eur = (value: string) => ({ value, currency: 'EUR' });
const stage = (name: string) => [{ people: [name] }];
const THRESHOLDS: Policy = {
  stages: stage('anna'),
  thresholds: [
    { from: eur('10000'), stages: stage('chief') },
    { from: eur('100.5'), stages: stage('ben') },
  ],
};

test('the stages are those of the highest threshold that the amount reaches, to the last digit', () => {
  const cases: [value: string, name: string][] = [
    ['0', 'anna'],
    ['100.4999', 'anna'],
    ['100.50', 'ben'],
    ['100.5', 'ben'],
    ['0100.5000', 'ben'],
    ['9999.9999', 'ben'],
    ['10000.0000', 'chief'],
    ['999999999999999.9999', 'chief'],
  ];
  for (const [value, name] of cases) assert.deepEqual(stagesFor(THRESHOLDS, eur(value)), stage(name), value);
});

test('an amount that nobody can compare goes to the highest threshold, and slips under none', () => {
  assert.deepEqual(stagesFor(THRESHOLDS, undefined), stage('chief'));
  assert.deepEqual(stagesFor(THRESHOLDS, { value: '1', currency: 'USD' }), stage('chief'));
  assert.deepEqual(stagesFor({ stages: stage('anna') }, undefined), stage('anna'));
  assert.deepEqual(stagesFor({}, eur('1')), [{}]);
});

test('a higher amount never needs less', () => {
  const money = fc
    .tuple(fc.nat(20_000), fc.nat(9_999))
    .map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`);
  const rank = (value: string) =>
    ['anna', 'ben', 'chief'].indexOf(stagesFor(THRESHOLDS, eur(value))[0]?.people?.[0] ?? '');
  fc.assert(
    fc.property(money, money, (a, b) => {
      const [less, more] = Number(a) <= Number(b) ? [a, b] : [b, a];
      assert.ok(rank(less) <= rank(more));
    }),
  );
});

test('a policy that nobody could fulfil, or that has what nobody knows, is refused', () => {
  const bad: unknown[] = [
    { stages: [] },
    { stages: [{ needed: 2 }] },
    { stages: [{ people: ['anna', 'anna'], needed: 2 }] },
    { stages: [{ people: ['anna'], neded: 1 }] },
    { thresholds: [{ from: { value: '1,5', currency: 'EUR' }, stages: stage('anna') }] },
    { holdSeconds: -1 },
    { amountAt: 'amount' },
  ];
  for (const policy of bad) assert.equal(policySchema.safeParse(policy).success, false, JSON.stringify(policy));
  const good = {
    stages: [
      { people: ['anna', 'ben'], needed: 2 },
      { groups: ['managers'], needed: 9 },
    ],
    amountAt: '/a~1b/0',
  };
  assert.equal(policySchema.safeParse(good).success, true);
});

test('approvers are people and groups; where neither is named, everybody', () => {
  assert.ok(isAmong({}, { groups: [] }));
  assert.ok(!isAmong({ groups: ['managers'] }, { groups: ['managers'] }), 'nobody in particular is in no group');
  assert.ok(isAmong({ groups: ['managers'] }, { person: 'anna', groups: ['managers'] }));
  assert.ok(isAmong({ people: ['anna'], groups: ['managers'] }, { person: 'anna', groups: [] }));
  assert.ok(!isAmong({ people: ['managers'] }, { person: 'anna', groups: ['managers'] }));
});

const BERLIN = { timeZone: 'Europe/Berlin' };

function check(from: string, span: Span, calendar: NonNullable<Schedule['calendar']>, to: string): void {
  const at = new Date(addSpan(Date.parse(from), span, { calendar })).toISOString();
  assert.equal(at, new Date(Date.parse(to)).toISOString(), `${JSON.stringify(span)} from ${from}`);
}

test('a business day is none of the weekend and no holiday, in the time zone of the calendar', () => {
  check('2026-11-27T09:00:00Z', { businessDays: 1 }, {}, '2026-11-30T09:00:00Z');
  check('2026-11-28T09:00:00Z', { businessDays: 1 }, {}, '2026-11-30T09:00:00Z');
  check('2026-11-27T09:00:00Z', { businessDays: 5 }, {}, '2026-12-04T09:00:00Z');
  check(
    '2026-12-23T09:00:00Z',
    { businessDays: 2 },
    { holidays: ['2026-12-25', '2026-12-28'] },
    '2026-12-29T09:00:00Z',
  );
  check('2026-11-26T09:00:00Z', { businessDays: 1 }, { weekend: [5, 6] }, '2026-11-29T09:00:00Z');
  // Thursday evening in London is Friday morning in Tokyo: the next business day there is Monday.
  check('2026-11-26T16:00:00Z', { businessDays: 1 }, { timeZone: 'Asia/Tokyo' }, '2026-11-29T16:00:00Z');
  check('2026-11-26T16:00:00Z', { businessDays: 1 }, { timeZone: 'Europe/London' }, '2026-11-27T16:00:00Z');
});

test('days keep the time of day when the clocks change, hours are exact', () => {
  check('2027-03-27T09:00:00+01:00', { days: 1 }, BERLIN, '2027-03-28T09:00:00+02:00');
  check('2027-03-27T09:00:00+01:00', { hours: 24 }, BERLIN, '2027-03-28T10:00:00+02:00');
  check('2026-10-24T09:00:00+02:00', { days: 1 }, BERLIN, '2026-10-25T09:00:00+01:00');
  check('2026-10-23T17:00:00+02:00', { businessDays: 1 }, BERLIN, '2026-10-26T17:00:00+01:00');
  check('2027-03-26T17:00:00+01:00', { businessDays: 1, hours: 2 }, BERLIN, '2027-03-29T19:00:00+02:00');
  // There is no half past two on that day: it is an hour later.
  check('2027-03-27T02:30:00+01:00', { days: 1 }, BERLIN, '2027-03-28T03:30:00+02:00');
});

test('reminders come in order before the deadline, so many at most', () => {
  const HOUR = 3_600_000;
  const schedule: Schedule = {
    deadline: { hours: 10 },
    reminders: { first: { hours: 4 }, every: { hours: 2 }, most: 9 },
  };
  assert.deepEqual(
    timetable(schedule, 0).remindersMs,
    [4, 6, 8].map((hours) => hours * HOUR),
  );
  const few: Schedule = { ...schedule, reminders: { first: { hours: 1 }, every: { hours: 1 } } };
  assert.deepEqual(
    timetable(few, 0).remindersMs,
    [1, 2, 3].map((hours) => hours * HOUR),
  );
  const one: Schedule = { ...schedule, reminders: { first: { hours: 1 } } };
  assert.deepEqual(timetable(one, 0).remindersMs, [HOUR]);
  assert.deepEqual(timetable({ deadline: { hours: 1 } }, 0), { deadlineMs: HOUR, remindersMs: [] });
});

test('what is reckoned lies ahead, and without business days later for who begins later', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe');
  const spans = fc.record({ businessDays: fc.nat(30), days: fc.nat(60), hours: fc.nat(50), minutes: fc.nat(90) });
  const start = Date.parse('2026-01-01T00:00:00Z');
  fc.assert(
    fc.property(zones, spans, fc.nat(400 * 24 * 60), fc.nat(3 * 24 * 60), (timeZone, span, minute, later) => {
      fc.pre(Object.values(span).some((part) => part > 0));
      const fromMs = start + minute * 60_000;
      const toMs = addSpan(fromMs, span, { calendar: { timeZone } });
      assert.ok(toMs >= fromMs);
      // On a weekend the first business day is the next one, at the time of day of the beginning.
      if (span.businessDays > 0) return;
      // An hour that comes twice may take as much from who begins later.
      const laterMs = addSpan(fromMs + later * 60_000, span, { calendar: { timeZone } });
      assert.ok(laterMs >= toMs - 3_600_000);
    }),
  );
});

test('a schedule that means nothing is refused', () => {
  const bad: unknown[] = [
    {},
    { deadline: {} },
    { deadline: { days: 0 } },
    { deadline: { days: 1.5 } },
    { deadline: { days: 1 }, atDeadline: 'escalate' },
    { deadline: { days: 1 }, atDeadline: 'escalate', escalation: { to: { people: ['dora'] } } },
    { deadline: { days: 1 }, calendar: { timeZone: 'Europe/Nowhere' } },
    { deadline: { days: 1 }, calendar: { holidays: ['2026-02-30'] } },
    { deadline: { days: 1 }, calendar: { weekend: [1, 2, 3, 4, 5, 6, 7] } },
  ];
  for (const schedule of bad) assert.equal(scheduleSchema.safeParse(schedule).success, false, JSON.stringify(schedule));
});
