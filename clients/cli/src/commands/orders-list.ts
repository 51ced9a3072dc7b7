import { type Command, Option } from 'commander';
import { wholeNumber } from '../command.ts';
import { textOf } from '../order.ts';
import { ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { askPendingOrders, ordersOf, pendingColumns, type PendingQuery } from '../pending-orders.ts';
import { printable } from '../printable.ts';
import { serverNowMs } from '../server-clock.ts';
import { table } from '../table.ts';

type ListOptions = OrdersOptions & PendingQuery;

export function ordersList(): Command {
  return ordersCommand('list', 'List the orders that wait for a confirmation.', [
    'countersign orders list',
    'countersign orders list --mine',
    'countersign orders list --limit 10',
    "countersign orders list --json | jq -r '.orders[].orderId'",
  ])
    .addOption(
      new Option('--status <status>', 'the status to list; the API supports the waiting ones').default(
        'AWAITING_CONFIRMATION',
      ),
    )
    .option('--mine', 'only those that you may answer now')
    .option('--limit <number>', 'at most so many', wholeNumber('A limit', 1, 100), 50)
    .option('--cursor <cursor>', 'go on where a page ended: its nextCursor')
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const page = await askPendingOrders(options.url, options);
  if (options.json) return printJson(page);
  const orders = ordersOf(page);
  const nextCursor = textOf(page, 'nextCursor');
  if (orders.length > 0)
    print(table(pendingColumns(serverNowMs()), orders, outputWidth(), (heading) => style('bold', heading)));
  const mine = options.mine ? ' --mine' : '';
  // A page may be empty and not be the last one: what was decided meanwhile is left out of it.
  if (nextCursor !== undefined)
    say(
      `→ there may be more: countersign orders list${mine} --limit ${options.limit} --cursor ${printable(nextCursor)}`,
    );
  else if (orders.length === 0) say(`No order waits for a confirmation${options.mine ? ' of yours' : ''}.`);
}
