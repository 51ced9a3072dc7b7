import type { Command } from 'commander';
import { askOrdersApi } from '../orders-api.ts';
import { orderPath, ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { printJson, say } from '../output.ts';
import { printable } from '../printable.ts';

interface LinkOptions extends OrdersOptions {
  to: string;
}

export function ordersLink(): Command {
  return ordersCommand(
    'link',
    'Send somebody a link by which they can answer, by mail. For the owner; and anybody for themselves.',
    ['countersign orders link apples-1 --to eve@example.com'],
  )
    .argument('<id>', "the order's id")
    .requiredOption('--to <person>', 'who gets it, as the policy names them: who may answer anyway')
    .action(link);
}

async function link(orderId: string, options: LinkOptions): Promise<void> {
  const { to } = options;
  const show = `\`countersign orders show ${orderId}\``;
  const answer = await askOrdersApi(
    options.url,
    { method: 'POST', path: `${orderPath(orderId)}/links`, body: { person: to } },
    {
      400: '`countersign orders link --help` shows how it is given.',
      404: 'Either there is no such order (`countersign orders list`), or this API sends no mails (`countersign start -c mailFrom=ADDRESS`).',
      409: `${show} shows where it stands.`,
      410: `${show} shows when it ended.`,
    },
  );
  if (options.json) return printJson(answer);
  // The link itself is a secret: it is in the mail, and in no answer.
  say(`A link to order ${printable(orderId)} is on its way to ${printable(to)}, by mail.`);
}
