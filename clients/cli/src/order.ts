import { fromNowText } from './duration-text.ts';
import { style } from './output.ts';
import { printable } from './printable.ts';
import { facts } from './table.ts';

/** An order as the API answers it. Members this version does not know are in `--json` and nowhere else. */
export type Order = Readonly<Record<string, unknown>>;

/** A member that is text; anything else counts as not there. */
export function textOf(order: Order, member: string): string | undefined {
  const value = order[member];
  return typeof value === 'string' ? value : undefined;
}

export function objectOf(order: Order, member: string): Order | undefined {
  const value = order[member];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
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

/** Everything a person wants to know of one order, one fact a line. */
export function orderFacts(order: Order, nowMs: number): string {
  const confirmation = objectOf(order, 'confirmation');
  const failure = objectOf(order, 'failure');
  const entries: [string, string][] = [
    ['Order', textOf(order, 'orderId') ?? ''],
    ['Status', statusText(textOf(order, 'status') ?? '')],
    ['Details', textOf(order, 'orderDetails') ?? ''],
    ...items(order),
    ['Amount', amountText(order)],
    ['Accepted', instantText(order, 'acceptedAt', nowMs)],
    ['Expires', instantText(order, 'expiresAt', nowMs)],
    ['Ended', instantText(order, 'endedAt', nowMs)],
    ['Decision', confirmation === undefined ? '' : (textOf(confirmation, 'decision') ?? '')],
    ['Comment', confirmation === undefined ? '' : (textOf(confirmation, 'comment') ?? '')],
    ['Decided', confirmation === undefined ? '' : instantText(confirmation, 'decidedAt', nowMs)],
    [
      'Failure',
      failure === undefined ? '' : [textOf(failure, 'error'), textOf(failure, 'cause')].filter(Boolean).join(': '),
    ],
  ];
  const known = entries
    .filter(([, value]) => value !== '')
    .map(([name, value]): [string, string] => [name, name === 'Status' ? value : printable(value)]);
  return facts(known, (name) => style('dim', name));
}

/** The status in the colour of what it asks for: yellow waits for somebody, green is well, red is not. */
export function statusText(status: string): string {
  const colours = {
    AWAITING_CONFIRMATION: 'yellow',
    CONFIRMED: 'green',
    COMPLETED: 'green',
    REJECTED: 'red',
    EXPIRED: 'red',
    FAILED: 'red',
  } as const;
  const shown = printable(status);
  return isMember(colours, status) ? style(colours[status], shown) : shown;
}

function isMember<Table extends object>(table: Table, key: PropertyKey): key is keyof Table {
  return Object.hasOwn(table, key);
}

function instantText(order: Order, member: string, nowMs: number): string {
  const instant = textOf(order, member);
  const distance = whenText(order, member, nowMs);
  return instant === undefined ? '' : distance === '' ? instant : `${instant} (${distance})`;
}

function items(order: Order): [string, string][] {
  if (!Array.isArray(order['items'])) return [];
  return order['items'].map((item: Order, index): [string, string] => [
    index === 0 ? 'Items' : '',
    `${numberText(item['quantity'])} × ${textOf(item, 'sku') ?? ''}`,
  ]);
}

function numberText(value: unknown): string {
  return typeof value === 'number' ? String(value) : '?';
}
