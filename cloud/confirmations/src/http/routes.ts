import { type Context, Hono } from 'hono';
import type * as z from 'zod';
import { answer } from '../commands/answer.ts';
import { moveDeadline } from '../commands/move-deadline.ts';
import { reassign } from '../commands/reassign.ts';
import { isLaterRun, type NewRequest, request as ask } from '../commands/request.ts';
import { undo } from '../commands/undo.ts';
import { withdraw } from '../commands/withdraw.ts';
import { carryOut } from '../carry-out.ts';
import { isConfirmationId } from '../confirmation-id.ts';
import type { Confirmations } from '../confirmations.ts';
import type { Draft } from '../draft.ts';
import { type Actor, type Answer, answerSchema } from '../events.ts';
import { parse } from '../invalid-request.ts';
import { receiptOf, statusOf } from '../receipts.ts';
import { findBreak } from '../record.ts';
import { Refusal, unknownRequest } from '../refusals.ts';
import { type RequestState, stateOf } from '../request-state.ts';
import type { StoredWait } from '../wait-store.ts';
import { actorOf } from './actor.ts';
import {
  bulkSchema,
  newDeadlineSchema,
  reassignmentSchema,
  type Receipt,
  undoSchema,
  withdrawalSchema,
} from './contract.ts';
import type { DescribedProblem } from './problem.ts';
import { readIdempotencyKey, readJson } from './request.ts';

/** What the routes of confirmations need beside {@link Confirmations}. */
export interface ConfirmationRoutes extends Confirmations {
  /**
   * Who asks under an id of which nothing waits, if anybody does: a confirmation may come before its wait.
   *
   * @throws if there can be no such request.
   */
  readonly findAsker: (id: string) => Promise<Asker | undefined>;
  /** When what asked ended, if it failed or was stopped before an instant. Called when a wait did not take a decision. */
  readonly endedBefore: (id: string, decidedAt: string) => Promise<string | undefined>;
  /** The claim that names a person. @default Cognito's */
  readonly personClaim?: string | undefined;
  readonly describeProblem: (error: unknown) => DescribedProblem;
}

export interface Asker {
  readonly request: NewRequest;
  /** When it ended, if it did; ISO 8601. */
  readonly endedAt?: string;
}

/** Everything that can be done about one confirmation, to be mounted under a path that ends in `/:id`. */
export function confirmationRoutes(routes: ConfirmationRoutes): Hono {
  const app = new Hono();

  app.post('/confirmation', async (context) => {
    const { id, by } = who(context, routes);
    const given = parse(answerSchema, await readJson(context.req.raw));
    const { receipt, isEarly } = await confirm(id, given, by, readIdempotencyKey(context.req.raw), routes);
    // Nobody asks yet: it is kept, and counts as soon as somebody does.
    return Response.json(receipt, { status: isEarly ? 202 : 200 });
  });

  app.post('/undo', async (context) => {
    const { id, by } = who(context, routes);
    const { reason } = await readBody(context, undoSchema);
    return answered(await about(id, by, (draft) => undo(draft, { id, by, reason }), routes), id);
  });

  app.post('/withdrawal', async (context) => {
    const { id, by } = who(context, routes);
    const { reason } = await readBody(context, withdrawalSchema);
    return answered(await about(id, by, (draft) => withdraw(draft, { id, by, reason }), routes), id);
  });

  app.post('/reassignment', async (context) => {
    const { id, by } = who(context, routes);
    const { from = by.person, to, reason } = await readBody(context, reassignmentSchema);
    if (from === undefined) throw new Refusal('sign-in-needed', 'Sign in, or say in whose place: "from".');
    return answered(await about(id, by, (draft) => reassign(draft, { id, by, from, to, reason }), routes), id);
  });

  app.put('/deadline', async (context) => {
    const { id, by } = who(context, routes);
    const { deadline: to, reason } = await readBody(context, newDeadlineSchema);
    return answered(await about(id, by, (draft) => moveDeadline(draft, { id, by, to, reason }), routes), id);
  });

  app.get('/receipt', async (context) => {
    const { id } = who(context, routes);
    const { record: entries } = await routes.records.read(id);
    if (entries.length === 0) throw unknownRequest(id);
    const brokenAt = findBreak(entries);
    return Response.json({ id, ...(brokenAt && { brokenAt }), head: entries.at(-1)?.hash, entries });
  });

  return app;
}

/** Answers many at once: each has its own result, as if it had been sent alone. */
export async function confirmMany(context: Context, routes: ConfirmationRoutes): Promise<Response> {
  const { answers } = parse(bulkSchema, await readJson(context.req.raw));
  const by = actorOf(context, routes.personClaim);
  const results = await Promise.all(
    answers.map(async ({ id, ...given }) => {
      try {
        const { receipt, isEarly } = await confirm(id, given, by, undefined, routes);
        return { id, status: isEarly ? 202 : 200, body: receipt };
      } catch (error) {
        const { headers: _, ...problem } = routes.describeProblem(error);
        return { id, status: problem.status, body: { ...problem, type: `urn:countersign:problem:${problem.type}` } };
      }
    }),
  );
  return Response.json({ results });
}

/** Records what a person says and brings it to the workflow; the receipt is what they get to keep. */
export async function confirm(
  id: string,
  given: Answer,
  by: Actor,
  idempotencyKey: string | undefined,
  routes: ConfirmationRoutes,
): Promise<{ receipt: Receipt; isEarly: boolean }> {
  const state = await about(id, by, (draft) => answer(draft, { id, answer: given, by, idempotencyKey }), routes);
  return { receipt: receiptOf(id, state, given, by), isEarly: state.request === undefined };
}

/**
 * Does something about a request that may not have been put yet: what waits needs no look at the workflow, whose rate is
 * limited to a few a second.
 */
export async function about(
  id: string,
  by: Actor,
  work: (draft: Draft) => void,
  routes: ConfirmationRoutes,
): Promise<RequestState> {
  const wait = await routes.waits.read(id);
  const known = wait && { wait, stored: await routes.records.read(id) };
  const doWith = (asker: Asker | undefined) =>
    carryOut(
      id,
      by.via,
      (draft) => {
        if (asker !== undefined) askOnce(id, draft, asker);
        work(draft);
      },
      routes,
      known,
    );
  const isAsked = known !== undefined && hasAsked(known.wait, stateOf(known.stored.record));
  const { state, isDelivered } = await doWith(isAsked ? undefined : await routes.findAsker(id));
  const decided = state.request?.decided;
  if (decided === undefined || isDelivered || wait === undefined) return state;
  // It is written, and the wait did not take it: somebody else has delivered it, or the next attempt will. Or what asked had
  // been stopped, and then it would be wrong to let anybody believe that it was confirmed.
  const endedAt = await routes.endedBefore(id, decided.decidedAt);
  if (endedAt === undefined) return state;
  await routes.waits.remove(wait);
  throw requestEnded(id, endedAt);
}

/** Not between the two writes of `storeTaskToken`: then the wait is there, and the request is not, or is an earlier run's. */
function hasAsked({ attempt }: StoredWait, { request }: RequestState): boolean {
  return request !== undefined && !isLaterRun(attempt, request);
}

/** Of what has failed or was stopped nobody can decide any more; what had been decided before stays. */
function askOnce(id: string, draft: Draft, { request, endedAt }: Asker): void {
  const before = draft.state.request;
  const isNew = before === undefined || isLaterRun(request.run, before);
  const decidedAt = isNew ? undefined : before.decided?.decidedAt;
  if (endedAt !== undefined && (decidedAt === undefined || decidedAt > endedAt)) throw requestEnded(id, endedAt);
  ask(draft, request);
}

function requestEnded(id: string, endedAt: string): Refusal {
  return new Refusal('request-ended', `What asked about "${id}" ended at ${endedAt}. It takes no answer any more.`);
}

function answered({ request }: RequestState, id: string): Response {
  const deadline = request?.opened?.deadline;
  return Response.json({
    id,
    ...(request && { status: statusOf(request) }),
    ...(deadline !== undefined && { deadline }),
  });
}

function who(context: Context, { personClaim }: ConfirmationRoutes): { id: string; by: Actor } {
  const id = context.req.param('id') ?? '';
  // What cannot be an id is the id of nothing, and never reaches S3 as a key.
  if (!isConfirmationId(id)) throw unknownRequest(id.slice(0, 80));
  return { id, by: actorOf(context, personClaim) };
}

async function readBody<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.infer<Schema>> {
  return parse(schema, await readJson(context.req.raw));
}
