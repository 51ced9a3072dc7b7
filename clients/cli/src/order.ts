import { fromNowText } from './duration-text.ts';
import { style } from './output.ts';
import { printable } from './printable.ts';

/** An order as the API answers it. Members this version does not know are in `--json` and nowhere else. */
export type Order = Readonly<Record<string, unknown>>;

/** A member that is text; anything else counts as not there. */
export function textOf(order: Order, member: string): string | undefined {
  const value = order[member];
  return typeof value === 'string' ? value : undefined;
}

export function objectOf(order: Order, member: string): Order | undefined {
  const value = order[member];
  return isObject(value) ? value : undefined;
}

/** The texts of a member that is a list; none where it is no list. */
export function listOf(order: Order, member: string): string[] {
  const value = order[member];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function isObject(value: unknown): value is Order {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function amountText(order: Order): string {
  const amount = objectOf(order, 'amount');
  return amount === undefined ? '' : `${textOf(amount, 'value') ?? ''} ${textOf(amount, 'currency') ?? ''}`.trim();
}

/** The age or the distance of an instant in the order, or nothing where it has none. */
export function whenText(order: Order, member: string, nowMs: number): string {
  const instantMs = Date.parse(textOf(order, member) ?? '');
  return Number.isNaN(instantMs) ? '' : fromNowText(instantMs, nowMs);
}

/** The status in the colour of what it asks for: yellow waits for somebody, green is well, red is not. */
export function statusText(status: string): string {
  const colours = {
    AWAITING_CONFIRMATION: 'yellow',
    CONFIRMED: 'green',
    COMPLETED: 'green',
    REJECTED: 'red',
    EXPIRED: 'red',
    WITHDRAWN: 'magenta',
    FAILED: 'red',
  } as const;
  const shown = printable(status);
  return isMember(colours, status) ? style(colours[status], shown) : shown;
}

function isMember<Table extends object>(table: Table, key: PropertyKey): key is keyof Table {
  return Object.hasOwn(table, key);
}

/** An instant, and how far away it is. */
export function instantText(order: Order, member: string, nowMs: number): string {
  const instant = textOf(order, member);
  const distance = whenText(order, member, nowMs);
  return instant === undefined ? '' : distance === '' ? instant : `${instant} (${distance})`;
}

/** Whether it is over with the order: nothing about it changes any more. */
export function hasEnded(order: Order): boolean {
  return textOf(order, 'endedAt') !== undefined;
}
