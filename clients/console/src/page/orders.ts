// What the orders API answers, as far as the page reads it; `/openapi.json` has all of it. Instants are ISO 8601 in UTC.

export type Decision = 'confirm' | 'reject';

export type OrderStatus =
  'PROCESSING' | 'AWAITING_CONFIRMATION' | 'CONFIRMED' | 'COMPLETED' | 'REJECTED' | 'EXPIRED' | 'WITHDRAWN' | 'FAILED';

export interface Progress {
  readonly stage: number;
  readonly stages: number;
  readonly given: number;
  readonly needed: number;
}

/** Neither groups nor people: everybody. */
export interface Approvers {
  readonly groups?: readonly string[];
  readonly people?: readonly string[];
}

export interface Pending {
  readonly deadline?: string;
  readonly approvers: Approvers;
  readonly confirmations: Progress;
  readonly owner?: string;
  readonly commentRequired?: readonly string[];
  readonly form?: FormSchema;
  readonly holdSeconds?: number;
  readonly mayAnswer: boolean;
}

/** A JSON Schema of the data that a confirmation carries. */
export interface FormSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

export interface FieldSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Settlement {
  readonly decision: string;
  readonly decidedAt: string;
  readonly decidedBy?: readonly string[];
  readonly comment?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
  readonly effectiveAt?: string;
}

/** What was ordered. */
interface Order {
  readonly orderId: string;
  readonly orderDetails: string;
  readonly items?: readonly unknown[];
  readonly amount?: { readonly value: string; readonly currency: string };
  readonly requestedBy?: string;
}

export interface PendingOrder extends Order {
  readonly waitingSince: string;
  readonly expiresAt: string;
  readonly pending: Pending;
}

/** How far the work on an order has come, as it last said itself. */
export interface WorkProgress {
  readonly percent: number;
  readonly at: string;
  readonly message?: string;
}

export interface OrderView extends Order {
  readonly status: OrderStatus;
  /** Only while something long is done about it. */
  readonly progress?: WorkProgress;
  readonly acceptedAt: string;
  readonly expiresAt?: string;
  readonly endedAt?: string;
  readonly pending?: Pending;
  readonly confirmation?: Settlement;
  readonly failure?: { readonly error: string; readonly cause: string };
}

/** What whoever answers gets to keep. */
export interface Receipt {
  readonly id: string;
  readonly status: string;
  readonly decision: Decision;
  readonly decidedAt: string;
  readonly decidedBy?: readonly string[];
  readonly effectiveAt?: string;
  readonly confirmations?: Progress;
  readonly receipt: string;
}

export interface RecordEntry {
  readonly seq: number;
  readonly at: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly previous?: string;
  readonly hash: string;
}

export interface OrderRecord {
  readonly head?: string;
  readonly entries: readonly RecordEntry[];
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** What a request came to. Who asks is never thrown at. */
export type Answered<Body> =
  { readonly isOk: true; readonly body: Body } | { readonly isOk: false; readonly problem: Problem };
