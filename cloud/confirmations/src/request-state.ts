import type { Actor, Answer, EventOf, OutcomeName, Run } from './events.ts';
import type { Approvers, Policy, Stage } from './policy.ts';
import type { ConfirmationRecord, Entry } from './record.ts';
import type { Schedule } from './schedule.ts';

/** Where a request stands: what its record comes to. Of the current run only; an earlier one's is over. */
export interface RequestState {
  /** The digest of the last entry; what a receipt names. */
  readonly head: string | undefined;
  readonly request: Request | undefined;
  /** Given before anybody asked. They count as soon as somebody does. */
  readonly early: readonly GivenAnswer[];
}

/** What is asked, and what has become of it. */
export interface Request extends Run {
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly subjectDigest: string;
  readonly stages: readonly Stage[];
  readonly requester: string | undefined;
  readonly requestedAt: string;
  /** Undefined until the workflow waits. */
  readonly opened: Opened | undefined;
  /** In the order they were given; what was undone is not among them. */
  readonly answers: readonly GivenAnswer[];
  readonly undone: readonly GivenAnswer[];
  /** Who answers in whose place. */
  readonly reassigned: ReadonlyMap<string, string>;
  readonly escalatedTo: readonly Approvers[];
  readonly remindersSent: number;
  readonly links: ReadonlyMap<string, IssuedLink>;
  readonly seen: ReadonlySet<string>;
  readonly refusals: number;
  readonly decided: Decided | undefined;
  readonly isDelivered: boolean;
}

export interface Opened {
  readonly schedule: Schedule;
  readonly since: string;
  /** Until when it can be answered, as it is now. */
  readonly deadline: string;
  /** Whether the schedule has given its extension. */
  readonly isExtended: boolean;
}

export interface GivenAnswer extends Answer {
  /** Index of the stage that it was given to. */
  readonly stage: number;
  readonly by: Actor;
  readonly at: string;
  readonly idempotencyKey: string | undefined;
  /** The digest of the entry that says so. */
  readonly hash: string;
}

/** The end of a request. */
export interface Decided {
  readonly decision: OutcomeName;
  /** Who ended it without an answer: who has withdrawn it. */
  readonly by: Actor | undefined;
  readonly decidedAt: string;
  /** Until then it can be undone. */
  readonly effectiveAt: string;
  /** Whether it cannot be undone any more. Where it is held, the record says so: a clock alone cannot keep two from each other. */
  readonly isEffective: boolean;
  /** Those whose answers made it so, in their order. Nobody, where a deadline did. */
  readonly answers: readonly GivenAnswer[];
  readonly reason: string | undefined;
  /** The digest of the entry that says so. */
  readonly hash: string;
}

export interface IssuedLink {
  readonly person: string;
  readonly expiresAt: string;
  readonly keyId: string;
  /** Index of the stage that it answers. */
  readonly stage: number;
  /** Whether its person answers without being named, as somebody of a group. */
  readonly isMember: boolean;
  readonly isUsed: boolean;
}

const NOTHING: RequestState = { head: undefined, request: undefined, early: [] };

export function stateOf(record: ConfirmationRecord): RequestState {
  return record.reduce(evolve, NOTHING);
}

/** What a further entry makes of a state. Entries are facts: none is judged here. */
export function evolve(state: RequestState, entry: Entry): RequestState {
  const { event, at, hash: head } = entry;
  if (event.type === 'requested') return { head, request: begin(event, at), early: [] };
  if (state.request === undefined) {
    return event.type === 'answered'
      ? { ...state, head, early: [...state.early, given(event, entry)] }
      : { ...state, head };
  }
  return { head, early: [], request: { ...state.request, ...change(state.request, entry) } };
}

function begin(event: EventOf<'requested'>, at: string): Request {
  const { type: _, requester, ...asked } = event;
  return {
    ...asked,
    requester,
    requestedAt: at,
    opened: undefined,
    answers: [],
    undone: [],
    reassigned: new Map(),
    escalatedTo: [],
    remindersSent: 0,
    links: new Map(),
    seen: new Set(),
    refusals: 0,
    decided: undefined,
    isDelivered: false,
  };
}

function change(request: Request, { event, at, hash }: Entry): Partial<Request> {
  switch (event.type) {
    case 'requested':
      return {};
    case 'opened':
      return { opened: { schedule: event.schedule, since: event.since, deadline: event.deadline, isExtended: false } };
    case 'deadline-moved': {
      if (request.opened === undefined) return {};
      const isExtended = request.opened.isExtended || event.by === undefined;
      return { opened: { ...request.opened, deadline: event.to, isExtended } };
    }
    case 'viewed':
      return { seen: new Set([...request.seen, `${event.by.person} ${event.shown}`]) };
    case 'reminded':
      return { remindersSent: event.nth };
    case 'escalated':
      return { escalatedTo: [...request.escalatedTo, event.to] };
    case 'reassigned':
      return { reassigned: new Map([...request.reassigned, [event.from, event.to]]) };
    case 'link-issued': {
      const { linkId, person, expiresAt, keyId, stage, isMember = false } = event;
      const link = { person, expiresAt, keyId, stage, isMember, isUsed: false };
      return { links: new Map([...request.links, [linkId, link]]) };
    }
    case 'answered':
      return { answers: [...request.answers, given(event, { at, hash })], links: afterUse(request, event.by.linkId) };
    case 'refused':
      return { refusals: request.refusals + 1 };
    case 'decided':
      return { decided: decided(request, event, { at, hash }) };
    case 'took-effect':
      return request.decided === undefined ? {} : { decided: { ...request.decided, isEffective: true } };
    case 'undone':
      return {
        decided: undefined,
        answers: request.answers.slice(0, -1),
        undone: [...request.undone, ...request.answers.slice(-1)],
      };
    case 'delivered':
      return { isDelivered: true };
  }
}

function given(event: EventOf<'answered'>, { at, hash }: Pick<Entry, 'at' | 'hash'>): GivenAnswer {
  const { by, stage, decision, comment, data, idempotencyKey } = event;
  return {
    decision,
    ...(comment !== undefined && { comment }),
    ...(data !== undefined && { data }),
    by,
    at,
    stage,
    idempotencyKey,
    hash,
  };
}

function afterUse({ links }: Request, linkId: string | undefined): Request['links'] {
  const link = linkId === undefined ? undefined : links.get(linkId);
  return linkId === undefined || link === undefined ? links : new Map([...links, [linkId, { ...link, isUsed: true }]]);
}

function decided(
  { answers }: Request,
  { by, decision, effectiveAt, reason }: EventOf<'decided'>,
  { at, hash }: Pick<Entry, 'at' | 'hash'>,
): Decided {
  return {
    decision,
    decidedAt: at,
    by,
    effectiveAt,
    isEffective: effectiveAt <= at,
    // What a deadline decides, it decides with a reason, whoever has said the same before.
    answers: reason === undefined ? answers.filter((answer) => answer.decision === decision) : [],
    reason,
    hash,
  };
}

/** Index of the stage that has to answer next; as many as there are stages when all have. */
export function stageOf({ stages, answers }: Pick<Request, 'stages' | 'answers'>): number {
  const isComplete = ({ needed = 1 }: Stage, index: number) =>
    answers.filter(({ stage, decision }) => stage === index && decision === 'confirm').length >= needed;
  const open = stages.findIndex((stage, index) => !isComplete(stage, index));
  return open === -1 ? stages.length : open;
}

/** Those who made it so, as far as they had signed in. Nobody, where a deadline did. */
export function decidedBy({ answers, by }: Decided): string[] {
  return [...answers.map((answer) => answer.by), ...(by === undefined ? [] : [by])].flatMap(
    ({ person }) => person ?? [],
  );
}
