import type { LinkAddress } from './links/link-address.ts';
import type { Approvers } from './policy.ts';

/** Something that people should hear of. */
export interface Notice {
  readonly id: string;
  readonly about: 'requested' | 'reminder' | 'escalated' | 'reassigned' | 'deadline-moved' | 'decided' | 'link';
  /** Whom it concerns; neither groups nor people where nobody in particular. */
  readonly to: Approvers;
  /** Until when it can be answered; of what still waits. */
  readonly deadline?: string;
  /** What was decided; of what does not wait any more. */
  readonly decision?: string;
  /** What people are asked about. */
  readonly subject?: unknown;
  /** For the one person whom a `link` concerns, who gets it by a message to nobody else. */
  readonly link?: LinkAddress;
}

/**
 * Tells people. A failure is the notifier's to report: nobody's decision fails because a mail could not be sent.
 *
 * It may be called twice with the same notice, and after a crash it is.
 */
export type Notify = (notices: readonly Notice[]) => Promise<void>;
