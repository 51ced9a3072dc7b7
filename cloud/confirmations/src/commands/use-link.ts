import { Refusal, unknownLink } from '../refusals.ts';
import type { Draft } from '../draft.ts';
import type { Actor, Answer } from '../events.ts';
import { LINK_WORDS, linkStatus } from '../links/link-status.ts';
import { answer, REFUSALS_MAX } from './answer.ts';
import { passDeadline } from './pass-time.ts';
import { view } from './view.ts';

/** Who comes with a link whose secret was right. */
export type LinkBearer = Actor & { readonly linkId: string };

export interface AnswerByLink {
  readonly id: string;
  readonly answer: Answer;
  readonly by: LinkBearer;
  /** The digest of what they were shown. */
  readonly shown: string;
  /** Whether that is what is asked now, and was shown not long ago. */
  readonly isCurrent: boolean;
}

/**
 * @param shown the digest of what they are about to see; undefined if there is nothing to be seen any more.
 * @throws {Refusal} if the link is of no use any more.
 */
export function openLink(draft: Draft, by: LinkBearer, shown: string | undefined): void {
  assertOpen(draft, by, 'open');
  if (shown !== undefined) view(draft, by, shown);
}

/**
 * What {@link answer} does, by a link: once, and only to what was shown. The same answer again by the same link changes nothing.
 *
 * @throws {Refusal} {@link InvalidRequest}
 */
export function answerByLink(draft: Draft, { id, answer: given, by, shown, isCurrent }: AnswerByLink): void {
  passDeadline(draft);
  const isRepetition = draft.state.request?.answers.some((one) => one.by.linkId === by.linkId) ?? false;
  if (!isRepetition) {
    assertOpen(draft, by, given.decision);
    if (!isCurrent) refuse(draft, by, given.decision, new Refusal('read-again', READ_AGAIN));
  }
  const refusals = draft.state.request?.refusals;
  try {
    answer(draft, { id, answer: given, by, shown });
  } catch (error) {
    if (error instanceof Refusal && draft.state.request?.refusals === refusals)
      refuse(draft, by, given.decision, error);
    throw error;
  }
}

const READ_AGAIN = 'What is asked has changed, or it is long since it was shown. Read it again, then answer.';

/** Writes down that somebody came with something that is not the link's secret, and nothing of what it was. */
export function refuseWrongLink(draft: Draft, by: Actor, attempted: string): never {
  const detail = 'The link is not whole, or not the one that was sent. Open it from the message once more.';
  return refuse(draft, by, attempted, new Refusal('link-wrong', detail));
}

/** Its key was replaced so long ago that nobody can tell any more whether it is right. */
export function refuseOldLink(draft: Draft, by: Actor, attempted: string): never {
  const detail = 'The link is too old to be verified. Ask for a new one.';
  return refuse(draft, by, attempted, new Refusal('link-dead', detail));
}

function assertOpen(draft: Draft, by: LinkBearer, attempted: string): void {
  passDeadline(draft);
  const status = linkStatus(draft.state, by.linkId, draft.at);
  if (status === 'open') return;
  if (status === 'unknown') throw unknownLink();
  refuse(draft, by, attempted, new Refusal('link-dead', LINK_WORDS[status].detail), status);
}

function refuse(draft: Draft, by: Actor, attempted: string, refusal: Refusal, because: string = refusal.kind): never {
  const { request } = draft.state;
  if (request !== undefined && request.refusals < REFUSALS_MAX) draft.add({ type: 'refused', by, attempted, because });
  throw refusal;
}
