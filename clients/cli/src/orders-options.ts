import { type Command, Option } from 'commander';
import { dataCommand, httpUrl } from './command.ts';

export interface OrdersOptions {
  url: string;
  json?: true;
}

/** A command that speaks to the orders API. */
export function ordersCommand(name: string, summary: string, examples: readonly string[]): Command {
  return dataCommand(`countersign orders ${name}`, summary, examples).addOption(
    new Option('--url <url>', "the orders API's address, with or without /orders")
      .env('COUNTERSIGN_URL')
      .default('http://127.0.0.1:3000')
      .argParser((text) => httpUrl(text).replace(/\/orders$/, '')),
  );
}

/** The order's path. An id is text from outside, so it is escaped. */
export function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}
