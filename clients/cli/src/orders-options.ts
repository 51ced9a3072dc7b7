import type { Command } from 'commander';
import { dataCommand } from './command.ts';
import { apiUrlOption } from './sign-in-options.ts';

export interface OrdersOptions {
  url: string;
  json?: true;
}

/** A command that speaks to the orders API. */
export function ordersCommand(name: string, summary: string, examples: readonly string[]): Command {
  return dataCommand(`countersign orders ${name}`, summary, examples).addOption(apiUrlOption());
}

/** The order's path. An id is text from outside, so it is escaped. */
export function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}
