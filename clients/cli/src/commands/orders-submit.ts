import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { statusText, textOf } from '../order.ts';
import { askOrdersApi } from '../orders-api.ts';
import { idempotencyKey, ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { print, printJson, say } from '../output.ts';
import { printable } from '../printable.ts';

interface Item {
  sku: string;
  quantity: number;
}

interface SubmitOptions extends OrdersOptions {
  id?: string;
  item?: Item[];
  amount?: { value: string; currency: string };
  file?: string;
  idempotencyKey?: string;
}

export function ordersSubmit(): Command {
  return ordersCommand('submit', 'Submit an order. The same order again is the same order, not a second one.', [
    'countersign orders submit "two crates of apples"',
    'countersign orders submit "two crates of apples" --id apples-1 --item apple=48 --amount 120.00EUR',
    'countersign orders submit --file order.json',
    'generate-order | countersign orders submit --file - --json',
  ])
    .argument('[details]', 'what is ordered, in words')
    .option('--id <id>', "the order's id: 1 to 80 letters, digits, - and _ (default: the API makes one)")
    .option('--item <sku=quantity>', 'a line of the order; may be given more than once', addItem)
    .option('--amount <amount>', 'what it costs, with its currency: 120.00EUR', amount)
    .option('--file <path>', 'send this JSON file as the order instead; - reads stdin')
    .option('--idempotency-key <key>', 'without an id, the same key means the same order', idempotencyKey)
    .action(submit);
}

async function submit(details: string | undefined, options: SubmitOptions): Promise<void> {
  const answer = await askOrdersApi(
    options.url,
    {
      method: 'POST',
      path: '/orders',
      body: await orderOf(details, options),
      ...(options.idempotencyKey !== undefined && { headers: { 'idempotency-key': options.idempotencyKey } }),
    },
    {
      400: '`countersign orders submit --help` shows how an order is given.',
      409: `\`countersign orders show ${options.id ?? 'ID'}\` shows the order that is there; a new order needs a new id or key.`,
      413: 'Shorten the order.',
      422: '`countersign orders submit --help` shows how an order is given.',
    },
  );
  if (options.json) return printJson(answer);
  const orderId = printable(textOf(answer, 'orderId') ?? '');
  print(`${orderId}  ${statusText(textOf(answer, 'status') ?? '')}`);
  say(`→ countersign orders confirm ${orderId}`);
}

async function orderOf(details: string | undefined, options: SubmitOptions): Promise<unknown> {
  if (options.file !== undefined) {
    if (
      details === undefined &&
      options.id === undefined &&
      options.item === undefined &&
      options.amount === undefined
    ) {
      return readOrder(options.file);
    }
    throw wrongUsage('--file is the whole order, so nothing else of the order can be given beside it.');
  }
  if (details === undefined) throw wrongUsage('An order needs details, or --file.');
  return {
    ...(options.id !== undefined && { orderId: options.id }),
    orderDetails: details,
    ...(options.item !== undefined && { items: options.item }),
    ...(options.amount !== undefined && { amount: options.amount }),
  };
}

async function readOrder(path: string): Promise<unknown> {
  const name = path === '-' ? 'stdin' : path;
  let text: string;
  try {
    text = path === '-' ? await readAll(process.stdin) : readFileSync(path, 'utf8');
  } catch (error) {
    throw wrongUsage(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUsage(`${name} holds no JSON.`);
  }
}

function wrongUsage(message: string): CliError {
  return new CliError(exitCode.usage, message, '`countersign orders submit --help` shows how an order is given.');
}

function addItem(text: string, items: readonly Item[] = []): Item[] {
  const [, sku, quantity] = /^(.+)=([1-9]\d*)$/.exec(text) ?? [];
  if (sku === undefined) throw new InvalidArgumentError('An item is a SKU and a whole number of at least 1: apple=48.');
  return [...items, { sku, quantity: Number(quantity) }];
}

function amount(text: string): { value: string; currency: string } {
  const [, value, currency] = /^(\d+(?:\.\d+)?) ?([A-Z]{3})$/.exec(text) ?? [];
  if (value === undefined || currency === undefined)
    throw new InvalidArgumentError('An amount is a number and a currency: 120.00EUR.');
  return { value, currency };
}
