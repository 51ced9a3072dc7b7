import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { Refusal } from '../refusals.ts';
import { mayManage, pending } from './manage.ts';

/**
 * Takes a request back: nobody is asked any more. For its owner, and for who asked. The same again changes nothing.
 *
 * @throws {Refusal}
 */
export function withdraw(
  draft: Draft,
  { id, by, reason }: { id: string; by: Actor; reason?: string | undefined },
): void {
  if (draft.state.request?.decided?.decision === 'withdrawn') return;
  const request = pending(draft, id);
  const isRequester = by.person !== undefined && by.person === request.requester;
  if (!isRequester && !mayManage(request, by)) {
    throw new Refusal('not-allowed', 'Only who requested it, or the owner of the request, can withdraw it.');
  }
  draft.add({
    type: 'decided',
    by,
    decision: 'withdrawn',
    effectiveAt: draft.at,
    ...(reason !== undefined && { reason }),
  });
}
