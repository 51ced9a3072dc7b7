import type { Command } from 'commander';
import { decideCommand } from '../decide.ts';

export function ordersReject(): Command {
  return decideCommand('reject', 'Reject an order: its workflow ends without completing it.', [
    'countersign orders reject apples-1',
    'countersign orders reject apples-1 --comment "out of stock until May"',
  ]);
}
