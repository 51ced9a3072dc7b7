import { Refusal } from '../refusals.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { answer } from './answer.ts';
import { digestOf } from '../digest.ts';
import type { Draft } from '../draft.ts';
import type { Run } from '../events.ts';
import { type Policy, stagesFor } from '../policy.ts';
import { memberAt } from '../json-pointer.ts';
import { moneySchema } from '../text.ts';

/** What is asked of people. */
export interface NewRequest {
  readonly id: string;
  readonly run: Run;
  /** What it is about. Only its digest is written into the record. */
  readonly subject: unknown;
  readonly policy: Policy;
}

/**
 * Asks, unless this run has asked already: then its first words hold, and its policy with them, whatever was deployed since.
 * Answers that came before are weighed now, in the order they came: nobody who answers later overtakes them.
 */
export function request(draft: Draft, { id, run, subject, policy }: NewRequest): void {
  const { request: current, early } = draft.state;
  if (current !== undefined && !isLaterRun(run, current)) return;
  const { data: amount } = moneySchema.safeParse(memberAt(subject, policy.amountAt ?? '/amount'));
  const requester = memberAt(subject, policy.requesterAt ?? '/requestedBy');
  draft.add({
    type: 'requested',
    executionArn: run.executionArn,
    executionStartTime: run.executionStartTime,
    policy,
    policyDigest: digestOf(policy),
    subjectDigest: digestOf(subject),
    stages: [...stagesFor(policy, amount)],
    ...(typeof requester === 'string' && { requester }),
  });

  for (const { by, decision, comment, data, idempotencyKey } of early) {
    const given = { decision, ...(comment !== undefined && { comment }), ...(data !== undefined && { data }) };
    try {
      answer(draft, { id, answer: given, by, idempotencyKey });
    } catch (error) {
      // Whoever sent it has gone; why it did not count is in the record.
      if (!(error instanceof Refusal || error instanceof InvalidRequest)) throw error;
    }
  }
}

/** Names rest for 90 days: what is of one name and began within a day of each other is one run, whatever clocks say. */
const CLOCK_DIFFERENCE_MAX_MS = 24 * 60 * 60 * 1000;

/** A run that began before the one that is there is an attempt that comes late, and has nothing to ask any more. */
export function isLaterRun(run: Run, current: Run): boolean {
  const laterMs = Date.parse(run.executionStartTime) - Date.parse(current.executionStartTime);
  return laterMs > (run.executionArn === current.executionArn ? CLOCK_DIFFERENCE_MAX_MS : 0);
}
