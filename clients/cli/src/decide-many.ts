import { type Order, isObject, textOf } from './order.ts';
import { ApiRefusal, askOrdersApi } from './orders-api.ts';

export interface ManyAnswer {
  readonly id: string;
  readonly decision: string;
  readonly comment?: string;
  readonly data?: Order;
}

/** What became of one of many: what it would have been answered alone. */
export interface AnswerResult {
  readonly id: string;
  readonly status: number;
  readonly body: Order;
}

/** What the API takes in one request. */
const ANSWERS_MAX = 100;
/** The API takes bodies of 64 KiB; what surrounds the answers is small. */
const ANSWERS_BYTES_MAX = 63 * 1024;

/** Sends many answers, in as few requests as they need, one after the other, and gives the results of each request. */
export async function* decideMany(url: string, answers: readonly ManyAnswer[]): AsyncGenerator<AnswerResult[]> {
  for (const batch of batches(answers)) yield await decideBatch(url, batch);
}

async function decideBatch(url: string, batch: readonly ManyAnswer[]): Promise<AnswerResult[]> {
  try {
    const answer = await askOrdersApi(
      url,
      { method: 'POST', path: '/orders/confirmations', body: { answers: batch } },
      { 404: 'This API does not take many at once: give one id at a time.' },
    );
    return Array.isArray(answer['results']) ? answer['results'].filter(isAnswerResult) : [];
  } catch (error) {
    const atFault =
      error instanceof ApiRefusal && error.status === 400 ? faultsByAnswer(error) : new Map<number, Order>();
    if (atFault.size === 0) throw error;
    return apartFrom(url, batch, atFault);
  }
}

/** One answer that cannot be, such as an id with a blank, must not keep the others back: they go again without it. */
async function apartFrom(
  url: string,
  batch: readonly ManyAnswer[],
  atFault: ReadonlyMap<number, Order>,
): Promise<AnswerResult[]> {
  const rest = batch.filter((_, index) => !atFault.has(index));
  const results = rest.length === 0 ? [] : await decideBatch(url, rest);
  return batch.flatMap(({ id }, index): AnswerResult[] => {
    const body = atFault.get(index);
    return body === undefined ? results.filter((result) => result.id === id) : [{ id, status: 400, body }];
  });
}

/** By the answer's place in the request. A pointer such as `/answers/3/id` tells which one the API means. */
function faultsByAnswer({ problem }: ApiRefusal): Map<number, Order> {
  const faults: unknown[] = Array.isArray(problem['errors']) ? problem['errors'] : [];
  return new Map(
    faults.filter(isObject).flatMap((fault) => {
      const [, index] = /^\/answers\/(\d+)(?:\/|$)/.exec(textOf(fault, 'pointer') ?? '') ?? [];
      return index === undefined ? [] : [[Number(index), { ...problem, detail: textOf(fault, 'detail') }] as const];
    }),
  );
}

function* batches(answers: readonly ManyAnswer[]): Generator<ManyAnswer[]> {
  let batch: ManyAnswer[] = [];
  let bytes = 0;
  for (const answer of answers) {
    const size = Buffer.byteLength(JSON.stringify(answer)) + 1;
    if (batch.length === ANSWERS_MAX || (batch.length > 0 && bytes + size > ANSWERS_BYTES_MAX)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(answer);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function isAnswerResult(value: unknown): value is AnswerResult {
  return (
    isObject(value) && typeof value['id'] === 'string' && typeof value['status'] === 'number' && isObject(value['body'])
  );
}
