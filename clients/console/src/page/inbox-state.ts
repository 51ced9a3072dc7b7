import { signal } from '@preact/signals';
import type { PendingOrder } from './orders.ts';

/** What was last heard to wait: shown at once to whoever comes back from an order. Undefined before the first answer. */
export const listed = signal<{ readonly orders: readonly PendingOrder[]; readonly isAll: boolean } | undefined>(
  undefined,
);

/** The ids of what is ticked. */
export const selection = signal<ReadonlySet<string>>(new Set());
