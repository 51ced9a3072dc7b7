import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { dataCommand } from './command.ts';
import { isObject } from './order.ts';
import { apiUrlOption } from './sign-in-options.ts';
import { caOption } from './trust.ts';

export interface OrdersOptions {
  url: string;
  json?: true;
}

/** A command that speaks to the orders API. */
export function ordersCommand(name: string, summary: string, examples: readonly string[]): Command {
  return dataCommand(`countersign orders ${name}`, summary, examples).addOption(apiUrlOption()).addOption(caOption());
}

/** The order's path. An id is text from outside, so it is escaped. */
export function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}

/** Reads an idempotency key, for an option. */
export function idempotencyKey(text: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError('A key is 1 to 255 visible ASCII characters.');
}

/** Reads a JSON object, or `@` and the file that holds one, for an option. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
  if (isObject(value)) return value;
  throw new InvalidArgumentError('It is a JSON object, such as {"amount":"120.00"}.');
}
