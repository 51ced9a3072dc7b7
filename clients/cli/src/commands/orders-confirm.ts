import type { Command } from 'commander';
import { decideCommand } from '../decide.ts';

export function ordersConfirm(): Command {
  return decideCommand('confirm', 'Confirm an order: its workflow goes on and completes it.', [
    'countersign orders confirm apples-1',
    'countersign orders confirm apples-1 --comment "checked with the warehouse"',
  ]);
}
