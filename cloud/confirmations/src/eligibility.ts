import type { Actor } from './events.ts';
import { type Approvers, isAmong, isEverybody } from './policy.ts';
import { type Request, stageOf } from './request-state.ts';

/**
 * Who may answer now: the approvers of the stage that is next, or was last, those who stand in for them, and whom
 * it was escalated to.
 */
export function effectiveApprovers(request: Request): Approvers {
  const stage = request.stages[Math.min(stageOf(request), request.stages.length - 1)] ?? {};
  if (isEverybody(stage)) return {};
  const all = [stage, ...request.escalatedTo];
  if (all.some(isEverybody)) return {};
  const named = all.flatMap(({ people = [] }) => people);
  const people = [...named, ...standIns(request)].filter((person) => !request.reassigned.has(person));
  const groups = all.flatMap(({ groups = [] }) => groups);
  return {
    ...(groups.length > 0 && { groups: [...new Set(groups)] }),
    ...(people.length > 0 && { people: [...new Set(people)] }),
  };
}

/** Why somebody may not answer now; undefined if they may. */
export function whyNot(
  request: Request,
  actor: Actor,
): 'not-an-approver' | 'is-the-requester' | 'is-reassigned' | 'has-moved-on' | undefined {
  const { policy, requester, reassigned } = request;
  if (policy.requesterMayDecide === false && actor.person === requester) return 'is-the-requester';
  // Who is in a group and gave their own part away has given it away.
  if (actor.person !== undefined && reassigned.has(actor.person)) return 'is-reassigned';
  const link = actor.linkId === undefined ? undefined : request.links.get(actor.linkId);
  if (link !== undefined && link.stage !== stageOf(request)) return 'has-moved-on';
  // Nobody knows the groups of who comes with a link; that they were in one was found when it was issued.
  if (link !== undefined && link.person === actor.person && link.isMember) return undefined;
  return isAmong(effectiveApprovers(request), actor) ? undefined : 'not-an-approver';
}

/** Those at the end of each chain: Anna gave it to Ben, and Ben to Chris. */
function standIns({ reassigned }: Request): string[] {
  return [...reassigned.values()].filter((person) => !reassigned.has(person));
}
