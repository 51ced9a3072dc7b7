import type { Notify } from './notice.ts';
import type { Report } from './observe.ts';
import type { RecordStore } from './record-store.ts';
import type { SendTaskSuccess } from './send-task-success.ts';
import type { WaitStore } from './wait-store.ts';

/** What the functions of this service work with; each names what it needs of it. */
export interface Confirmations {
  readonly waits: WaitStore;
  readonly records: RecordStore;
  readonly sendTaskSuccess: SendTaskSuccess;
  /** Tells people. It may tell them twice. */
  readonly notify: Notify;
  readonly now: () => number;
  readonly report: Report;
}
