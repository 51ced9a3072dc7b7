import type { Command } from 'commander';
import { manage, type ManageOptions, REASON_OPTION } from '../manage.ts';
import { ordersCommand } from '../orders-options.ts';

interface ReassignOptions extends ManageOptions {
  to: string;
  from?: string;
}

export function ordersReassign(): Command {
  return ordersCommand('reassign', 'Let somebody else answer in your place; for the owner, in the place of anybody.', [
    'countersign orders reassign apples-1 --to chris',
    'countersign orders reassign apples-1 --from ben --to chris --reason "ben is away until May"',
  ])
    .argument('<id>', "the order's id")
    .requiredOption('--to <person>', 'who is to answer, as the identity provider calls them')
    .option('--from <person>', 'in whose place (default: yours)')
    .option(...REASON_OPTION)
    .action((orderId: string, options: ReassignOptions) => {
      const { to, from } = options;
      const body = { to, ...(from !== undefined && { from }) };
      return manage(orderId, 'reassign', { method: 'POST', path: 'reassignment', body }, options);
    });
}
