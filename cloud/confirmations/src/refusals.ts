import { type Decided, decidedBy } from './request-state.ts';

/**
 * What somebody asked for and does not get. What was written about it stays written. `problem.ts` is the one place that turns
 * these into HTTP; each `kind` is part of what a client may rely on.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  /** The decision that stands, where there is one. */
  readonly decided: Decided | undefined;

  constructor(kind: RefusalKind, message: string, decided?: Decided) {
    super(message);
    this.kind = kind;
    this.decided = decided;
  }
}

export type RefusalKind =
  /** Nobody asks about this. */
  | 'unknown-request'
  /** Somebody has decided otherwise, or this person has. */
  | 'contradicting-decision'
  | 'deadline-passed'
  | 'withdrawn'
  /** What asked has failed or was stopped. */
  | 'request-ended'
  /** Not this person. */
  | 'not-allowed'
  /** Nobody in particular; the policy asks for somebody. */
  | 'sign-in-needed'
  | 'idempotency-key-reused'
  /** It has been delivered, or was never to be undone. */
  | 'too-late-to-undo'
  /** That many entries are enough for one request. */
  | 'record-full'
  /** Used, expired, given to somebody else, or about something that is decided. */
  | 'link-dead'
  /** Not as it was sent out. */
  | 'link-wrong'
  /** It is not what was shown, or was shown too long ago. */
  | 'read-again';

export function contradicts(id: string, decided: Decided): Refusal {
  const who = decidedBy(decided);
  const by = who.length === 0 ? '' : ` by ${who.join(' and ')}`;
  return new Refusal(
    'contradicting-decision',
    `The decision on "${id}" was "${decided.decision}", made${by} at ${decided.decidedAt}. It stands.`,
    decided,
  );
}

export function expired(id: string, decided: Decided): Refusal {
  return new Refusal(
    'deadline-passed',
    `Nobody had decided on "${id}" when its deadline passed; it was closed to confirmations at ${decided.decidedAt}.`,
    decided,
  );
}

export function withdrawn(id: string, decided: Decided): Refusal {
  const because = decided.reason === undefined ? '' : `: ${decided.reason}`;
  return new Refusal('withdrawn', `The request about "${id}" was withdrawn at ${decided.decidedAt}${because}`, decided);
}

export function unknownRequest(id: string): Refusal {
  return new Refusal('unknown-request', `Nobody asks for a confirmation of "${id}".`);
}

export function unknownLink(): Refusal {
  return new Refusal('unknown-request', 'There is no such link.');
}
