import { type Command, Option } from 'commander';
import { wholeNumber } from '../command.ts';
import { amountText, type Order, textOf, whenText } from '../order.ts';
import { askOrdersApi } from '../orders-api.ts';
import { ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printable } from '../printable.ts';
import { table, type Column } from '../table.ts';

interface ListOptions extends OrdersOptions {
  status: string;
  limit: number;
  cursor?: string;
}

export function ordersList(): Command {
  return ordersCommand('list', 'List the orders that wait for a confirmation.', [
    'countersign orders list',
    'countersign orders list --limit 10',
    "countersign orders list --json | jq -r '.orders[].orderId'",
  ])
    .addOption(
      new Option('--status <status>', 'the status to list; the API supports the waiting ones').default(
        'AWAITING_CONFIRMATION',
      ),
    )
    .option('--limit <number>', 'at most so many', wholeNumber('A limit', 1, 100), 50)
    .option('--cursor <cursor>', 'go on where a page ended: its nextCursor')
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const query = new URLSearchParams({ status: options.status, limit: String(options.limit) });
  if (options.cursor !== undefined) query.set('cursor', options.cursor);
  const answer = await askOrdersApi(
    options.url,
    { method: 'GET', path: `/orders?${query.toString()}` },
    { 400: '`countersign orders list --help` shows what can be listed.' },
  );
  if (options.json) return printJson(answer);
  const orders: Order[] = Array.isArray(answer['orders']) ? answer['orders'] : [];
  const nextCursor = textOf(answer, 'nextCursor');
  if (orders.length > 0) print(table(columns(Date.now()), orders, outputWidth(), (heading) => style('bold', heading)));
  // A page may be empty and not be the last one: what was decided meanwhile is left out of it.
  if (nextCursor !== undefined)
    say(`→ there may be more: countersign orders list --limit ${options.limit} --cursor ${printable(nextCursor)}`);
  else if (orders.length === 0) say('No order waits for a confirmation.');
}

function columns(nowMs: number): Column<Order>[] {
  return [
    { heading: 'ORDER', value: (order) => textOf(order, 'orderId') ?? '' },
    { heading: 'WAITING SINCE', value: (order) => whenText(order, 'waitingSince', nowMs) },
    { heading: 'EXPIRES', value: (order) => whenText(order, 'expiresAt', nowMs) },
    { heading: 'AMOUNT', value: amountText },
    { heading: 'DETAILS', value: (order) => textOf(order, 'orderDetails') ?? '', shrinks: true },
  ];
}
