import { durationText } from './duration-text.ts';
import { amountText, instantText, listOf, type Order, objectOf, statusText, textOf, whenText } from './order.ts';
import { style } from './output.ts';
import { approversText, progressText } from './pending.ts';
import { printable } from './printable.ts';
import { facts } from './table.ts';

/** Everything a person wants to know of one order, one fact a line. */
export function orderFacts(order: Order, nowMs: number): string {
  const failure = objectOf(order, 'failure');
  const entries: [string, string][] = [
    ['Order', textOf(order, 'orderId') ?? ''],
    ['Status', statusText(textOf(order, 'status') ?? '')],
    ['Details', textOf(order, 'orderDetails') ?? ''],
    ...items(order),
    ['Amount', amountText(order)],
    ['Requested by', textOf(order, 'requestedBy') ?? ''],
    ['Progress', workText(objectOf(order, 'progress'), nowMs)],
    ['Accepted', instantText(order, 'acceptedAt', nowMs)],
    ['Deadline', instantText(order, 'expiresAt', nowMs)],
    ...pendingFacts(objectOf(order, 'pending')),
    ['Ended', instantText(order, 'endedAt', nowMs)],
    ...decisionFacts(objectOf(order, 'confirmation'), nowMs),
    [
      'Failure',
      failure === undefined ? '' : [textOf(failure, 'error'), textOf(failure, 'cause')].filter(Boolean).join(': '),
    ],
  ];
  return knownFacts(entries);
}

const BAR_WIDTH = 20;

/** How far the work on an order has come, as whoever works on it said last. */
function workText(progress: Order | undefined, nowMs: number): string {
  const percent = progress?.['percent'];
  if (progress === undefined || typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) return '';
  const filled = Math.round((BAR_WIDTH * percent) / 100);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  const said = [textOf(progress, 'message') ?? '', whenText(progress, 'at', nowMs)].filter(Boolean).join(', ');
  return `${bar} ${Math.round(percent)} %${said === '' ? '' : `  ${said}`}`;
}

/** Those facts that have a value, safe to show. The status is safe already, and may have a colour. */
export function knownFacts(entries: readonly (readonly [name: string, value: string])[]): string {
  const known = entries
    .filter(([, value]) => value !== '')
    .map(([name, value]): [string, string] => [name, name === 'Status' ? value : printable(value)]);
  return facts(known, (name) => style('dim', name));
}

/** Who is asked, how far it has come, and what an answer needs. */
function pendingFacts(pending: Order | undefined): [string, string][] {
  if (pending === undefined) return [];
  const { holdSeconds, mayAnswer } = pending;
  const comment = listOf(pending, 'commentRequired');
  return [
    ['Approvers', approversText(objectOf(pending, 'approvers'))],
    ['Confirmed', progressText(pending)],
    ['Owner', textOf(pending, 'owner') ?? ''],
    ['Comment', comment.length === 0 ? '' : `needed to ${comment.join(' and to ')}`],
    ['Form', formText(objectOf(pending, 'form'))],
    ['Undo', typeof holdSeconds === 'number' ? `for ${durationText(holdSeconds * 1000)} after the decision` : ''],
    ['You', typeof mayAnswer === 'boolean' ? `may ${mayAnswer ? '' : 'not '}answer now` : ''],
  ];
}

function decisionFacts(confirmation: Order | undefined, nowMs: number): [string, string][] {
  if (confirmation === undefined) return [];
  return [
    ['Decision', textOf(confirmation, 'decision') ?? ''],
    ['By', listOf(confirmation, 'decidedBy').join(', ')],
    ['Comment', textOf(confirmation, 'comment') ?? ''],
    ['Reason', textOf(confirmation, 'reason') ?? ''],
    ['Data', dataText(confirmation)],
    ['Decided', instantText(confirmation, 'decidedAt', nowMs)],
    [isHeld(confirmation, nowMs) ? 'Undo until' : 'Took effect', instantText(confirmation, 'effectiveAt', nowMs)],
  ];
}

function isHeld(confirmation: Order, nowMs: number): boolean {
  return Date.parse(textOf(confirmation, 'effectiveAt') ?? '') > nowMs;
}

/** The data that a confirmation carries, as JSON. */
export function dataText(holder: Order): string {
  const data = objectOf(holder, 'data');
  return data === undefined ? '' : JSON.stringify(data);
}

/** The names that a confirmation's `--data` has. */
function formText(form: Order | undefined): string {
  if (form === undefined) return '';
  const required = listOf(form, 'required');
  const names = Object.keys(objectOf(form, 'properties') ?? {});
  return names.map((name) => (required.includes(name) ? name : `${name} (optional)`)).join(', ') || 'see --json';
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
