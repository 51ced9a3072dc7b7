import type { Command } from 'commander';
import { decideCommand } from '../decide.ts';

export function ordersReject(): Command {
  return decideCommand('reject', 'Reject orders: their workflows end without completing them.', [
    'countersign orders reject apples-1',
    'countersign orders reject apples-1 --comment "out of stock until May"',
    'countersign orders reject apples-1 pears-2 --comment "the supplier is closed"',
    'countersign orders reject - < order-ids.txt',
  ]);
}
