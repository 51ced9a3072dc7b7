import type { Command } from 'commander';
import { parseInstant } from '../instant-text.ts';
import { manage, type ManageOptions, REASON_OPTION } from '../manage.ts';
import { ordersCommand } from '../orders-options.ts';

export function ordersDeadline(): Command {
  return ordersCommand('deadline', 'Move the deadline of an order that waits. For its owner.', [
    'countersign orders deadline apples-1 +2d',
    'countersign orders deadline apples-1 +4h --reason "the warehouse closes early"',
    'countersign orders deadline apples-1 2026-12-01T17:00:00+01:00',
  ])
    .argument('<id>', "the order's id")
    .argument('<instant>', 'so far from now: +2d, +4h, +1d12h, +30m; or an instant with its offset', (text: string) =>
      parseInstant(text, Date.now()),
    )
    .option(...REASON_OPTION)
    .action((orderId: string, deadline: string, options: ManageOptions) =>
      manage(orderId, 'deadline', { method: 'PUT', path: 'deadline', body: { deadline } }, options),
    );
}
