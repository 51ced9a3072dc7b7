import type { Command } from 'commander';
import { manage, type ManageOptions, REASON_OPTION } from '../manage.ts';
import { ordersCommand } from '../orders-options.ts';

export function ordersUndo(): Command {
  return ordersCommand('undo', 'Take back the answer that decided, as long as the decision is held.', [
    'countersign orders undo apples-1',
    'countersign orders undo apples-1 --reason "meant apples-2"',
  ])
    .argument('<id>', "the order's id")
    .option(...REASON_OPTION)
    .action((orderId: string, options: ManageOptions) =>
      manage(orderId, 'undo', { method: 'POST', path: 'undo', body: {} }, options),
    );
}
