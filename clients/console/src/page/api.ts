import type { Answered, Decision, OrderRecord, OrderView, PendingOrder, Problem, Receipt } from './orders.ts';
import type { Settings } from './settings.ts';
import { accessToken, forgetTokens } from './sign-in.ts';
import { reached, unreached } from './state.ts';

export type { Answered } from './orders.ts';

/** Longer than the service itself waits for anything. */
const ANSWER_TIMEOUT_MS = 35_000;
/** What one page of the list holds at most, and how many of them are looked at. */
const PAGE_SIZE = 100;
const PAGES_MAX = 5;
/** What one request may decide. */
const BULK_MAX = 100;

export interface BulkResult {
  readonly id: string;
  readonly answered: Answered<Receipt>;
}

export interface Api {
  listPending(signal: AbortSignal): Promise<Answered<{ orders: readonly PendingOrder[]; isAll: boolean }>>;
  order(orderId: string, signal: AbortSignal): Promise<Answered<OrderView>>;
  record(orderId: string, signal: AbortSignal): Promise<Answered<OrderRecord>>;
  submit(order: object): Promise<Answered<{ orderId: string }>>;
  decide(orderId: string, answer: { decision: Decision; comment?: string; data?: object }): Promise<Answered<Receipt>>;
  decideMany(ids: readonly string[], answer: { decision: Decision; comment?: string }): Promise<readonly BulkResult[]>;
  act(orderId: string, action: 'undo' | 'withdrawal' | 'reassignment', body: object): Promise<Answered<unknown>>;
  moveDeadline(orderId: string, body: object): Promise<Answered<unknown>>;
}

export function apiAt({ api, signIn }: Settings): Api {
  async function ask<Body>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answered<Body>> {
    try {
      const token = await accessToken(signIn);
      const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const answer = await fetch(api + path, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const given: unknown = await answer.json();
      reached(answer.headers.get('date'));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the service of the same version wrote it
      if (answer.ok) return { isOk: true, body: given as Body };
      if (answer.status === 401) forgetTokens();
      return { isOk: false, problem: problemOf(given, answer.status) };
    } catch {
      if (signal?.aborted !== true) unreached();
      return { isOk: false, problem: NO_CONNECTION };
    }
  }

  const about = (orderId: string, part = '') => `/orders/${encodeURIComponent(orderId)}${part}`;
  return {
    async listPending(signal) {
      const orders: PendingOrder[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const query = new URLSearchParams({ status: 'AWAITING_CONFIRMATION', limit: String(PAGE_SIZE) });
        if (cursor !== undefined) query.set('cursor', cursor);
        const found = await ask<{ orders: PendingOrder[]; nextCursor?: string }>(
          'GET',
          `/orders?${query.toString()}`,
          undefined,
          signal,
        );
        if (!found.isOk) return found;
        orders.push(...found.body.orders);
        cursor = found.body.nextCursor;
        if (cursor === undefined) break;
      }
      return { isOk: true, body: { orders, isAll: cursor === undefined } };
    },
    order: (orderId, signal) => ask('GET', about(orderId), undefined, signal),
    record: (orderId, signal) => ask('GET', about(orderId, '/receipt'), undefined, signal),
    submit: (order) => ask('POST', '/orders', order),
    decide: (orderId, answer) => ask('POST', about(orderId, '/confirmation'), answer),
    async decideMany(ids, answer) {
      const results: BulkResult[] = [];
      for (let start = 0; start < ids.length; start += BULK_MAX) {
        const part = ids.slice(start, start + BULK_MAX);
        const answers = part.map((id) => ({ id, ...answer }));
        const sent = await ask<{ results: { id: string; status: number; body: unknown }[] }>(
          'POST',
          '/orders/confirmations',
          { answers },
        );
        if (sent.isOk) results.push(...sent.body.results.map(resultOf));
        else results.push(...part.map((id) => ({ id, answered: sent })));
      }
      return results;
    },
    act: (orderId, action, body) => ask('POST', about(orderId, `/${action}`), body),
    moveDeadline: (orderId, body) => ask('PUT', about(orderId, '/deadline'), body),
  };
}

function resultOf({ id, status, body }: { id: string; status: number; body: unknown }): BulkResult {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the service of the same version wrote it
  if (status < 300) return { id, answered: { isOk: true, body: body as Receipt } };
  return { id, answered: { isOk: false, problem: problemOf(body, status) } };
}

/** What comes from in front of the service, such as a gateway, is no problem document. */
function problemOf(given: unknown, status: number): Problem {
  const {
    title = 'This did not work',
    detail = `The service answered ${status}.`,
    ...rest
  } = given as Partial<Problem>;
  return { type: '', ...rest, title, detail, status };
}

const NO_CONNECTION: Problem = {
  type: 'no-connection',
  title: 'No connection',
  status: 0,
  detail: 'The service could not be reached. Try again: nothing is done twice.',
};

/** A problem in one line. */
export function problemText({ title, detail, errors = [] }: Problem): string {
  const faults = errors.map((fault) => `${fault.pointer.replace(/^\/(?:data\/)?/, '')}: ${fault.detail}`);
  return [`${title}.`, detail, ...faults].join(' ');
}
