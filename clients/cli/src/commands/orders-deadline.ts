import type { Command } from 'commander';
import { parseInstant } from '../instant-text.ts';
import { manage, type ManageOptions, REASON_OPTION } from '../manage.ts';
import { askOrdersApi } from '../orders-api.ts';
import { orderPath, ordersCommand } from '../orders-options.ts';
import { serverNowMs } from '../server-clock.ts';

export function ordersDeadline(): Command {
  return ordersCommand('deadline', 'Move the deadline of an order that waits. For its owner.', [
    'countersign orders deadline apples-1 +2d',
    'countersign orders deadline apples-1 +4h --reason "the warehouse closes early"',
    'countersign orders deadline apples-1 2026-12-01T17:00:00+01:00',
  ])
    .argument('<id>', "the order's id")
    .argument('<instant>', 'so far from now: +2d, +4h, +1d12h, +30m; or an instant with its offset', checked)
    .option(...REASON_OPTION)
    .action(async (orderId: string, instant: string, options: ManageOptions) => {
      if (isFromNow(instant)) await hearTheTime(orderId, options);
      const deadline = parseInstant(instant, serverNowMs());
      await manage(orderId, 'deadline', { method: 'PUT', path: 'deadline', body: { deadline } }, options);
    });
}

function checked(text: string): string {
  parseInstant(text, Date.now());
  return text;
}

function isFromNow(instant: string): boolean {
  return instant.startsWith('+');
}

/** From now is from the API's now. Any answer of its tells that. */
async function hearTheTime(orderId: string, { url }: ManageOptions): Promise<void> {
  const nextSteps = { 404: '`countersign orders list` shows the orders that wait.' };
  await askOrdersApi(url, { method: 'GET', path: orderPath(orderId) }, nextSteps);
}
