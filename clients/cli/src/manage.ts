import { instantText, statusText, textOf } from './order.ts';
import { knownFacts } from './order-facts.ts';
import { askOrdersApi, type OrdersRequest } from './orders-api.ts';
import { orderPath, type OrdersOptions } from './orders-options.ts';
import { print, printJson } from './output.ts';
import { serverNowMs } from './server-clock.ts';

export interface ManageOptions extends OrdersOptions {
  reason?: string;
}

export const REASON_OPTION = [
  '--reason <text>',
  'a word on why, kept in the record; at most 2,000 characters',
] as const;

/** Does something about the confirmation of an order, other than answering, and shows where the order then stands. */
export async function manage(
  orderId: string,
  name: string,
  { method, path, body }: Pick<OrdersRequest, 'method' | 'path'> & { body: object },
  options: ManageOptions,
): Promise<void> {
  const { reason } = options;
  const show = `\`countersign orders show ${orderId}\``;
  const answer = await askOrdersApi(
    options.url,
    { method, path: `${orderPath(orderId)}/${path}`, body: { ...body, ...(reason !== undefined && { reason }) } },
    {
      400: `\`countersign orders ${name} --help\` shows how it is given.`,
      404: '`countersign orders list` shows the orders that wait.',
      409: `${show} shows where it stands.`,
      410: `${show} shows when it ended.`,
    },
  );
  if (options.json) return printJson(answer);
  const status = textOf(answer, 'status') ?? '';
  print(
    knownFacts([
      ['Order', textOf(answer, 'id') ?? ''],
      // What does not wait any more still has the deadline that it had.
      ['Deadline', status === 'AWAITING_CONFIRMATION' ? instantText(answer, 'deadline', serverNowMs()) : ''],
      ['Status', statusText(status)],
    ]),
  );
}
