import type { Draft } from '../draft.ts';
import { effectiveApprovers } from '../eligibility.ts';
import type { Actor } from '../events.ts';
import { isAmong } from '../policy.ts';
import { Refusal } from '../refusals.ts';
import { stageOf } from '../request-state.ts';
import { mayManage, pending } from './manage.ts';

export interface Reassignment {
  readonly id: string;
  readonly by: Actor;
  /** In whose place. Only the owner may name somebody else than themselves. */
  readonly from: string;
  readonly to: string;
  readonly reason?: string | undefined;
}

/**
 * Lets somebody answer in another's place: a person gives their own part away, the owner anybody's. What the other has been
 * sent to answer with is of no use from here on.
 *
 * @throws {Refusal}
 */
export function reassign(draft: Draft, { id, by, from, to, reason }: Reassignment): void {
  const request = pending(draft, id);
  const isGiven = request.reassigned.has(from);
  const isOwnPart = by.person === from && (isGiven || isAmong(effectiveApprovers(request), by));
  if (!isOwnPart && !mayManage(request, by)) {
    throw new Refusal('not-allowed', 'Only who may answer, or the owner of the request, can give it to somebody else.');
  }
  if (request.reassigned.get(from) === to) return;
  if (isGiven && !mayManage(request, by)) {
    throw new Refusal('not-allowed', `You have given it to "${request.reassigned.get(from)}" already.`);
  }
  // Else one part would count twice: by who had it, and by who has it now.
  if (request.answers.some((one) => one.by.person === from && one.stage === stageOf(request))) {
    throw new Refusal('not-allowed', `"${from}" has answered, and has nothing left to give to somebody else.`);
  }
  if (from === to || leadsTo(request.reassigned, to, from)) {
    throw new Refusal('not-allowed', `That would lead in a circle: "${to}" has given it to "${from}".`);
  }
  draft.add({ type: 'reassigned', by, from, to, ...(reason !== undefined && { reason }) });
}

function leadsTo(reassigned: ReadonlyMap<string, string>, from: string, to: string): boolean {
  for (let next = reassigned.get(from); next !== undefined; next = reassigned.get(next)) if (next === to) return true;
  return false;
}
