import { Hono, type MiddlewareHandler } from 'hono';
import { confirmOrder } from './confirm-order.ts';
import { parseConfirmation } from './confirmation.ts';
import type { ConfirmationReceipt } from './contract.ts';
import { UnknownOrder } from './errors.ts';
import { HttpError } from './http-errors.ts';
import { listPendingOrders } from './list-pending-orders.ts';
import { isOrderId, orderIdFromKey, parseOrderRequest } from './order.ts';
import type { Orders } from './orders.ts';
import { problemResponse } from './problem.ts';
import { readIdempotencyKey, readJson, readPage } from './request.ts';
import { submitOrder } from './submit-order.ts';
import { viewOrder } from './view-order.ts';

/** What the API needs beside {@link Orders}. */
export interface ApiDependencies extends Orders {
  /** The id of an order that came with neither an id nor an idempotency key. */
  readonly newOrderId: () => string;
  /** Told of what is answered with a 5xx, and only of that. */
  readonly onFailure: (error: unknown) => void;
}

/** The orders API: `fetch` takes a Request and gives a Response, on Lambda as anywhere. */
export function createApi(dependencies: ApiDependencies): Hono {
  const api = new Hono();
  api.use(neverCached);

  api.post('/orders', async ({ req }) => {
    const { orderId, ...details } = parseOrderRequest(await readJson(req.raw));
    const idempotencyKey = readIdempotencyKey(req.raw);
    const derivedId = idempotencyKey === undefined ? dependencies.newOrderId() : orderIdFromKey(idempotencyKey);
    const accepted = await submitOrder({ orderId: orderId ?? derivedId, ...details }, dependencies);
    return Response.json(accepted, { status: 202, headers: { location: accepted.links.self } });
  });

  api.get('/orders', async ({ req }) => {
    const page = readPage(new URL(req.url).searchParams);
    return Response.json(await listPendingOrders(page, dependencies));
  });

  api.get('/orders/:orderId', async ({ req }) => {
    return Response.json(await viewOrder(readOrderId(req.param('orderId')), dependencies));
  });

  api.post('/orders/:orderId/confirmation', async ({ req }) => {
    const orderId = readOrderId(req.param('orderId'));
    const confirmation = parseConfirmation(await readJson(req.raw));
    const decision = await confirmOrder(orderId, confirmation, dependencies);
    const status = decision.decision === 'confirm' ? 'CONFIRMED' : 'REJECTED';
    return Response.json({ orderId, ...decision, status } satisfies ConfirmationReceipt);
  });

  api.all('/orders', ({ req }) => refuseMethod(req.method, 'GET, HEAD, POST'));
  api.all('/orders/:orderId', ({ req }) => refuseMethod(req.method, 'GET, HEAD'));
  api.all('/orders/:orderId/confirmation', ({ req }) => refuseMethod(req.method, 'POST'));

  api.notFound(({ req }) => problemResponse(new HttpError(404, `There is no ${req.path}. Orders are at /orders.`)));
  api.onError((error) => {
    const response = problemResponse(error);
    if (response.status >= 500) dependencies.onFailure(error);
    return response;
  });
  return api;
}

/** What cannot be an order's id is the id of no order, and never reaches S3 as a key. */
function readOrderId(orderId: string): string {
  if (isOrderId(orderId)) return orderId;
  throw new UnknownOrder(orderId.slice(0, 80));
}

function refuseMethod(method: string, allow: string): never {
  throw new HttpError(405, `${method} is not for this; ${allow} is.`, { allow });
}

const neverCached: MiddlewareHandler = async ({ header }, next) => {
  await next();
  header('cache-control', 'no-store');
  header('x-content-type-options', 'nosniff');
};
