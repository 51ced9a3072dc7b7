import type { Command } from 'commander';
import { isObject, type Order, objectOf, textOf } from '../order.ts';
import { askOrdersApi } from '../orders-api.ts';
import { orderPath, ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printable, printableLine } from '../printable.ts';
import { entriesOf } from '../receipt-chain.ts';
import { whatText, whereText, whoText } from '../record-words.ts';
import { fitText } from '../text-width.ts';
import { wrapText } from '../wrap-text.ts';

export function ordersReceipt(): Command {
  return ordersCommand('receipt', 'Show the record of an order: who said and did what about its confirmation.', [
    'countersign orders receipt apples-1',
    'countersign orders receipt apples-1 --json > apples-1.json',
    "countersign orders receipt apples-1 --json | jq -r '.entries[].event.type'",
  ])
    .argument('<id>', "the order's id")
    .action(show);
}

async function show(orderId: string, options: OrdersOptions): Promise<void> {
  const record = await askOrdersApi(
    options.url,
    { method: 'GET', path: `${orderPath(orderId)}/receipt` },
    { 404: '`countersign orders list` shows the orders that wait.' },
  );
  if (options.json) return printJson(record);
  const entries = (entriesOf(record) ?? []).filter(isObject);
  print(entries.map((entry) => entryText(entry, outputWidth())).join('\n'));
  say(`→ countersign orders verify ${printable(orderId)} checks that nobody has rewritten it.`);
}

/** Two lines or more: when, who and from where; under it what. */
function entryText(entry: Order, width: number): string {
  const event = objectOf(entry, 'event') ?? {};
  const at = textOf(entry, 'at') ?? '';
  const number = printable(String(entry['seq'])).padStart(3);
  const indent = ' '.repeat(number.length + 2);
  const where = whereText(event);
  const who = printableLine(where === '' ? whoText(event) : `${whoText(event)} (${where})`);
  const heading = fitText(`${number}  ${printable(at)}  ${who}`, width);
  const what = wrapText(printableLine(whatText(event, at)), width - indent.length);
  return [style('dim', heading), ...what.map((line) => indent + line)].join('\n');
}
