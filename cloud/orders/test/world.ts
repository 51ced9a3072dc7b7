import assert from 'node:assert/strict';
import {
  type Answer as GivenAnswer,
  checkDeadline,
  type Confirmations,
  confirmationsOver,
  type EventFields,
  type Message,
  parseDeadlineCheck,
  parseWaitEvent,
  type Policy,
  type Report,
  storeTaskToken,
} from '../../confirmations/src/index.ts';
import { createApi } from '../src/api.ts';
import type { Order } from '../src/order.ts';
import { orderWorkflow } from '../src/order-workflow.ts';
import type { Orders } from '../src/orders.ts';
import { type Around, undisturbed } from '../../confirmations/test/around.ts';
import { FakeS3 } from '../../confirmations/test/fake-s3.ts';
import { FakeStepFunctions, STATE_MACHINE_ARN } from './fake-step-functions.ts';

export const ORDER: Order = {
  orderId: 'order-1',
  orderDetails: 'Two chairs',
  items: [{ sku: 'chair', quantity: 2, unitPrice: { value: '40.00', currency: 'EUR' } }],
  amount: { value: '80.00', currency: 'EUR' },
};
export const ID = ORDER.orderId;

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
}

/** The real code of this room over modelled AWS services and a clock that is stepped. */
export class World {
  readonly s3 = new FakeS3();
  readonly sfn = new FakeStepFunctions(() => this.nowMs);
  readonly events: { event: string; fields: EventFields }[] = [];
  readonly failures: unknown[] = [];
  nowMs = Date.parse('2026-11-23T08:00:00.000Z');
  readonly policy: Policy = { owner: 'managers' };
  /** Where orders are processed as long tasks. */
  readProgress: Orders['readProgress'];
  report: Report<string> = (event, fields) => {
    this.events.push({ event, fields });
  };

  /** What one process works with. Give a disturbance and it is this process's alone. */
  orders(around: Around = undisturbed): Orders {
    const sfn = this.sfn.client(around);
    return {
      workflow: orderWorkflow(sfn, STATE_MACHINE_ARN, async () => {}),
      confirmations: this.confirmations(around),
      policy: this.policy,
      readProgress: this.readProgress,
      report: (event, fields) => this.report(event, fields),
    };
  }

  confirmations(around: Around = undisturbed): Confirmations {
    return confirmationsOver({
      s3: this.s3.client(around),
      sfn: this.sfn.client(around),
      bucket: 'bucket',
      notify: async () => {},
      now: () => this.nowMs,
      report: (event, fields) => this.report(event, fields),
    });
  }

  async request(method: string, path: string, init: RequestInit = {}, around?: Around): Promise<Answer> {
    const api = createApi({
      ...this.orders(around),
      newOrderId: () => 'a-random-id',
      onFailure: (error) => this.failures.push(error),
    });
    const response = await api.request(`https://orders.example${path}`, { method, ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) };
  }

  post(path: string, body: unknown, around?: Around): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.request('POST', path, { headers, body: JSON.stringify(body) }, around);
  }

  get(path: string, around?: Around): Promise<Answer> {
    return this.request('GET', path, {}, around);
  }

  submit(order: unknown = ORDER): Promise<Answer> {
    return this.post('/orders', order);
  }

  confirm(confirmation: GivenAnswer, around?: Around): Promise<Answer> {
    return this.post(`/orders/${ID}/confirmation`, confirmation, around);
  }

  /** The function of one attempt of the wait runs. */
  async store(event: unknown, around?: Around): Promise<void> {
    await storeTaskToken(parseWaitEvent(event), this.confirmations(around));
  }

  /** The wait is entered, or tried again, and its function runs. */
  async wait(around?: Around): Promise<void> {
    await this.store(this.sfn.beginAttempt(ID), around);
  }

  async close(event: unknown, around?: Around): Promise<Message> {
    return await checkDeadline(parseDeadlineCheck(event), this.confirmations(around));
  }

  /** The order goes on from the answer it got, to its end. */
  finish(): void {
    this.sfn.end(ID, this.sfn.answerOf(ID) ?? assert.fail('nobody answered the wait'));
  }

  eventNames(): string[] {
    return this.events.map(({ event }) => event);
  }

  keys(): string[] {
    return [...this.s3.objects.keys()].sort();
  }
}

export async function worldWithOrder(): Promise<World> {
  const world = new World();
  assert.equal((await world.submit()).status, 202);
  return world;
}

export async function worldWithWaitingOrder(): Promise<World> {
  const world = await worldWithOrder();
  await world.wait();
  return world;
}
