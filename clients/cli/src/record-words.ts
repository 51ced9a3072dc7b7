import { dataText } from './order-facts.ts';
import { isObject, listOf, type Order, objectOf, textOf } from './order.ts';
import { approversText } from './pending.ts';

/** Who wrote an entry of the record; the service itself, where nobody did. */
export function whoText(event: Order): string {
  const by = objectOf(event, 'by');
  if (by === undefined) return textOf(event, 'requester') ?? 'the service';
  const person = textOf(by, 'person');
  if (person !== undefined) return person;
  return isService(by) ? 'the service' : 'somebody who had not signed in';
}

/** From where they did: the way, and the address. */
export function whereText(event: Order): string {
  const by = objectOf(event, 'by');
  const via = textOf(by ?? event, 'via');
  const way = via === undefined ? '' : (WAYS[via] ?? via);
  return [way, by === undefined ? '' : textOf(by, 'sourceIp')].filter(Boolean).join(', ');
}

/** What they did at that instant, in words for people. An event of a later version is called by its type. */
export function whatText(event: Order, at: string): string {
  const type = textOf(event, 'type') ?? '';
  const words = Object.hasOwn(WORDS, type) ? WORDS[type]?.(event) : undefined;
  const reason = textOf(event, 'reason');
  return `${words ?? type}${heldText(event, at)}${reason === undefined ? '' : `: ${reason}`}`;
}

function heldText(event: Order, at: string): string {
  const effectiveAt = textOf(event, 'effectiveAt');
  return effectiveAt === undefined || effectiveAt === at ? '' : `, and can be undone until ${effectiveAt}`;
}

const WAYS: Readonly<Record<string, string>> = {
  api: 'API',
  'command-line': 'command line',
  link: 'link',
  deadline: 'deadline',
  event: 'event',
  reconciler: 'reconciler',
  workflow: 'workflow',
};

const WORDS: Readonly<Record<string, (event: Order) => string>> = {
  requested: (event) => `asked ${stagesText(event)}`,
  opened: (event) => `the order waits, until ${textOf(event, 'deadline') ?? '?'}`,
  viewed: () => 'looked at the order',
  reminded: (event) => `reminded ${approvers(event)}`,
  escalated: (event) => `escalated to ${approvers(event)}`,
  reassigned: (event) => `gave the part of ${textOf(event, 'from') ?? '?'} to ${textOf(event, 'to') ?? '?'}`,
  'deadline-moved': (event) =>
    `moved the deadline from ${textOf(event, 'from') ?? '?'} to ${textOf(event, 'to') ?? '?'}`,
  'link-issued': (event) =>
    `a link was sent to ${textOf(event, 'person') ?? '?'}, good until ${textOf(event, 'expiresAt') ?? '?'}`,
  answered: answeredText,
  refused: (event) =>
    `tried to ${textOf(event, 'attempted') ?? 'answer'}, and was refused: ${whyRefused(textOf(event, 'because') ?? '?')}`,
  decided: (event) => OUTCOMES[textOf(event, 'decision') ?? ''] ?? `it is decided: ${textOf(event, 'decision') ?? '?'}`,
  'took-effect': () => 'the decision took effect: it cannot be undone any more',
  undone: () => 'took the answer back',
  delivered: () => 'the workflow was told',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  confirm: 'the order is confirmed',
  reject: 'the order is rejected',
  expired: 'the deadline passed, and nobody had decided',
  withdrawn: 'withdrew the request',
};

const REFUSALS: Readonly<Record<string, string>> = {
  'not-an-approver': 'not among those who may answer',
  'is-the-requester': 'who requests it may not answer it',
  'is-reassigned': 'had given it to somebody else',
  'has-moved-on': 'the stage was complete',
};

function answeredText(event: Order): string {
  const decision = textOf(event, 'decision') ?? '';
  const comment = textOf(event, 'comment');
  const data = dataText(event);
  return [
    { confirm: 'confirmed', reject: 'rejected' }[decision] ?? decision,
    ...(comment === undefined ? [] : [`: ${comment}`]),
    ...(data === '' ? [] : [`, with ${data}`]),
  ].join('');
}

/** `everybody for 1 confirmation`, `group managers for 2 confirmations, then dora for 1 confirmation`. */
function stagesText(event: Order): string {
  const stages: unknown = event['stages'];
  const known = Array.isArray(stages) ? stages.filter(isObject) : [];
  return (known.length === 0 ? [{}] : known).map(stageText).join(', then ');
}

function stageText(stage: Order): string {
  const needed = typeof stage['needed'] === 'number' ? stage['needed'] : 1;
  return `${approversText(stage)} for ${needed} ${needed === 1 ? 'confirmation' : 'confirmations'}`;
}

function whyRefused(because: string): string {
  return REFUSALS[because] ?? because;
}

function approvers(event: Order): string {
  return approversText(objectOf(event, 'to')) || '?';
}

/** The ways in which nobody is a person. */
function isService(by: Order): boolean {
  return ['deadline', 'reconciler', 'workflow'].includes(textOf(by, 'via') ?? '') && listOf(by, 'groups').length === 0;
}
