import type { Actor, Confirmations, Policy, Report } from '../../confirmations/src/index.ts';
import type { ReadProgress } from '../../long-tasks/src/index.ts';
import type { OrderWorkflow } from './order-workflow.ts';

/** What the functions of this service work with; each names what it needs of it. */
export interface Orders {
  readonly workflow: OrderWorkflow;
  readonly confirmations: Confirmations;
  /** The policy of an order whose wait has not begun: the same that the workflow hands to its wait. */
  readonly policy: Policy;
  /** How far an order is that is processed as a long task; absent where none is. */
  readonly readProgress?: ReadProgress | undefined;
  readonly report: Report<string>;
}

export type { Actor };
