import type { Context, Hono } from 'hono';
import {
  actorOf,
  type ConfirmationRoutes,
  confirmationRoutes,
  confirmMany,
  HttpError,
  LINK_OPERATIONS,
  linkRoutes,
  type Links,
  newApi,
  openApiDocument,
  operationsUnder,
  readIdempotencyKey,
  readJson,
  readFlag,
  readPage,
  refuseOtherMethods,
} from '../../confirmations/src/index.ts';
import { UnknownOrder } from './errors.ts';
import { endedBefore, findAsker } from './find-asker.ts';
import { listPendingOrders } from './list-pending-orders.ts';
import { OPERATIONS } from './operations.ts';
import { isOrderId, orderIdFromKey, parseOrderRequest } from './order.ts';
import type { Orders } from './orders.ts';
import { describeOrderProblem } from './problem.ts';
import { submitOrder } from './submit-order.ts';
import { viewOrder } from './view-order.ts';

/** What the API needs beside {@link Orders}. */
export interface ApiDependencies extends Orders {
  /** The id of an order that came with neither an id nor an idempotency key. */
  readonly newOrderId: () => string;
  /** What links are made with; without it there are none. */
  readonly links?: Links | undefined;
  /** The claim that names a person. @default Cognito's */
  readonly personClaim?: string | undefined;
  /** Told of what is answered with a 5xx, and only of that. */
  readonly onFailure: (error: unknown) => void;
}

/** The orders API: `fetch` takes a Request and gives a Response, on Lambda as anywhere. */
export function createApi(dependencies: ApiDependencies): Hono {
  const { personClaim, confirmations, links } = dependencies;
  const operations =
    links === undefined ? OPERATIONS : [...OPERATIONS, ...operationsUnder('/orders/{id}', LINK_OPERATIONS)];
  const caller = (context: Context) => actorOf(context, personClaim);
  const routes: ConfirmationRoutes = {
    ...confirmations,
    personClaim,
    findAsker: (orderId) => findAsker(orderId, dependencies),
    endedBefore: (orderId, decidedAt) => endedBefore(orderId, decidedAt, dependencies),
    describeProblem: describeOrderProblem,
  };
  const { onFailure } = dependencies;
  const api = newApi({ describeProblem: describeOrderProblem, onFailure });
  const description = JSON.stringify(openApiDocument('Orders', operations));

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
    assertListable(query);
    const page = { ...readPage(query), isForMe: readFlag(query, 'mine') };
    return Response.json(await listPendingOrders(page, caller(context), dependencies));
  });

  api.get('/openapi.json', () => new Response(description, { headers: { 'content-type': 'application/json' } }));

  api.get('/orders/:id', async (context) => {
    const orderId = readOrderId(context.req.param('id'));
    return Response.json(await viewOrder(orderId, caller(context), dependencies));
  });

  api.post('/orders/confirmations', (context) => confirmMany(context, routes));
  // What cannot be an order's id is the id of no order.
  api.use('/orders/:id/*', async ({ req }, next) => {
    readOrderId(req.param('id'));
    await next();
  });
  api.route('/orders/:id', confirmationRoutes(routes));
  if (links !== undefined) api.route('/orders/:id', linkRoutes({ ...routes, links }));

  refuseOtherMethods(api, operations);
  return api;
}

/** Never reaches S3 as a key, unless it is one. */
function readOrderId(orderId: string): string {
  if (isOrderId(orderId)) return orderId;
  throw new UnknownOrder(orderId.slice(0, 80));
}

/** @throws {HttpError} 400 */
function assertListable(query: URLSearchParams): void {
  const status = query.get('status');
  if (status === 'AWAITING_CONFIRMATION') return;
  const given = status === null ? 'Say which orders' : `Orders cannot be listed by status "${status}"`;
  throw new HttpError(400, `${given}: ?status=AWAITING_CONFIRMATION is what there is.`);
}
