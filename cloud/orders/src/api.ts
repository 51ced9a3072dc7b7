import { type Context, Hono, type MiddlewareHandler } from 'hono';
import {
  actorOf,
  type ConfirmationRoutes,
  confirmationRoutes,
  confirmMany,
  HttpError,
  problemResponse,
  readIdempotencyKey,
  readJson,
  readPage,
} from '../../confirmations/src/index.ts';
import { UnknownOrder } from './errors.ts';
import { endedBefore, findAsker } from './find-asker.ts';
import { listPendingOrders } from './list-pending-orders.ts';
import { isOrderId, orderIdFromKey, parseOrderRequest } from './order.ts';
import type { Orders } from './orders.ts';
import { describeOrderProblem } from './problem.ts';
import { submitOrder } from './submit-order.ts';
import { viewOrder } from './view-order.ts';

/** What the API needs beside {@link Orders}. */
export interface ApiDependencies extends Orders {
  /** The id of an order that came with neither an id nor an idempotency key. */
  readonly newOrderId: () => string;
  /** The claim that names a person. @default Cognito's */
  readonly personClaim?: string | undefined;
  /** Told of what is answered with a 5xx, and only of that. */
  readonly onFailure: (error: unknown) => void;
}

/** The orders API: `fetch` takes a Request and gives a Response, on Lambda as anywhere. */
export function createApi(dependencies: ApiDependencies): Hono {
  const { personClaim, confirmations } = dependencies;
  const caller = (context: Context) => actorOf(context, personClaim);
  const routes: ConfirmationRoutes = {
    ...confirmations,
    ...(personClaim !== undefined && { personClaim }),
    findAsker: (orderId) => findAsker(orderId, dependencies),
    endedBefore: (orderId, decidedAt) => endedBefore(orderId, decidedAt, dependencies),
    describeProblem: describeOrderProblem,
  };
  const api = new Hono();
  api.use(neverCached);

  api.post('/orders', async (context) => {
    const { orderId, ...details } = parseOrderRequest(await readJson(context.req.raw));
    const idempotencyKey = readIdempotencyKey(context.req.raw);
    const derivedId = idempotencyKey === undefined ? dependencies.newOrderId() : orderIdFromKey(idempotencyKey);
    const { person } = caller(context);
    const requestedBy = person === undefined ? {} : { requestedBy: person };
    const accepted = await submitOrder({ orderId: orderId ?? derivedId, ...details, ...requestedBy }, dependencies);
    return Response.json(accepted, { status: 202, headers: { location: accepted.links.self } });
  });

  api.get('/orders', async (context) => {
    const query = new URL(context.req.url).searchParams;
    const page = { ...readPage(query), isForMe: readFlag(query, 'mine') };
    return Response.json(await listPendingOrders(page, caller(context), dependencies));
  });

  api.get('/orders/:orderId', async (context) => {
    const orderId = readOrderId(context.req.param('orderId'));
    return Response.json(await viewOrder(orderId, caller(context), dependencies));
  });

  api.post('/orders/confirmations', (context) => confirmMany(context, routes));
  // What cannot be an order's id is the id of no order.
  api.use('/orders/:orderId/*', async ({ req }, next) => {
    readOrderId(req.param('orderId'));
    await next();
  });
  api.route('/orders/:id', confirmationRoutes(routes));

  api.all('/orders', ({ req }) => refuseMethod(req.method, 'GET, HEAD, POST'));
  api.all('/orders/:orderId', ({ req }) => refuseMethod(req.method, 'GET, HEAD'));

  api.notFound(({ req }) => answerProblem(new HttpError(404, `There is no ${req.path}. Orders are at /orders.`)));
  api.onError((error) => {
    const response = answerProblem(error);
    if (response.status >= 500) dependencies.onFailure(error);
    return response;
  });
  return api;
}

function answerProblem(error: unknown): Response {
  return problemResponse(describeOrderProblem(error));
}

/** Never reaches S3 as a key, unless it is one. */
function readOrderId(orderId: string): string {
  if (isOrderId(orderId)) return orderId;
  throw new UnknownOrder(orderId.slice(0, 80));
}

/** @throws {HttpError} 400 */
function readFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') throw new HttpError(400, `${name} is true or false.`);
  return value === 'true';
}

function refuseMethod(method: string, allow: string): never {
  throw new HttpError(405, `${method} is not for this; ${allow} is.`, { allow });
}

const neverCached: MiddlewareHandler = async ({ header }, next) => {
  await next();
  header('cache-control', 'no-store');
  header('x-content-type-options', 'nosniff');
};
