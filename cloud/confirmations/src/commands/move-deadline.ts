import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { Refusal } from '../refusals.ts';
import { mayManage, pending } from './manage.ts';

export interface NewDeadline {
  readonly id: string;
  readonly by: Actor;
  /** ISO 8601. */
  readonly to: string;
  readonly reason?: string | undefined;
}

/** Step Functions ends an execution that has run for a year. AWS Step Functions quotas, "Maximum execution time". */
const EXECUTION_DAYS_MAX = 364;

/**
 * Gives people more time, or less. For the owner of the request.
 *
 * @throws {Refusal} {@link InvalidRequest}
 */
export function moveDeadline(draft: Draft, { id, by, to, reason }: NewDeadline): void {
  const { opened, executionStartTime, ...request } = pending(draft, id);
  if (!mayManage({ opened, executionStartTime, ...request }, by)) {
    throw new Refusal('not-allowed', 'Only the owner of the request can move its deadline.');
  }
  if (opened === undefined)
    throw new Refusal('not-allowed', `"${id}" does not wait yet, so it has no deadline to move.`);
  const toMs = Date.parse(to);
  const lastMs = Date.parse(executionStartTime) + EXECUTION_DAYS_MAX * 24 * 60 * 60 * 1000;
  if (toMs <= Date.parse(draft.at) || toMs > lastMs) {
    const last = new Date(lastMs).toISOString();
    throw new InvalidRequest([{ pointer: '/deadline', detail: `This must lie ahead, and not after ${last}.` }]);
  }
  const moved = new Date(toMs).toISOString();
  if (moved === opened.deadline) return;
  draft.add({ type: 'deadline-moved', by, from: opened.deadline, to: moved, ...(reason !== undefined && { reason }) });
}
