import { liveView } from './live-view.ts';
import { hasEnded, type Order, objectOf, textOf } from './order.ts';
import { orderFacts } from './order-facts.ts';
import { askOrdersApi } from './orders-api.ts';
import { orderPath, type OrdersOptions } from './orders-options.ts';
import { print, printJson } from './output.ts';
import { progressText } from './pending.ts';
import type { Poll } from './poll.ts';
import { printable } from './printable.ts';
import { serverNowMs } from './server-clock.ts';

export interface Watched extends OrdersOptions {
  readonly stop: AbortSignal;
}

/** Shows an order each time that it has changed: drawn anew on a terminal, a line more elsewhere. */
export function watchOrder(orderId: string, { url, json, stop }: Watched): Poll['ask'] {
  const redraw = process.stdout.isTTY && !json ? liveView(process.stdout) : undefined;
  let last = '';
  return async () => {
    const order = await askOrder(url, orderId, stop);
    const text = JSON.stringify(order);
    const isSame = text === last;
    last = text;
    // On a terminal the time that is left changes, too.
    if (redraw !== undefined) redraw(orderFacts(order, serverNowMs()));
    else if (json && !isSame) printJson(order);
    else if (!isSame) print(orderLine(order, new Date(serverNowMs())));
    if (hasEnded(order)) return 'ended';
    return isSame ? 'same' : 'changed';
  };
}

export async function askOrder(url: string, orderId: string, signal: AbortSignal): Promise<Order> {
  return askOrdersApi(
    url,
    { method: 'GET', path: orderPath(orderId), signal },
    { 404: '`countersign orders list` shows the orders that wait.' },
  );
}

/** Where an order stood at an instant, for a log: the instant, the id, the status, and what one asks next. */
export function orderLine(order: Order, at: Date): string {
  const confirmation = objectOf(order, 'confirmation');
  const decidedBy: unknown = confirmation?.['decidedBy'];
  const progress = progressText(objectOf(order, 'pending'));
  const deadline = textOf(order, 'expiresAt');
  const about = [
    ...(progress === '' ? [] : [`${progress} confirmed`]),
    ...(deadline === undefined ? [] : [`until ${deadline}`]),
    ...(Array.isArray(decidedBy) ? [`by ${decidedBy.join(' and ')}`] : []),
  ];
  const cells = [at.toISOString(), textOf(order, 'orderId') ?? '', textOf(order, 'status') ?? '', about.join(', ')];
  return cells.filter(Boolean).map(printable).join('  ');
}
