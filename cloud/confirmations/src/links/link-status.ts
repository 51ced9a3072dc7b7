import { whyNot } from '../eligibility.ts';
import type { Request, RequestState } from '../request-state.ts';

/** What can be done with a link: `open` ones answer. */
export type LinkStatus = 'open' | 'unknown' | DeadLink;

/**
 * Why a link is of no use any more.
 *
 * | status | because |
 * | --- | --- |
 * | `used` | its person has answered, with it or otherwise |
 * | `expired` | its time or that of the request is over |
 * | `reassigned` | its person gave it to somebody else, or had it taken away |
 * | `moved-on` | its stage is complete, and the next one is asked |
 * | `decided`, `withdrawn` | nobody is asked any more |
 */
export type DeadLink = 'used' | 'expired' | 'reassigned' | 'moved-on' | 'decided' | 'withdrawn';

/** @param at ISO 8601. What is due by then and not yet written counts as well. */
export function linkStatus({ request }: RequestState, linkId: string, at: string): LinkStatus {
  const link = request?.links.get(linkId);
  if (request === undefined || link === undefined) return 'unknown';
  if (link.isUsed || request.answers.some(({ by }) => by.person === link.person)) return 'used';
  if (request.decided !== undefined) return endOf(request.decided.decision);
  const because = whyNot(request, { person: link.person, groups: [], via: 'link', linkId });
  if (because === 'is-reassigned') return 'reassigned';
  if (at >= link.expiresAt || isOver(request, at)) return 'expired';
  if (because === 'has-moved-on') return 'moved-on';
  return because === undefined ? 'open' : 'reassigned';
}

function endOf(decision: NonNullable<Request['decided']>['decision']): DeadLink {
  return decision === 'withdrawn' || decision === 'expired' ? decision : 'decided';
}

function isOver({ opened }: Request, at: string): boolean {
  return opened !== undefined && at >= opened.deadline;
}

/** What people are told of it, on the page and in answers. */
export const LINK_WORDS: Readonly<Record<DeadLink | 'unknown', { title: string; detail: string }>> = {
  used: {
    title: 'You have answered',
    detail: 'Your answer was taken. A link works once, and this one has done its work.',
  },
  expired: {
    title: 'The time is over',
    detail: 'This link ended with the time that there was to answer. If it is asked again, you get a new one.',
  },
  reassigned: {
    title: 'Somebody else answers this',
    detail: 'What this link asked was given to somebody else, who has a link of their own.',
  },
  'moved-on': {
    title: 'This step is complete',
    detail: 'Enough others have confirmed, and it has gone on to the next step. Your answer is not needed any more.',
  },
  decided: { title: 'It is decided', detail: 'Others have answered already. Your answer is not needed any more.' },
  withdrawn: {
    title: 'The request was withdrawn',
    detail: 'Whoever asked has taken it back. There is nothing to answer.',
  },
  unknown: {
    title: 'There is no such link',
    detail: 'See whether you opened the whole address of the message, or ask for a new link.',
  },
};
