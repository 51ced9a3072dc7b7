import { liveView } from './live-view.ts';
import { type Order, textOf } from './order.ts';
import { ApiRefusal } from './orders-api.ts';
import { outputWidth, print, printJson, style } from './output.ts';
import { askPendingOrders, ordersOf, pendingColumns } from './pending-orders.ts';
import type { Poll } from './poll.ts';
import { serverNowMs } from './server-clock.ts';
import { table } from './table.ts';
import { askOrder, orderLine, type Watched } from './watch-order.ts';

/** A page of the API's, which is what a terminal has room for. */
const LIMIT = 100;

/**
 * Shows what waits: drawn anew on a terminal; elsewhere an order each time that it came, changed, or waits no longer, which
 * shows what became of it.
 */
export function watchPending({ url, json, mine, stop }: Watched & { mine?: true }): Poll['ask'] {
  const redraw = process.stdout.isTTY && !json ? liveView(process.stdout) : undefined;
  let known = new Map<string, string>();
  return async () => {
    const page = await askPendingOrders(url, { status: 'AWAITING_CONFIRMATION', limit: LIMIT, mine }, stop);
    const orders = ordersOf(page);
    const now = new Map(orders.map((order) => [textOf(order, 'orderId') ?? '', JSON.stringify(order)]));
    const changed = orders.filter((order) => known.get(textOf(order, 'orderId') ?? '') !== JSON.stringify(order));
    const gone = [...known.keys()].filter((orderId) => !now.has(orderId));
    if (redraw !== undefined) redraw(pendingView(orders, page));
    else {
      const ended: Order[] = [];
      // One after the other: on AWS, looking at an order asks Step Functions, which takes a few such requests a second.
      for (const orderId of gone) ended.push(...(await whatBecameOf(url, orderId, stop)));
      for (const order of [...changed, ...ended]) (json ? printJson : printLine)(order);
    }
    known = now;
    return changed.length + gone.length > 0 ? 'changed' : 'same';
  };
}

function pendingView(orders: readonly Order[], page: Order): string {
  if (orders.length === 0) return style('dim', 'No order waits for a confirmation. Ctrl-C ends this.');
  const rows = table(pendingColumns(serverNowMs()), orders, outputWidth(), (heading) => style('bold', heading));
  return textOf(page, 'nextCursor') === undefined ? rows : `${rows}\n… and there may be more`;
}

/** An order that is not there any more has nothing to tell. */
async function whatBecameOf(url: string, orderId: string, stop: AbortSignal): Promise<Order[]> {
  try {
    return [await askOrder(url, orderId, stop)];
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return [];
    throw error;
  }
}

function printLine(order: Order): void {
  print(orderLine(order, new Date(serverNowMs())));
}
