import { computed, signal } from '@preact/signals';
import { parsePlace, type Place } from './address.ts';

// What all of the page shares. Whatever belongs to one part of it is in that part.

export const place = signal(parsePlace(location.hash));
addEventListener('hashchange', () => (place.value = parsePlace(location.hash)));

/** The service's time as far as it tells; ages and times left tick with it. */
export const now = signal(Date.now());
let aheadMs = 0;
setInterval(() => (now.value = Date.now() + aheadMs), 1_000);

/** When the service was last heard of, and whether it was when last asked. */
export const lastHeardAt = signal<number | undefined>(undefined);
export const isOffline = signal(false);

/** A difference below this is the resolution of the header and the way of the answer. */
const CLOCK_DIFFERENCE_MS = 5_000;

/** @param date the answer's; its AWS may be in a time of its own */
export function reached(date: string | null): void {
  const difference = Date.parse(date ?? '') - Date.now();
  aheadMs = Math.abs(difference) > CLOCK_DIFFERENCE_MS ? difference : 0;
  lastHeardAt.value = Date.now();
  isOffline.value = false;
}

export function unreached(): void {
  isOffline.value = true;
}

/** One sentence for those who listen to the page. */
export const announcement = signal('');

/** Single keys can get into the way of those who speak to their machine: WCAG 2.1.4. */
export const hasShortcuts = signal(localStorage.getItem('countersign.shortcuts') !== 'off');
export function setShortcuts(isOn: boolean): void {
  hasShortcuts.value = isOn;
  localStorage.setItem('countersign.shortcuts', isOn ? 'on' : 'off');
}

const PREFIX = 'countersign.receipt.';

/** The receipts that this tab was given, by order: what a record is held against later. */
export function keepReceipt(orderId: string, receipt: string): void {
  const kept = new Set([...receiptsOf(orderId), receipt]);
  sessionStorage.setItem(PREFIX + orderId, JSON.stringify([...kept]));
}

export function receiptsOf(orderId: string): readonly string[] {
  return JSON.parse(sessionStorage.getItem(PREFIX + orderId) ?? '[]') as readonly string[];
}

const TITLES: Readonly<Partial<Record<Place['page'], string>>> = {
  time: 'Time',
  outbox: 'Outbox',
  mail: 'Mail',
  log: 'Log',
  machines: 'Workflows',
  tasks: 'Tasks',
};

export const title = computed(() => {
  const at = place.value;
  const arn = 'arn' in at ? at.arn : '';
  const name = at.page === 'order' ? `Order ${at.orderId}` : arn.slice(arn.lastIndexOf(':') + 1) || TITLES[at.page];
  return name === undefined ? 'Countersign' : `${name} · Countersign`;
});
