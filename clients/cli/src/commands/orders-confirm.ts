import type { Command } from 'commander';
import { decideCommand } from '../decide.ts';
import { jsonObject } from '../orders-options.ts';

export function ordersConfirm(): Command {
  return decideCommand('confirm', 'Confirm orders: where nobody else is needed, their workflows go on.', [
    'countersign orders confirm apples-1',
    'countersign orders confirm apples-1 --comment "checked with the warehouse"',
    'countersign orders confirm apples-1 --data \'{"invoice":"2026-17"}\'',
    'countersign orders confirm apples-1 pears-2 plums-3',
    "countersign orders list --mine --json | jq -r '.orders[].orderId' | countersign orders confirm -",
  ]).option(
    '--data <json>',
    "what the order's form asks for: a JSON object, or @ and a file that holds one",
    jsonObject,
  );
}
