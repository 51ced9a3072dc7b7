import { type Context, Hono } from 'hono';
import { answerByLink, type LinkBearer, openLink, refuseOldLink, refuseWrongLink } from '../commands/use-link.ts';
import { isConfirmationId } from '../confirmation-id.ts';
import { digestOf } from '../digest.ts';
import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { InvalidRequest, parse } from '../invalid-request.ts';
import { isLinkId } from '../links/link-id.ts';
import { isSecretOf } from '../links/link-secret.ts';
import { linkStatus } from '../links/link-status.ts';
import { issueLinkFor, type Links } from '../links/links.ts';
import { isRecent, nonceOf, readNonce } from '../links/nonce.ts';
import { WRONG_ATTEMPTS_MAX, WrongAttempts } from '../links/wrong-attempts.ts';
import { linkPage } from '../page/page.ts';
import { pendingOf, receiptOf } from '../receipts.ts';
import { Refusal, type RefusalKind, unknownLink, unknownRequest } from '../refusals.ts';
import { stateOf } from '../request-state.ts';
import { actorOf } from './actor.ts';
import { linkRequestSchema } from './contract.ts';
import { HttpError } from './http-error.ts';
import { linkAnswerSchema, linkOpeningSchema, type Shown } from './link-contract.ts';
import { readJson } from './request.ts';
import { about, type ConfirmationRoutes } from './routes.ts';

/** What the routes of links need beside {@link ConfirmationRoutes}. */
export interface LinkRoutes extends ConfirmationRoutes {
  readonly links: Links;
}

/**
 * Links, for people who answer from a mail or a chat, to be mounted under a path that ends in `/:id`.
 *
 * `POST /links` is for who has signed in. The others are open: whoever has the secret is taken for the link's person. It comes in
 * the body of a POST only, so whatever fetches the address, be it a scanner or a preview, learns nothing and changes nothing.
 * An address with {@link WRONG_ATTEMPTS_MAX} wrong secrets in a minute gets 429, whatever it comes with, until the minute is over.
 */
export function linkRoutes(routes: LinkRoutes): Hono {
  const app = new Hono();
  const attempts = new WrongAttempts(routes.now);

  app.post('/links', async (context) => {
    const id = confirmationId(context);
    const by = actorOf(context, routes.personClaim);
    const { person } = parse(linkRequestSchema, await readJson(context.req.raw));
    return Response.json(await sendLink(id, person, by, routes), { status: 202 });
  });

  app.get('/links/:linkId', async (context) => {
    const id = context.req.param('id') ?? '';
    const linkId = context.req.param('linkId');
    const isPossible = isConfirmationId(id) && isLinkId(linkId);
    const state = stateOf(isPossible ? (await routes.records.read(id)).record : []);
    return linkPage(linkStatus(state, linkId, new Date(routes.now()).toISOString()));
  });

  app.post('/links/:linkId/open', async (context) => {
    const { secret } = parse(linkOpeningSchema, await readJson(context.req.raw));
    return Response.json(await open(await authenticate(context, secret, 'open', attempts, routes), routes));
  });

  app.post('/links/:linkId/answer', async (context) => {
    const { secret, nonce, ...given } = parse(linkAnswerSchema, await readJson(context.req.raw));
    const { id, by, key } = await authenticate(context, secret, given.decision, attempts, routes);
    const seen = readNonce(key, by.linkId, nonce);
    if (seen === undefined) return await refuse(id, (draft) => refuseWrongLink(draft, by, given.decision), routes);
    const { shown } = seen;
    const wait = await routes.waits.read(id);
    const isCurrent = wait !== undefined && digestOf(wait.subject) === shown && isRecent(seen, routes.now());
    const answer = { id, answer: given, by, shown, isCurrent };
    const state = await about(id, by, (draft) => answerByLink(draft, answer), routes);
    return Response.json(receiptOf(id, state, given, by));
  });

  for (const [path, methods] of Object.entries(METHODS)) {
    app.all(path, ({ req }) => {
      throw new HttpError(405, `${req.method} is not for this; ${methods} is.`, { allow: methods });
    });
  }
  return app;
}

const METHODS = {
  '/links': 'POST',
  '/links/:linkId': 'GET, HEAD',
  '/links/:linkId/open': 'POST',
  '/links/:linkId/answer': 'POST',
};

interface Authenticated {
  readonly id: string;
  readonly by: LinkBearer;
  readonly key: Uint8Array;
}

/**
 * Who comes with a link, by its secret. Who has come with too many wrong ones is not looked at: nothing is read for them, and
 * they cannot tell a right one.
 *
 * @throws {Refusal} {@link HttpError}
 */
async function authenticate(
  context: Context,
  secret: string,
  attempted: string,
  attempts: WrongAttempts,
  routes: LinkRoutes,
): Promise<Authenticated> {
  const address = actorOf(context, routes.personClaim).sourceIp ?? '';
  const seconds = attempts.secondsToWait(address);
  if (seconds > 0) throw tooManyAttempts(seconds);
  try {
    return await identify(context, secret, attempted, routes);
  } catch (error) {
    if (error instanceof Refusal && WRONG.has(error.kind) && attempts.add(address)) {
      routes.report('link.attempts-exhausted', { id: (context.req.param('id') ?? '').slice(0, 80), sourceIp: address });
    }
    throw error;
  }
}

/** What a guess is answered with. */
const WRONG: ReadonlySet<RefusalKind> = new Set(['unknown-request', 'link-wrong']);

function tooManyAttempts(seconds: number): HttpError {
  const detail = `From this address ${WRONG_ATTEMPTS_MAX} links came that open nothing. Try again in ${seconds} s.`;
  return new HttpError(429, detail, { 'retry-after': String(seconds) });
}

async function identify(
  context: Context,
  secret: string,
  attempted: string,
  routes: LinkRoutes,
): Promise<Authenticated> {
  const id = confirmationId(context);
  const linkId = context.req.param('linkId') ?? '';
  if (!isLinkId(linkId)) throw unknownLink();
  const link = stateOf((await routes.records.read(id)).record).request?.links.get(linkId);
  if (link === undefined) throw unknownLink();

  const { sourceIp } = actorOf(context, routes.personClaim);
  const somebody: LinkBearer = { groups: [], via: 'link', linkId, ...(sourceIp !== undefined && { sourceIp }) };
  const key = (await routes.links.keys.byId(link.keyId))?.key;
  if (key === undefined) return await refuse(id, (draft) => refuseOldLink(draft, somebody, attempted), routes);
  const { person, expiresAt } = link;
  if (isSecretOf(key, { id, linkId, person, expiresAt }, secret)) return { id, by: { ...somebody, person }, key };
  return await refuse(id, (draft) => refuseWrongLink(draft, somebody, attempted), routes);
}

/** `work` writes down what was tried, and throws. */
async function refuse(id: string, work: (draft: Draft) => never, { records }: LinkRoutes): Promise<never> {
  await records.append(id, work);
  throw new Error('what was refused was let pass');
}

async function open({ id, by, key }: Authenticated, routes: LinkRoutes): Promise<Shown> {
  const wait = await routes.waits.read(id);
  const shown = wait && digestOf(wait.subject);
  const { request } = await about(id, by, (draft) => openLink(draft, by, shown), routes);
  if (wait === undefined || shown === undefined || request === undefined)
    throw new Refusal('link-dead', 'What asked does not wait any more.');
  const { approvers: _, mayAnswer: __, owner: ___, ...pending } = pendingOf(request, by);
  const { person = '', linkId } = by;
  return {
    id,
    person,
    ...(request.requester !== undefined && { requester: request.requester }),
    subject: wait.subject as Shown['subject'],
    ...pending,
    shown,
    nonce: nonceOf(key, linkId, { shown, atMs: routes.now() }),
  };
}

/** The link itself is in no answer: it goes to its person. */
async function sendLink(id: string, person: string, by: Actor, routes: LinkRoutes) {
  if (by.person === undefined) throw new Refusal('sign-in-needed', 'Sign in to have a link sent.');
  if (!routes.links.reaches(person)) {
    throw new InvalidRequest([{ pointer: '/person', detail: 'No mail can be sent to this person.' }]);
  }
  const link = await issueLinkFor(id, person, by, { ...routes, ...routes.links });
  const wait = await routes.waits.read(id);
  const subject = wait === undefined ? {} : { subject: wait.subject };
  await routes.notify([{ id, about: 'link', to: { people: [person] }, link, ...subject }]);
  return { id, person };
}

function confirmationId(context: Context): string {
  const id = context.req.param('id') ?? '';
  // What cannot be an id is the id of nothing, and never reaches S3 as a key.
  if (!isConfirmationId(id)) throw unknownRequest(id.slice(0, 80));
  return id;
}
