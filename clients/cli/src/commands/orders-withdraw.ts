import type { Command } from 'commander';
import { manage, type ManageOptions, REASON_OPTION } from '../manage.ts';
import { ordersCommand } from '../orders-options.ts';

export function ordersWithdraw(): Command {
  return ordersCommand(
    'withdraw',
    'Withdraw an order: nobody is asked any more. For who requested it, and its owner.',
    ['countersign orders withdraw apples-1', 'countersign orders withdraw apples-1 --reason "ordered twice"'],
  )
    .argument('<id>', "the order's id")
    .option(...REASON_OPTION)
    .action((orderId: string, options: ManageOptions) =>
      manage(orderId, 'withdraw', { method: 'POST', path: 'withdrawal', body: {} }, options),
    );
}
