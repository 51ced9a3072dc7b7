import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { Refusal, unknownRequest } from '../refusals.ts';
import { mayManage } from './manage.ts';
import { passDeadline } from './pass-time.ts';

/**
 * Takes back the answer that decided, as long as the policy holds it. For who gave it, and for the owner. The
 * same again changes nothing.
 *
 * @throws {Refusal}
 */
export function undo(draft: Draft, { id, by, reason }: { id: string; by: Actor; reason?: string | undefined }): void {
  passDeadline(draft);
  const { request } = draft.state;
  if (request === undefined) throw unknownRequest(id);
  const { decided } = request;
  const last = draft.record.findLast(({ event }) => event.type === 'answered' || event.type === 'undone')?.event;
  if (decided === undefined && last?.type === 'undone' && last.by.person === by.person) return;
  if (decided === undefined)
    throw new Refusal('too-late-to-undo', `Nothing is decided on "${id}", so nothing can be undone.`);
  const deciding = decided.answers.at(-1);
  if (deciding === undefined || decided.isEffective) {
    throw new Refusal('too-late-to-undo', `The decision on "${id}" took effect at ${decided.effectiveAt}.`, decided);
  }
  if (deciding.by.person !== by.person && !mayManage(request, by)) {
    throw new Refusal('not-allowed', 'Only who gave the answer, or the owner of the request, can take it back.');
  }
  draft.add({ type: 'undone', by, ...(reason !== undefined && { reason }) });
}
