import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { view } from '../commands/view.ts';
import { isConfirmationId } from '../confirmation-id.ts';
import type { Confirmations } from '../confirmations.ts';
import { digestOf } from '../digest.ts';
import type { Actor } from '../events.ts';
import { readStanding } from '../read-standing.ts';
import { pendingOf, settlementOf, statusOf } from '../receipts.ts';
import { unknownRequest } from '../refusals.ts';
import { actorOf } from './actor.ts';
import {
  bulkResultSchema,
  bulkSchema,
  type ConfirmationView,
  confirmationViewSchema,
  pendingConfirmationsSchema,
} from './contract.ts';
import type { Links } from '../links/links.ts';
import { linkRoutes } from './link-routes.ts';
import { newApi, refuseOtherMethods } from './new-api.ts';
import { type Operation, openApiDocument } from './open-api.ts';
import { CONFIRMATION_OPERATIONS, LINK_OPERATIONS, operationsUnder } from './operations.ts';
import { describeProblem } from './problem.ts';
import { readFlag, readPage } from './request.ts';
import { type ConfirmationRoutes, confirmationRoutes, confirmMany } from './routes.ts';

export interface ConfirmationsApi extends Confirmations {
  /** What links are made with; without it there are none. */
  readonly links?: Links | undefined;
  /** The claim that names a person. @default Cognito's */
  readonly personClaim?: string | undefined;
  /** Told of what is answered with a 5xx, and only of that. */
  readonly onFailure: (error: unknown) => void;
}

const TOO_MUCH = { 413: 'The body is too large.', 415: 'The body is no JSON.' };

/** Everything that the API of confirmations can do. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/confirmations',
    summary: 'What waits for a confirmation, page by page.',
    query: {
      limit: 'At most so many, 1 to 100; 50 if absent.',
      cursor: 'The nextCursor of the page before.',
      mine: 'true: only those that whoever asks may answer now.',
    },
    status: 200,
    answer: pendingConfirmationsSchema,
  },
  {
    method: 'post',
    path: '/confirmations',
    summary: 'Confirm or reject many, each with a result of its own.',
    body: bulkSchema,
    status: 200,
    answer: bulkResultSchema,
    problems: TOO_MUCH,
  },
  {
    method: 'get',
    path: '/confirmations/{id}',
    summary: 'What is asked, and where it stands.',
    status: 200,
    answer: confirmationViewSchema,
    problems: { 404: 'Nobody has asked about this.' },
  },
  ...operationsUnder('/confirmations/{id}', CONFIRMATION_OPERATIONS),
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    status: 200,
    answer: z.record(z.string(), z.json()),
  },
];

/** The API of waits that have none of their own: any workflow's, by the id that it gave. */
export function createConfirmationsApi(dependencies: ConfirmationsApi): Hono {
  const { personClaim, onFailure, records, links } = dependencies;
  const ofLinks = links === undefined ? [] : operationsUnder('/confirmations/{id}', LINK_OPERATIONS);
  const operations = [...OPERATIONS, ...ofLinks];
  const caller = (context: Context) => actorOf(context, personClaim);
  const routes: ConfirmationRoutes = {
    ...dependencies,
    // Who asks is only known once they do. An answer that comes before is kept for them.
    findAsker: async () => undefined,
    endedBefore: async () => undefined,
    describeProblem,
  };
  const api = newApi({ describeProblem, onFailure });
  const description = JSON.stringify(openApiDocument('Confirmations', operations));

  api.get('/confirmations', async (context) => {
    const by = caller(context);
    const query = new URL(context.req.url).searchParams;
    const { ids, hasMore } = await dependencies.waits.list(readPage(query));
    const found = await Promise.all(ids.map((id) => describeConfirmation(id, by, dependencies)));
    const isForMe = readFlag(query, 'mine');
    const confirmations = found.filter((one) => one?.pending !== undefined && (!isForMe || one.pending.mayAnswer));
    const last = ids.at(-1);
    return Response.json({ confirmations, ...(hasMore && last !== undefined && { nextCursor: last }) });
  });

  api.post('/confirmations', (context) => confirmMany(context, routes));

  api.get('/confirmations/:id', async (context) => {
    const id = context.req.param('id');
    if (!isConfirmationId(id)) throw unknownRequest(id.slice(0, 80));
    const by = caller(context);
    const description = await describeConfirmation(id, by, dependencies);
    if (description === undefined) throw unknownRequest(id);
    const { subject, pending } = description;
    if (pending !== undefined && subject !== undefined && by.person !== undefined) {
      await records.append(id, (draft) => view(draft, by, digestOf(subject)));
    }
    return Response.json(description);
  });

  api.route('/confirmations/:id', confirmationRoutes(routes));
  if (links !== undefined) api.route('/confirmations/:id', linkRoutes({ ...routes, links }));
  api.get('/openapi.json', () => new Response(description, { headers: { 'content-type': 'application/json' } }));
  refuseOtherMethods(api, operations);
  return api;
}

async function describeConfirmation(
  id: string,
  by: Actor,
  confirmations: Confirmations,
): Promise<ConfirmationView | undefined> {
  const { request, wait } = await readStanding(id, confirmations);
  if (request === undefined) return undefined;
  const { decided, opened, requestedAt } = request;
  return {
    id,
    status: statusOf(request),
    requestedAt,
    ...(opened && { waitingSince: opened.since }),
    ...(wait && { subject: wait.subject as NonNullable<ConfirmationView['subject']> }),
    ...(opened && !decided && { pending: pendingOf(request, by) }),
    ...(decided && { confirmation: settlementOf(decided) }),
  };
}
