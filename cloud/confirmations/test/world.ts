import assert from 'node:assert/strict';
import { carryOut } from '../src/carry-out.ts';
import { checkDeadline, parseDeadlineCheck } from '../src/check-deadline.ts';
import { answer } from '../src/commands/answer.ts';
import type { Confirmations } from '../src/confirmations.ts';
import type { Draft } from '../src/draft.ts';
import type { Actor, Answer } from '../src/events.ts';
import { jsonObjects } from '../src/json-objects.ts';
import type { Message } from '../src/message.ts';
import type { Notice } from '../src/notice.ts';
import type { ConfirmationEvent, EventFields } from '../src/observe.ts';
import { type ConfirmationRecord, findBreak, parseRecord } from '../src/record.ts';
import { recordStore } from '../src/record-store.ts';
import { Refusal } from '../src/refusals.ts';
import { type Request, type RequestState, stateOf } from '../src/request-state.ts';
import { sendTaskSuccessBy } from '../src/send-task-success.ts';
import { storeTaskToken } from '../src/store-task-token.ts';
import { waitStore } from '../src/wait-store.ts';
import { parseWaitEvent } from '../src/wait.ts';
import { type Around, undisturbed } from './around.ts';
import { FakeS3 } from './fake-s3.ts';
import { type Asked, FakeStepFunctions } from './fake-step-functions.ts';

export const ID = 'order-1';
export const WAIT = `waits/${ID}.json`;
export const RECORD = `records/${ID}.json`;
export const T0 = Date.parse('2026-11-23T08:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const SUBJECT = { orderId: ID, amount: { value: '80.00', currency: 'EUR' }, requestedBy: 'rita' };

/** One answer decides; three days' time. */
export const ASKED: Asked = {
  id: ID,
  subject: SUBJECT,
  policy: { owner: 'olga' },
  schedule: { deadline: { days: 3 } },
  timeoutSeconds: 3 * 24 * 60 * 60,
};

export const person = (name: string, ...groups: string[]): Actor => ({ person: name, groups, via: 'api' });
export const CONFIRM: Answer = { decision: 'confirm' };
export const REJECT: Answer = { decision: 'reject' };

/** The real code of this room over modelled AWS services and a clock that is stepped. */
export class World {
  readonly s3 = new FakeS3();
  readonly sfn = new FakeStepFunctions(() => this.nowMs);
  readonly events: { event: ConfirmationEvent; fields: EventFields }[] = [];
  readonly notices: (Notice & { atMs: number })[] = [];
  nowMs = T0;

  /** What one process works with. Give a disturbance and it is this process's alone. */
  confirmations(around: Around = undisturbed): Confirmations {
    const objects = jsonObjects(this.s3.client(around), 'bucket');
    const now = () => this.nowMs;
    return {
      waits: waitStore(objects),
      records: recordStore(objects, now),
      sendTaskSuccess: sendTaskSuccessBy(this.sfn.client(around)),
      notify: async (notices) => {
        if (notices.length === 0) return;
        await around('Notify', () => this.notices.push(...notices.map((notice) => ({ ...notice, atMs: this.nowMs }))));
      },
      now,
      report: (event, fields) => this.events.push({ event, fields }),
    };
  }

  async do(work: (draft: Draft) => void, around?: Around): Promise<RequestState> {
    return (await carryOut(ID, 'api', work, this.confirmations(around))).state;
  }

  async answer(given: Answer, by: Actor, around?: Around): Promise<RequestState> {
    return await this.do((draft) => answer(draft, { id: ID, answer: given, by }), around);
  }

  /** The function of one attempt of a state that waits runs. */
  async store(event: unknown, around?: Around): Promise<void> {
    await storeTaskToken(parseWaitEvent(event), this.confirmations(around));
  }

  /** The state that waits is entered, or tried again, and its function runs. */
  async wait(around?: Around): Promise<void> {
    await this.store(this.sfn.beginAttempt(ID), around);
  }

  async check(event: unknown, around?: Around): Promise<Message> {
    return await checkDeadline(parseDeadlineCheck(event), this.confirmations(around));
  }

  /** Step Functions at work, as long as it has something to do at this instant. */
  async settle(name = ID): Promise<void> {
    const { sfn } = this;
    for (;;) {
      const { status, state, attempts } = sfn.execution(name);
      if (status !== 'RUNNING') return;
      if (sfn.isOverdue(name)) sfn.timeOut(name);
      else if (state === 'CheckDeadline') sfn.goOn(name, await this.check(sfn.checkEvent(name)));
      else if (state === 'KeepWaiting' && attempts === 0) await this.store(sfn.beginAttempt(name));
      else return;
    }
  }

  /** Time passes, from one timeout to the next. */
  async until(toMs: number, name = ID): Promise<void> {
    for (;;) {
      await this.settle(name);
      const { timesOutMs, liveToken } = this.sfn.execution(name);
      if (liveToken === null || timesOutMs === null || timesOutMs > toMs) break;
      this.nowMs = timesOutMs;
    }
    this.nowMs = toMs;
  }

  get record(): ConfirmationRecord {
    const body = this.s3.objects.get(RECORD);
    const record = body === undefined ? [] : parseRecord(JSON.parse(body));
    assert.equal(findBreak(record), undefined, 'the chain holds');
    return record;
  }

  get request(): Request {
    return stateOf(this.record).request ?? assert.fail('nobody asks');
  }

  outcome() {
    return this.sfn.execution(ID).outcome;
  }

  types(): string[] {
    return this.record.map(({ event }) => event.type);
  }

  told(about?: Notice['about']): string[] {
    return this.notices.filter((notice) => about === undefined || notice.about === about).map((one) => one.about);
  }

  keys(): string[] {
    return [...this.s3.objects.keys()].sort();
  }
}

export function worldThatRuns(asked: Asked = ASKED): World {
  const world = new World();
  world.sfn.start(asked);
  return world;
}

export async function worldThatWaits(asked: Asked = ASKED): Promise<World> {
  const world = worldThatRuns(asked);
  await world.wait();
  return world;
}

/** For `assert.rejects` and `assert.throws`. */
export const refused = (kind: Refusal['kind']) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.kind, kind);
  return true;
};
