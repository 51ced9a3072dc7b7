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
 */
export function request(draft: Draft, { run, subject, policy }: NewRequest): void {
  const current = draft.state.request;
  // A run that began before the one that is there is an attempt that comes late, and has nothing to ask any more.
  if (current !== undefined && current.executionStartTime >= run.executionStartTime) return;
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
}
