import type { Fault } from '../invalid-request.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { Refusal, type RefusalKind } from '../refusals.ts';
import { decidedBy } from '../request-state.ts';
import { HttpError } from './http-error.ts';

/** Every answer of 400 and above, as `application/problem+json` (RFC 9457). */
export interface Problem {
  /** Stable; to be compared, not to be opened. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Everything that is wrong with the body. */
  errors?: readonly Fault[];
  /** The decision that stands, where there is one: what, when, and by whom. */
  decision?: string;
  decidedAt?: string;
  decidedBy?: readonly string[];
}

/** A {@link Problem} that is to be answered. */
export interface DescribedProblem extends Problem {
  headers?: Readonly<Record<string, string>>;
}

/**
 * The only place where an error becomes HTTP. What is not named here is our own failure, or that of a service we use: the
 * client learns that it may try again, and nothing of what went wrong inside.
 *
 * @see RFC 9457, Problem Details for HTTP APIs
 */
export function problemResponse({ headers, ...problem }: DescribedProblem): Response {
  return Response.json(
    { ...problem, type: `urn:countersign:problem:${problem.type}` },
    { status: problem.status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  );
}

export function describeProblem(error: unknown): DescribedProblem {
  if (error instanceof InvalidRequest) {
    return {
      type: 'invalid-request',
      title: 'The body is not what this needs',
      status: 400,
      detail: `${error.faults.length === 1 ? 'One thing is' : `${error.faults.length} things are`} wrong with the body.`,
      errors: error.faults,
    };
  }
  if (error instanceof HttpError) {
    const { status, message: detail, headers } = error;
    return { ...HTTP_ERRORS[status], status, detail, headers };
  }
  if (error instanceof Refusal) return describeRefusal(error);
  return {
    type: 'unavailable',
    title: 'This cannot be done at the moment',
    status: 503,
    detail:
      'Something this service needs did not answer. Send the same again: what was done already is not done twice.',
    headers: { 'retry-after': '1' },
  };
}

function describeRefusal({ kind, message: detail, decided }: Refusal): DescribedProblem {
  const people = decided === undefined ? [] : decidedBy(decided);
  return {
    type: kind,
    ...REFUSALS[kind],
    detail,
    ...(decided && { decision: decided.decision, decidedAt: decided.decidedAt }),
    ...(people.length > 0 && { decidedBy: people }),
    ...(kind === 'sign-in-needed' && { headers: { 'www-authenticate': 'Bearer' } }),
  };
}

const REFUSALS: Record<RefusalKind, Pick<Problem, 'title' | 'status'>> = {
  'unknown-request': { title: 'Nobody asks about this', status: 404 },
  'contradicting-decision': { title: 'It was decided otherwise', status: 409 },
  'deadline-passed': { title: 'The deadline has passed', status: 410 },
  withdrawn: { title: 'The request was withdrawn', status: 410 },
  'request-ended': { title: 'What asked has ended', status: 409 },
  'not-allowed': { title: 'This is not for you', status: 403 },
  'sign-in-needed': { title: 'Sign in first', status: 401 },
  'idempotency-key-reused': { title: 'The idempotency key was used for something else', status: 422 },
  'too-late-to-undo': { title: 'It cannot be undone', status: 409 },
  'record-full': { title: 'So much has been written about this that no more is taken', status: 409 },
  'link-dead': { title: 'The link is of no use any more', status: 410 },
  'link-wrong': { title: 'The link is not whole', status: 403 },
  'read-again': { title: 'Read it again first', status: 409 },
};

const HTTP_ERRORS: Record<HttpError['status'], Pick<Problem, 'type' | 'title'>> = {
  400: { type: 'malformed-request', title: 'The request is malformed' },
  401: { type: 'sign-in-needed', title: 'Sign in first' },
  404: { type: 'unknown-route', title: 'There is nothing here' },
  405: { type: 'method-not-allowed', title: 'This does not take that method' },
  413: { type: 'body-too-large', title: 'The body is too large' },
  415: { type: 'unsupported-media-type', title: 'The body must be JSON' },
  429: { type: 'too-many-attempts', title: 'Too many attempts' },
};
