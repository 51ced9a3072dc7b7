import type { Report } from './observe.ts';
import type { OrderWorkflow } from './order-workflow.ts';
import type { SendTaskSuccess } from './send-task-success.ts';
import type { WaitStore } from './wait-store.ts';

/** What the functions of this service work with; each names what it needs of it. */
export interface Orders {
  readonly workflow: OrderWorkflow;
  readonly sendTaskSuccess: SendTaskSuccess;
  readonly store: WaitStore;
  readonly now: () => number;
  readonly report: Report;
}
