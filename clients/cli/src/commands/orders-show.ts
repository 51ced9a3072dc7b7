import type { Command } from 'commander';
import { orderFacts } from '../order-facts.ts';
import { askOrdersApi } from '../orders-api.ts';
import { orderPath, ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { print, printJson } from '../output.ts';
import { serverNowMs } from '../server-clock.ts';

export function ordersShow(): Command {
  return ordersCommand('show', 'Show one order: where it stands, who is asked, and what was decided.', [
    'countersign orders show apples-1',
    'countersign orders show apples-1 --json | jq -r .status',
  ])
    .argument('<id>', "the order's id")
    .action(show);
}

async function show(orderId: string, options: OrdersOptions): Promise<void> {
  const order = await askOrdersApi(
    options.url,
    { method: 'GET', path: orderPath(orderId) },
    { 404: '`countersign orders list` shows the orders that wait.' },
  );
  if (options.json) printJson(order);
  else print(orderFacts(order, serverNowMs()));
}
