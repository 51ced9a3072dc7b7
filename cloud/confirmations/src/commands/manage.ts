import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { contradicts, expired, Refusal, unknownRequest, withdrawn } from '../refusals.ts';
import type { Request } from '../request-state.ts';
import { passDeadline } from './pass-time.ts';

/** A record is read and written as a whole; so many changes of mind are enough. */
const ENTRIES_MAX = 500;

/** Whether somebody is the owner of the request, or among its owners. Where nobody owns it, nobody may. */
export function mayManage({ policy: { owner } }: Request, { person, groups }: Actor): boolean {
  return owner !== undefined && (owner === person || groups.includes(owner));
}

/**
 * The request, if it can still be answered.
 *
 * @throws {Refusal}
 */
export function pending(draft: Draft, id: string): Request {
  passDeadline(draft);
  const { request } = draft.state;
  if (request === undefined) throw unknownRequest(id);
  const { decided } = request;
  if (decided === undefined) {
    if (draft.record.length < ENTRIES_MAX) return request;
    throw new Refusal(
      'record-full',
      `The record of "${id}" has ${draft.record.length} entries, and takes only answers now.`,
    );
  }
  if (decided.decision === 'expired') throw expired(id, decided);
  if (decided.decision === 'withdrawn') throw withdrawn(id, decided);
  throw contradicts(id, decided);
}
