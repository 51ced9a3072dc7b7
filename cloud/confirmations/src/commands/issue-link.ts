import { Draft } from '../draft.ts';
import { effectiveApprovers, whyNot } from '../eligibility.ts';
import type { Actor } from '../events.ts';
import { isEverybody } from '../policy.ts';
import { Refusal } from '../refusals.ts';
import { type Request, stageOf } from '../request-state.ts';
import { mayManage, pending } from './manage.ts';
import { passTime } from './pass-time.ts';

export interface NewLink {
  readonly id: string;
  /** Whose it is. */
  readonly person: string;
  /** Who wants it sent; absent where it goes with a notice. */
  readonly by?: Actor;
  readonly linkId: string;
  readonly keyId: string;
}

/** So many go out for one request, whoever asks for more. */
export const LINKS_MAX = 100;

/**
 * Writes down that somebody gets a link to answer with, until the deadline as it is now.
 *
 * Those who are named get one with a notice, or if they or the owner want it. Who answers as a member of a group gets one if
 * they want it for themselves, or if the owner names them: nobody knows the groups of who comes with a link.
 *
 * @throws {Refusal}
 */
export function issueLink(draft: Draft, { id, person, by, linkId, keyId }: NewLink): void {
  if (by !== undefined) pending(draft, id);
  // A notice goes out before what it tells of is written: whom it was escalated to just now is to have a link in it.
  const ahead = new Draft(draft.record, Date.parse(draft.at));
  passTime(ahead);
  const request = pending(ahead, id);
  if (request.opened === undefined) throw new Refusal('not-allowed', `"${id}" does not wait yet.`);
  if (request.links.size >= LINKS_MAX) throw new Refusal('record-full', `"${id}" has had ${LINKS_MAX} links.`);
  const isNamed = effectiveApprovers(request).people?.includes(person) ?? false;
  assertMayHave(request, person, isNamed, by);
  draft.add({
    type: 'link-issued',
    ...(by !== undefined && { by }),
    linkId,
    person,
    stage: stageOf(request),
    ...(!isNamed && { isMember: true }),
    expiresAt: request.opened.deadline,
    keyId,
  });
}

function assertMayHave(request: Request, person: string, isNamed: boolean, by: Actor | undefined): void {
  const because = whyNot(request, { person, groups: [], via: 'link' });
  if (because === 'is-the-requester') throw new Refusal('not-allowed', `"${person}" has requested this.`);
  if (because === 'is-reassigned') throw new Refusal('not-allowed', `"${person}" has given this to somebody else.`);
  if (request.answers.some((answer) => answer.by.person === person)) {
    throw new Refusal('not-allowed', `"${person}" has answered already.`);
  }
  if (isNamed && by === undefined) return;
  if (by !== undefined && mayName(request, person, isNamed, by)) return;
  throw new Refusal(
    'not-allowed',
    `A link for "${person}" is for the owner to send, or for themselves if they may answer.`,
  );
}

function mayName(request: Request, person: string, isNamed: boolean, by: Actor): boolean {
  const approvers = effectiveApprovers(request);
  const mayBeAnybody = isEverybody(approvers) || approvers.groups !== undefined;
  if (mayManage(request, by)) return isNamed || mayBeAnybody;
  const isApprover = by.person !== undefined && whyNot(request, by) === undefined;
  return isApprover && (isNamed || by.person === person);
}
