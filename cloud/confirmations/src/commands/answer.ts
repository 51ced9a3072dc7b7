import { isDeepStrictEqual } from 'node:util';
import type { Draft } from '../draft.ts';
import { effectiveApprovers, whyNot } from '../eligibility.ts';
import type { Actor, Answer } from '../events.ts';
import { assertFitsForm } from '../form.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { describeApprovers, isEverybody } from '../policy.ts';
import { contradicts, expired, Refusal, withdrawn } from '../refusals.ts';
import { type Decided, type GivenAnswer, type Request, stageOf } from '../request-state.ts';
import { passDeadline } from './pass-time.ts';

export interface GivenBy {
  readonly id: string;
  readonly answer: Answer;
  readonly by: Actor;
  /** The digest of what they were shown. */
  readonly shown?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** So many refused attempts are written down; the rest only changes what is counted. */
export const REFUSALS_MAX = 50;

/** So many answers are kept for a request that does not exist yet. */
const EARLY_MAX = 100;

/**
 * Writes down what somebody answers, and what it decides. The first decision holds; the same again changes nothing.
 *
 * @throws {Refusal} {@link InvalidRequest}
 */
export function answer(draft: Draft, given: GivenBy): void {
  passDeadline(draft);
  const { request, early } = draft.state;
  const answers = request?.answers ?? early;
  // First of all: whoever sends the same request again, for an answer that got lost, learns what came of it.
  const repeated = sameKey(answers, request?.undone ?? [], given);
  if (request?.decided !== undefined) return assertSame(given, request.decided);
  const earlier = repeated ?? ownAnswer(answers, given);
  if (request === undefined) {
    if (earlier === undefined && early.length < EARLY_MAX) write(draft, given, 0);
    else if (earlier === undefined) throw new Refusal('record-full', `"${given.id}" has ${EARLY_MAX} early answers.`);
    return;
  }
  if (earlier !== undefined) return;

  assertMay(draft, request, given);
  assertComplete(request, given.answer);
  write(draft, given, stageOf(request));
  decideIfComplete(draft, given.answer);
}

/** The answer that was given with this idempotency key. */
function sameKey(
  answers: readonly GivenAnswer[],
  undone: readonly GivenAnswer[],
  { id, answer, by, idempotencyKey }: GivenBy,
): GivenAnswer | undefined {
  if (idempotencyKey === undefined) return undefined;
  if (undone.some((one) => one.idempotencyKey === idempotencyKey)) {
    throw new Refusal('idempotency-key-reused', `The answer to "${id}" with this idempotency key was taken back.`);
  }
  const same = answers.find((one) => one.idempotencyKey === idempotencyKey);
  if (same !== undefined && (same.by.person !== by.person || !isSame(same, answer))) {
    throw new Refusal('idempotency-key-reused', `The idempotency key was used for another answer to "${id}".`);
  }
  return same;
}

/** What this person has said before: a repetition, or else a contradiction. */
function ownAnswer(answers: readonly GivenAnswer[], { id, answer, by }: GivenBy): GivenAnswer | undefined {
  // All who have not signed in are one: nobody can tell them apart.
  const own = answers.find((one) => one.by.person === by.person);
  if (own === undefined || own.decision === answer.decision) return own;
  const { decision, at } = own;
  throw new Refusal('contradicting-decision', `You have answered "${id}" with "${decision}" at ${at}. It stands.`);
}

function isSame({ decision, comment, data }: GivenAnswer, answer: Answer): boolean {
  return isDeepStrictEqual(
    { decision, comment, data },
    { decision: answer.decision, comment: answer.comment, data: answer.data },
  );
}

function assertSame({ id, answer }: GivenBy, decided: Decided): void {
  if (decided.decision === answer.decision) return;
  if (decided.decision === 'expired') throw expired(id, decided);
  if (decided.decision === 'withdrawn') throw withdrawn(id, decided);
  throw contradicts(id, decided);
}

function assertMay(draft: Draft, request: Request, { id, answer, by }: GivenBy): void {
  const approvers = effectiveApprovers(request);
  const isNobody = by.person === undefined;
  const asksWho = !isEverybody(approvers) || request.policy.requesterMayDecide === false;
  if (isNobody && asksWho) {
    throw new Refusal('sign-in-needed', `Sign in: "${id}" is for ${describeApprovers(approvers)}.`);
  }
  const because = whyNot(request, by);
  if (because === undefined) return;
  if (request.refusals < REFUSALS_MAX) draft.add({ type: 'refused', by, attempted: answer.decision, because });
  throw new Refusal(
    'not-allowed',
    isEverybody(approvers) ? REASONS[because] : `${REASONS[because]} It is for ${describeApprovers(approvers)}.`,
  );
}

const REASONS = {
  'not-an-approver': 'You are not among those who may answer this now.',
  'is-the-requester': 'You have requested this yourself, so somebody else has to answer.',
  'is-reassigned': 'You have given this to somebody else.',
  'has-moved-on': 'The stage that your link was for is complete.',
} as const;

function assertComplete({ policy }: Request, { decision, comment, data }: Answer): void {
  if (comment === undefined && policy.commentRequired?.includes(decision)) {
    throw new InvalidRequest([{ pointer: '/comment', detail: `Say why: a comment is needed to ${decision}.` }]);
  }
  if (decision === 'confirm') return assertFitsForm(policy.form, data);
  if (data !== undefined) throw new InvalidRequest([{ pointer: '/data', detail: 'Only a confirmation carries data.' }]);
}

function write(draft: Draft, { answer, by, shown, idempotencyKey }: GivenBy, stage: number): void {
  draft.add({
    type: 'answered',
    by,
    ...answer,
    stage,
    ...(shown !== undefined && { shown }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
}

function decideIfComplete(draft: Draft, { decision }: Answer): void {
  const { request } = draft.state;
  if (request === undefined) return;
  if (decision === 'confirm' && stageOf(request) < request.stages.length) return;
  const holdMs = (request.policy.holdSeconds ?? 0) * 1000;
  draft.add({ type: 'decided', decision, effectiveAt: new Date(Date.parse(draft.at) + holdMs).toISOString() });
}
