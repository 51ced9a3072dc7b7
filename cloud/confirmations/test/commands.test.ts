import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, REFUSALS_MAX } from '../src/commands/answer.ts';
import { moveDeadline } from '../src/commands/move-deadline.ts';
import { open } from '../src/commands/open.ts';
import { passTime } from '../src/commands/pass-time.ts';
import { reassign } from '../src/commands/reassign.ts';
import { request } from '../src/commands/request.ts';
import { undo } from '../src/commands/undo.ts';
import { view } from '../src/commands/view.ts';
import { withdraw } from '../src/commands/withdraw.ts';
import { Draft } from '../src/draft.ts';
import { effectiveApprovers } from '../src/eligibility.ts';
import type { Actor } from '../src/events.ts';
import { InvalidRequest } from '../src/invalid-request.ts';
import type { Policy } from '../src/policy.ts';
import { findBreak } from '../src/record.ts';
import type { Request } from '../src/request-state.ts';
import type { Schedule } from '../src/schedule.ts';
import { DAY, HOUR, ID, MINUTE, person, refused, SUBJECT, T0 } from './world.ts';

const NOBODY: Actor = { groups: [], via: 'api' };
const anna = person('anna', 'managers');
const ben = person('ben', 'managers');
const chris = person('chris', 'managers');
const zoe = person('zoe', 'guests');
const olga = person('olga');
const rita = person('rita', 'managers');
const RUN = {
  executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:Orders:order-1',
  executionStartTime: new Date(T0).toISOString(),
};

/** A request, and people who do something about it, at times. */
class Story {
  record: Draft['record'] = [];
  nowMs = T0;
  readonly policy: Policy;
  readonly schedule: Schedule;

  constructor(policy: Policy = {}, schedule: Schedule = { deadline: { days: 3 } }) {
    this.policy = policy;
    this.schedule = schedule;
  }

  /** Does it as the store does: what was added before a refusal stays. */
  do(work: (draft: Draft) => void): void {
    const draft = new Draft(this.record, this.nowMs);
    try {
      work(draft);
    } finally {
      this.record = draft.record;
      assert.equal(findBreak(this.record), undefined);
    }
  }

  open(run = RUN): this {
    this.do((draft) => open(draft, { id: ID, run, subject: SUBJECT, policy: this.policy }, this.schedule, this.nowMs));
    return this;
  }

  answer(
    by: Actor,
    decision: 'confirm' | 'reject' = 'confirm',
    more: { comment?: string; data?: Record<string, string>; key?: string } = {},
  ): void {
    const { key: idempotencyKey, ...rest } = more;
    this.do((draft) => answer(draft, { id: ID, answer: { decision, ...rest }, by, idempotencyKey }));
  }

  reassign(by: Actor, from: string, to: string): void {
    this.do((draft) => reassign(draft, { id: ID, by, from, to }));
  }

  undo(by: Actor): void {
    this.do((draft) => undo(draft, { id: ID, by }));
  }

  withdraw(by: Actor): void {
    this.do((draft) => withdraw(draft, { id: ID, by }));
  }

  move(by: Actor, to: string): void {
    this.do((draft) => moveDeadline(draft, { id: ID, by, to }));
  }

  get request(): Request {
    return new Draft(this.record, this.nowMs).state.request ?? assert.fail('nobody asks');
  }

  get decision(): string | undefined {
    return this.request.decided?.decision;
  }

  types(): string[] {
    return this.record.map(({ event }) => event.type);
  }

  /** Asserts that something is not to be, and that nothing comes of it but maybe the note that it was tried. */
  refuses(kind: Parameters<typeof refused>[0], work: () => void): void {
    const before = this.types().filter((type) => type !== 'refused');
    assert.throws(work, refused(kind));
    assert.deepEqual(
      this.types().filter((type) => type !== 'refused'),
      before,
    );
  }
}

const MANAGERS: Policy = { owner: 'olga', stages: [{ groups: ['managers'] }] };
const TWO: Policy = { owner: 'olga', stages: [{ groups: ['managers'], needed: 2 }] };
const iso = (ms: number) => new Date(ms).toISOString();

test('where nobody is named, everybody may answer, and the first answer decides', () => {
  const story = new Story().open();
  story.answer(NOBODY);
  assert.equal(story.decision, 'confirm');
  story.refuses('contradicting-decision', () => story.answer(NOBODY, 'reject'));
});

test('the same again changes nothing, whoever says it and however late', () => {
  const story = new Story().open();
  story.answer(anna, 'reject', { comment: 'too dear' });
  const { record } = story;
  for (const [by, laterMs] of [
    [anna, 0],
    [ben, MINUTE],
    [anna, 30 * DAY],
  ] as const) {
    story.nowMs += laterMs;
    story.answer(by, 'reject');
    assert.equal(story.record, record);
  }
});

test('whoever contradicts is told what was decided, by whom and when', () => {
  const story = new Story().open();
  story.answer(anna);
  assert.throws(
    () => story.answer(ben, 'reject'),
    (error: { decided?: unknown; message: string }) => {
      assert.deepEqual(error.decided, story.request.decided);
      assert.match(error.message, /"confirm", made by anna at 2026-11-23T08:00:00.000Z/);
      return true;
    },
  );
  assert.throws(
    () => story.answer(anna, 'reject'),
    (error: { decided?: unknown }) => error.decided === story.request.decided || error.decided !== undefined,
  );
});

test('only who is among the approvers may answer, and who tries is written down, so many times', () => {
  const story = new Story(MANAGERS).open();
  for (let n = 0; n < REFUSALS_MAX + 5; n += 1) story.refuses('not-allowed', () => story.answer(zoe));
  assert.equal(story.request.refusals, REFUSALS_MAX);
  story.refuses('sign-in-needed', () => story.answer(NOBODY));
  story.answer(anna);
  assert.equal(story.decision, 'confirm');
});

test('of many, so many different people are needed, and one who rejects ends it', () => {
  const story = new Story(TWO).open();
  story.answer(anna);
  story.answer(anna);
  assert.equal(story.decision, undefined);
  story.refuses('contradicting-decision', () => story.answer(anna, 'reject'));
  story.answer(ben);
  assert.equal(story.decision, 'confirm');
  assert.deepEqual(
    story.request.decided?.answers.map(({ by }) => by.person),
    ['anna', 'ben'],
  );

  const other = new Story(TWO).open();
  other.answer(anna);
  other.answer(ben, 'reject');
  assert.equal(other.decision, 'reject');
  assert.deepEqual(
    other.request.decided?.answers.map(({ by }) => by.person),
    ['ben'],
  );
});

test('stages come one after the other', () => {
  const story = new Story({ stages: [{ people: ['anna'] }, { people: ['ben', 'chris'], needed: 2 }] }).open();
  story.refuses('not-allowed', () => story.answer(ben));
  story.answer(anna);
  story.answer(chris);
  assert.equal(story.decision, undefined);
  story.answer(ben);
  assert.equal(story.decision, 'confirm');
  assert.deepEqual(effectiveApprovers(story.request), { people: ['ben', 'chris'] }, 'who was asked last hears of it');
});

test('who requested it may be kept from deciding, also in the place of somebody else', () => {
  const story = new Story({ stages: [{ groups: ['managers'] }], owner: 'olga', requesterMayDecide: false }).open();
  story.refuses('not-allowed', () => story.answer(rita));
  story.refuses('sign-in-needed', () => story.answer(NOBODY));
  story.reassign(anna, 'anna', 'rita');
  story.refuses('not-allowed', () => story.answer(rita));
  story.answer(ben);
  assert.equal(story.decision, 'confirm');
});

test('a comment may be required, and data by a form; nothing else carries data', () => {
  const form = {
    type: 'object',
    properties: { room: { type: 'string', minLength: 1 } },
    required: ['room'],
    additionalProperties: false,
  };
  const story = new Story({ commentRequired: ['reject'], form }).open();
  const faulty = (pointer: RegExp, work: () => void) => {
    const before = story.record;
    assert.throws(work, (error) => error instanceof InvalidRequest && pointer.test(error.message));
    assert.equal(story.record, before);
  };
  faulty(/^\/comment/, () => story.answer(anna, 'reject'));
  faulty(/^\/data\/room/, () => story.answer(anna));
  faulty(/^\/data\/room/, () => story.answer(anna, 'confirm', { data: { room: '' } }));
  faulty(/^\/data\/more/, () => story.answer(anna, 'confirm', { data: { room: '7', more: '8' } }));
  faulty(/^\/data/, () => story.answer(anna, 'reject', { comment: 'no', data: { room: '7' } }));
  story.answer(anna, 'confirm', { data: { room: '7' } });
  assert.deepEqual(story.request.decided?.answers.at(-1)?.data, { room: '7' });

  const plain = new Story().open();
  assert.throws(() => plain.answer(anna, 'confirm', { data: { room: '7' } }), InvalidRequest);
});

test('an idempotency key is for one answer of one person', () => {
  const story = new Story(TWO).open();
  story.answer(anna, 'confirm', { key: 'k1' });
  const { record } = story;
  story.answer(anna, 'confirm', { key: 'k1' });
  assert.equal(story.record, record);
  story.refuses('idempotency-key-reused', () => story.answer(ben, 'confirm', { key: 'k1' }));
  story.refuses('idempotency-key-reused', () => story.answer(anna, 'confirm', { key: 'k1', comment: 'another' }));
  story.answer(ben, 'confirm', { key: 'k2' });
  story.answer(anna, 'confirm', { key: 'k1' });
  assert.equal(story.decision, 'confirm');
});

test('after the deadline nobody can answer, and the record says so first', () => {
  const story = new Story().open();
  story.nowMs = T0 + 3 * DAY - 1;
  story.do(() => {});
  story.nowMs = T0 + 3 * DAY;
  assert.throws(() => story.answer(anna), refused('deadline-passed'));
  assert.deepEqual(story.types(), ['requested', 'opened', 'decided']);
  story.refuses('deadline-passed', () => story.answer(anna));
  story.refuses('deadline-passed', () => story.move(person('olga'), iso(T0 + 9 * DAY)));
});

test('an answer in the last millisecond counts', () => {
  const story = new Story().open();
  story.nowMs = T0 + 3 * DAY - 1;
  story.answer(anna);
  story.nowMs += 10 * DAY;
  story.do(passTime);
  assert.equal(story.decision, 'confirm');
});

test('at the deadline the schedule may confirm or reject, and says that nobody did', () => {
  for (const atDeadline of ['confirm', 'reject'] as const) {
    const story = new Story(TWO, { deadline: { days: 3 }, atDeadline }).open();
    story.answer(anna);
    story.nowMs = T0 + 3 * DAY;
    story.do(passTime);
    assert.equal(story.decision, atDeadline);
    assert.deepEqual(story.request.decided?.answers, []);
    assert.match(story.request.decided?.reason ?? '', /deadline passed/);
    story.answer(ben, atDeadline);
  }
});

test('answers that come early are weighed in their order as soon as somebody asks', () => {
  const story = new Story(TWO);
  story.answer(zoe);
  story.answer(anna);
  story.refuses('contradicting-decision', () => story.answer(anna, 'reject'));
  story.answer(ben, 'reject');
  story.answer(chris);
  story.nowMs += HOUR;
  story.do((draft) => request(draft, { id: ID, run: RUN, subject: SUBJECT, policy: TWO }));
  assert.equal(story.decision, 'reject');
  assert.deepEqual(
    story.request.answers.map(({ by }) => by.person),
    ['anna', 'ben'],
  );
  const { record } = story;
  story.open();
  assert.equal(story.record.length, record.length + 1, 'they are weighed once');
});

test('whoever answers after it was asked does not overtake who answered before', () => {
  const story = new Story(MANAGERS);
  story.answer(anna);
  story.do((draft) => request(draft, { id: ID, run: RUN, subject: SUBJECT, policy: MANAGERS }));
  story.refuses('contradicting-decision', () => story.answer(ben, 'reject'));
  story.open();
  assert.equal(story.decision, 'confirm');
});

test('what was asked first holds, whatever is deployed since; a later run begins anew, and a late attempt of an earlier one is nothing', () => {
  const story = new Story(MANAGERS).open();
  const { record } = story;
  story.do((draft) => open(draft, { id: ID, run: RUN, subject: SUBJECT, policy: {} }, { deadline: { hours: 1 } }, T0));
  assert.equal(story.record, record);
  story.answer(anna);

  story.nowMs += DAY;
  const later = { executionArn: `${RUN.executionArn}-again`, executionStartTime: iso(story.nowMs) };
  story.open(later);
  assert.equal(story.decision, undefined);
  const { length } = story.record;
  story.open();
  assert.equal(story.record.length, length);
  story.answer(ben, 'reject');
  assert.equal(story.decision, 'reject');
});

test('a held decision can be taken back by who gave it and by the owner, once, until the hold is over', () => {
  const held = { ...MANAGERS, holdSeconds: 300 };
  for (const by of [anna, olga]) {
    const story = new Story(held).open();
    story.answer(anna, 'confirm', { key: 'k1' });
    story.refuses('not-allowed', () => story.undo(ben));
    story.nowMs += 5 * MINUTE - 1;
    story.undo(by);
    const { record } = story;
    story.undo(by);
    assert.equal(story.record, record, 'the same again changes nothing');
    story.refuses('too-late-to-undo', () => story.undo(chris));
    story.refuses('idempotency-key-reused', () => story.answer(anna, 'confirm', { key: 'k1' }));
    story.answer(ben, 'reject');
    assert.equal(story.decision, 'reject');
  }
});

test('a hold that is over is written before anything else, and nothing is undone after it', () => {
  const story = new Story({ holdSeconds: 300 }).open();
  story.answer(anna);
  assert.equal(story.request.decided?.isEffective, false);
  story.nowMs += 5 * MINUTE;
  assert.throws(() => story.undo(anna), refused('too-late-to-undo'));
  assert.equal(story.types().at(-1), 'took-effect');
  // A clock that is behind does not bring it back.
  story.nowMs -= MINUTE;
  story.refuses('too-late-to-undo', () => story.undo(anna));

  const plain = new Story().open();
  plain.refuses('too-late-to-undo', () => plain.undo(anna));
  plain.answer(anna);
  plain.refuses('too-late-to-undo', () => plain.undo(anna));
});

test('a part can be given to somebody else, and they can give it on, but not in a circle', () => {
  const story = new Story({ owner: 'olga', stages: [{ people: ['anna', 'ben'], needed: 2 }] }).open();
  story.reassign(anna, 'anna', 'dora');
  const { record } = story;
  story.reassign(anna, 'anna', 'dora');
  assert.equal(story.record, record, 'the same again changes nothing');
  story.refuses('not-allowed', () => story.reassign(anna, 'anna', 'emil'));
  story.refuses('not-allowed', () => story.answer(anna));
  story.reassign(person('dora'), 'dora', 'emil');
  for (const to of ['anna', 'dora', 'emil'])
    story.refuses('not-allowed', () => story.reassign(person('emil'), 'emil', to));
  assert.deepEqual(effectiveApprovers(story.request), { people: ['ben', 'emil'] });
  story.answer(person('emil'));
  story.answer(ben);
  assert.equal(story.decision, 'confirm');
});

test('a part that was answered cannot be given away: it would count twice', () => {
  const story = new Story({ owner: 'olga', stages: [{ people: ['anna', 'ben'], needed: 2 }] }).open();
  story.answer(anna);
  story.refuses('not-allowed', () => story.reassign(anna, 'anna', 'dora'));
  story.refuses('not-allowed', () => story.reassign(olga, 'anna', 'dora'));
  story.refuses('not-allowed', () => story.answer(person('dora')));
});

test('the owner gives anybody’s part to somebody else; nobody else does', () => {
  const story = new Story(MANAGERS).open();
  story.refuses('not-allowed', () => story.reassign(ben, 'anna', 'dora'));
  story.refuses('not-allowed', () => story.reassign(zoe, 'zoe', 'dora'));
  story.reassign(olga, 'anna', 'dora');
  story.reassign(olga, 'anna', 'emil');
  story.refuses('not-allowed', () => story.answer(anna));
  story.refuses('not-allowed', () => story.answer(person('dora')));
  story.answer(person('emil'));
  assert.equal(story.decision, 'confirm');
});

test('a request can be withdrawn by its owner and by who asked, also twice, and not when it is decided', () => {
  for (const by of [olga, rita]) {
    const story = new Story(MANAGERS).open();
    story.refuses('not-allowed', () => story.withdraw(anna));
    story.withdraw(by);
    const { record } = story;
    story.withdraw(by);
    assert.equal(story.record, record);
    story.refuses('withdrawn', () => story.answer(anna));
  }
  const decided = new Story(MANAGERS).open();
  decided.answer(anna);
  decided.refuses('contradicting-decision', () => decided.withdraw(olga));
  const nobody = new Story();
  nobody.refuses('unknown-request', () => nobody.withdraw(olga));
});

test('the owner moves the deadline, to earlier and to later, but not into the past or beyond a year', () => {
  const story = new Story(MANAGERS).open();
  story.refuses('not-allowed', () => story.move(anna, iso(T0 + HOUR)));
  for (const to of [T0, T0 - 1, T0 + 365 * DAY]) assert.throws(() => story.move(olga, iso(to)), InvalidRequest);
  story.move(olga, iso(T0 + 10 * DAY));
  const { record } = story;
  story.move(olga, iso(T0 + 10 * DAY));
  assert.equal(story.record, record);
  story.nowMs = T0 + 5 * DAY;
  story.move(olga, iso(T0 + 6 * DAY));
  story.nowMs = T0 + 6 * DAY;
  assert.throws(() => story.answer(anna), refused('deadline-passed'));
});

test('at the deadline it is escalated once, with more time, and then it ends', () => {
  const escalation = { to: { people: ['dora'] }, extension: { hours: 4 } };
  const story = new Story(MANAGERS, { deadline: { days: 1 }, atDeadline: 'escalate', escalation }).open();
  story.nowMs = T0 + DAY;
  story.answer(person('dora'));
  assert.deepEqual(story.types().slice(2), ['escalated', 'deadline-moved', 'answered', 'decided']);

  const late = new Story(MANAGERS, { deadline: { days: 1 }, atDeadline: 'escalate', escalation }).open();
  late.nowMs = T0 + 2 * DAY;
  late.do(passTime);
  assert.deepEqual(late.types().slice(2), ['escalated', 'deadline-moved', 'decided']);
  assert.equal(late.decision, 'expired');
});

test('that somebody has seen it is written once for each thing shown, and not for who is nobody', () => {
  const story = new Story(MANAGERS).open();
  for (const shown of ['a', 'a', 'b']) story.do((draft) => view(draft, anna, shown));
  story.do((draft) => view(draft, NOBODY, 'a'));
  assert.equal(story.types().filter((type) => type === 'viewed').length, 2);
});
