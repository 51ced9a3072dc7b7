import { nextDueMs } from './commands/pass-time.ts';
import type { OutcomeName } from './events.ts';
import { decidedBy, type Request } from './request-state.ts';

/**
 * What the workflow is told, and all that it learns: it comes to `$.confirmation`.
 *
 * | `decision` | the workflow |
 * | --- | --- |
 * | `wait` | waits on, for so many `seconds` at most |
 * | any other | goes on: that is how it ended |
 */
export type Message =
  | { readonly decision: 'wait'; readonly seconds: number }
  | {
      readonly decision: OutcomeName;
      readonly decidedAt: string;
      /** Those whose answers made it so, as far as they had signed in. */
      readonly decidedBy?: readonly string[];
      /** The last comment that was given with it. */
      readonly comment?: string;
      readonly data?: Readonly<Record<string, unknown>>;
      /** Why, where no answer says it. */
      readonly reason?: string;
      /** The digest of the record's entry that says so. */
      readonly receipt: string;
    };

/** Step Functions takes no longer timeout. AWS Step Functions Developer Guide, "Task state". */
const SECONDS_MAX = 99_999_999;

export function messageFor(request: Request, nowMs: number): Message {
  const { decided } = request;
  const dueMs = nextDueMs(request);
  if (decided === undefined || !decided.isEffective) {
    const seconds = dueMs === undefined ? SECONDS_MAX : Math.ceil((dueMs - nowMs) / 1000);
    return { decision: 'wait', seconds: Math.min(Math.max(seconds, 1), SECONDS_MAX) };
  }
  const { decision, decidedAt, answers, reason, hash } = decided;
  const people = decidedBy(decided);
  const comment = answers.findLast((answer) => answer.comment !== undefined)?.comment;
  const data = Object.fromEntries(answers.flatMap((answer) => Object.entries(answer.data ?? {})));
  return {
    decision,
    decidedAt,
    ...(people.length > 0 && { decidedBy: people }),
    ...(comment !== undefined && { comment }),
    ...(answers.some((answer) => answer.data !== undefined) && { data }),
    ...(reason !== undefined && { reason }),
    receipt: hash,
  };
}
