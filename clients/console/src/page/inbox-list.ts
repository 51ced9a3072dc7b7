import type { InboxPlace } from './address.ts';
import type { PendingOrder } from './orders.ts';
import { isDueWithinADay } from './time-text.ts';

/** What the filter lets through, what is due first first: those for whoever asks, and the others. */
export function sortedInbox(
  orders: readonly PendingOrder[],
  { show, due, query }: InboxPlace,
  nowMs: number,
): { readonly mine: readonly PendingOrder[]; readonly others: readonly PendingOrder[] } {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = orders
    .filter(({ expiresAt }) => due === 'any' || isDueWithinADay(expiresAt, nowMs))
    .filter((order) => words.every((word) => searchText(order).includes(word)))
    .sort((a, b) => a.expiresAt.localeCompare(b.expiresAt) || a.orderId.localeCompare(b.orderId));
  return {
    mine: found.filter(({ pending }) => pending.mayAnswer),
    others: show === 'mine' ? [] : found.filter(({ pending }) => !pending.mayAnswer),
  };
}

function searchText({ orderId, orderDetails, requestedBy = '', amount }: PendingOrder): string {
  return `${orderId} ${orderDetails} ${requestedBy} ${amount?.value ?? ''} ${amount?.currency ?? ''}`.toLowerCase();
}
