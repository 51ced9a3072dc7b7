import type { Command } from 'commander';
import { statusText, textOf } from './order.ts';
import { askOrdersApi } from './orders-api.ts';
import { orderPath, ordersCommand, type OrdersOptions } from './orders-options.ts';
import { print, printJson, style } from './output.ts';
import { printable } from './printable.ts';
import { facts } from './table.ts';

type Decision = 'confirm' | 'reject';

interface DecideOptions extends OrdersOptions {
  comment?: string;
}

/**
 * The two decisions on an order. The first one counts: given again it answers with the same receipt, and a
 * contradicting one is a conflict.
 */
export function decideCommand(decision: Decision, summary: string, examples: readonly string[]): Command {
  return ordersCommand(decision, summary, examples)
    .argument('<id>', "the order's id")
    .option('--comment <text>', 'a word on why, kept with the decision; at most 2,000 characters')
    .action((orderId: string, options: DecideOptions) => decide(orderId, decision, options));
}

async function decide(orderId: string, decision: Decision, options: DecideOptions): Promise<void> {
  const show = `\`countersign orders show ${orderId}\``;
  const receipt = await askOrdersApi(
    options.url,
    {
      method: 'POST',
      path: `${orderPath(orderId)}/confirmation`,
      body: { decision, ...(options.comment !== undefined && { comment: options.comment }) },
    },
    {
      400: `\`countersign orders ${decision} --help\` shows how a decision is given.`,
      404: '`countersign orders list` shows the orders that wait.',
      409: `${show} shows what became of it.`,
      410: `${show} shows when it ended. The order can be submitted again under a new id.`,
    },
  );
  if (options.json) return printJson(receipt);
  const entries = (['id', 'decision', 'comment', 'decidedAt'] as const).map(
    (member) => [LABELS[member], printable(textOf(receipt, member) ?? '')] as const,
  );
  const known = entries.filter(([, value]) => value !== '');
  print(facts([...known, ['Status', statusText(textOf(receipt, 'status') ?? '')]], (name) => style('dim', name)));
}

const LABELS = { id: 'Order', decision: 'Decision', comment: 'Comment', decidedAt: 'Decided' } as const;
