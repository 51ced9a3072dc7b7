import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { Refusal, unknownRequest } from '../refusals.ts';
import { mayManage } from './manage.ts';

/**
 * Takes back the answer that decided, as long as the policy holds it. For who gave it, and for the owner.
 *
 * @throws {Refusal}
 */
export function undo(draft: Draft, { id, by, reason }: { id: string; by: Actor; reason?: string | undefined }): void {
  const { request } = draft.state;
  if (request === undefined) throw unknownRequest(id);
  const { decided, isDelivered } = request;
  if (decided === undefined)
    throw new Refusal('too-late-to-undo', `Nothing is decided on "${id}", so nothing can be undone.`);
  const last = decided.answers.at(-1);
  if (last === undefined || isDelivered || draft.at >= decided.effectiveAt) {
    throw new Refusal('too-late-to-undo', `The decision on "${id}" took effect at ${decided.effectiveAt}.`, decided);
  }
  if (last.by.person !== by.person && !mayManage(request, by)) {
    throw new Refusal('not-allowed', 'Only who gave the answer, or the owner of the request, can take it back.');
  }
  draft.add({ type: 'undone', by, ...(reason !== undefined && { reason }) });
}
