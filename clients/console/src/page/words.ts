import type { Approvers, Decision, OrderStatus, Pending, Progress, Receipt, RecordEntry } from './orders.ts';
import { spanText } from './time-text.ts';

// What the page says, where it is more than a label.

export const STATUS_WORDS: Readonly<Record<OrderStatus, string>> = {
  PROCESSING: 'Being processed',
  AWAITING_CONFIRMATION: 'Waits for a confirmation',
  CONFIRMED: 'Confirmed',
  COMPLETED: 'Completed',
  REJECTED: 'Rejected',
  EXPIRED: 'Expired',
  WITHDRAWN: 'Withdrawn',
  FAILED: 'Failed',
};

/** `group managers, dora`. */
export function approversText({ groups = [], people = [] }: Approvers): string {
  return [...groups.map((group) => `group ${group}`), ...people].join(', ') || 'everybody';
}

/** What a decision would bring about, before it is made. */
export function nextText(decision: Decision, { confirmations, holdSeconds = 0 }: Pending): string {
  const hold = holdSeconds > 0 ? ` It can be undone for ${spanText(holdSeconds * 1000)}.` : '';
  if (decision === 'reject') return `The order ends as rejected, for everybody.${hold}`;
  const { stage, stages, given, needed } = confirmations;
  const left = needed - given - 1;
  if (left > 0) return `Your confirmation is number ${given + 1} of ${needed}; the order waits for ${left} more.`;
  if (stage < stages) return `Step ${stage} of ${stages} is complete; the order goes to those of step ${stage + 1}.`;
  return `The order is confirmed, and its workflow goes on.${hold}`;
}

export function progressText({ stage, stages, given, needed }: Progress): string {
  const step = stages > 1 ? `step ${stage} of ${stages}, ` : '';
  return `${step}${given} of ${needed} ${needed === 1 ? 'confirmation' : 'confirmations'}`;
}

/** What became of an answer. */
export function receiptText({ status, decision, decidedBy, confirmations }: Receipt): string {
  const by = decidedBy === undefined || decidedBy.length === 0 ? '' : ` by ${decidedBy.join(', ')}`;
  if (status !== 'AWAITING_CONFIRMATION') return `${decision === 'confirm' ? 'Confirmed' : 'Rejected'}${by}.`;
  return confirmations === undefined
    ? 'Your answer is kept.'
    : `Your answer counts: ${progressText(confirmations)}. It goes on waiting.`;
}

/** `unitPrice` → `Unit price` */
export function readable(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
    .replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Who did what an entry of the record tells, and what they did. An event of a later version is called by its type. */
export function entryWords({ event }: RecordEntry): { readonly who: string; readonly what: string } {
  const type = textOf(event, 'type');
  const what = (Object.hasOwn(EVENTS, type) ? EVENTS[type]?.(event) : undefined) ?? type;
  const reason = textOf(event, 'reason');
  return { who: whoText(event), what: reason === '' ? what : `${what}: ${reason}` };
}

type Event = RecordEntry['event'];

const EVENTS: Readonly<Record<string, (event: Event) => string>> = {
  requested: (event) => `asked ${stagesText(event)}`,
  opened: () => 'began to wait',
  viewed: () => 'looked at the order',
  reminded: (event) => `reminded ${approversText(approversOf(event))}`,
  escalated: (event) => `escalated to ${approversText(approversOf(event))}`,
  reassigned: (event) => `gave the part of ${textOf(event, 'from')} to ${textOf(event, 'to')}`,
  'deadline-moved': (event) => `moved the deadline to ${textOf(event, 'to')}`,
  'link-issued': (event) => `sent a link to ${textOf(event, 'person')}`,
  answered: (event) => {
    const comment = textOf(event, 'comment');
    const decision = textOf(event, 'decision') === 'confirm' ? 'confirmed' : 'rejected';
    return comment === '' ? decision : `${decision}: ${comment}`;
  },
  refused: (event) => `tried to ${textOf(event, 'attempted') || 'answer'}, and was refused`,
  decided: (event) => DECISIONS[textOf(event, 'decision')] ?? `decided: ${textOf(event, 'decision')}`,
  'took-effect': () => 'made the decision final',
  undone: () => 'took the answer back',
  delivered: () => 'told the workflow',
};

const DECISIONS: Readonly<Record<string, string>> = {
  confirm: 'confirmed the order',
  reject: 'rejected the order',
  expired: 'let it expire, for nobody had decided',
  withdrawn: 'withdrew the request',
};

function whoText(event: Event): string {
  const by = event['by'];
  if (!isObject(by)) return textOf(event, 'requester') || 'The service';
  const person = textOf(by, 'person');
  if (person !== '') return person;
  return ['deadline', 'reconciler', 'workflow'].includes(textOf(by, 'via')) ? 'The service' : 'Somebody';
}

function stagesText(event: Event): string {
  const stages: unknown = event['stages'];
  const known = Array.isArray(stages) ? stages.filter(isObject) : [];
  return known.map((stage) => approversText(listsOf(stage))).join(', then ') || 'everybody';
}

function approversOf(event: Event): Approvers {
  return isObject(event['to']) ? listsOf(event['to']) : {};
}

function listsOf(given: Event): Approvers {
  const list = (name: string) => {
    const value: unknown = given[name];
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  };
  return { groups: list('groups'), people: list('people') };
}

function textOf(event: Event, name: string): string {
  const value = event[name];
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
