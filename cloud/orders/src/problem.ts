import type { Problem } from './contract.ts';
import { ContradictingDecision, DeadlinePassed, OrderEnded, OrderIdTaken, UnknownOrder } from './errors.ts';
import { HttpError } from './http-errors.ts';
import { InvalidRequest } from './invalid-request.ts';

/**
 * The only place where an error becomes HTTP. What is not named here is our own failure, or that of a service we use: the
 * client learns that it may try again, and nothing of what went wrong inside.
 *
 * @see RFC 9457, Problem Details for HTTP APIs
 */
export function problemResponse(error: unknown): Response {
  const { headers, ...problem } = describe(error);
  return Response.json(
    { ...problem, type: `urn:countersign:problem:${problem.type}` },
    { status: problem.status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  );
}

function describe(error: unknown): Problem & { headers?: Readonly<Record<string, string>> } {
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
  if (error instanceof UnknownOrder) {
    return { type: 'unknown-order', title: 'No such order', status: 404, detail: error.message };
  }
  if (error instanceof OrderIdTaken) {
    return { type: 'order-id-taken', title: 'The order id is taken', status: 409, detail: error.message };
  }
  if (error instanceof ContradictingDecision) {
    const { decision, decidedAt } = error.recorded;
    const title = 'It was decided otherwise';
    return { type: 'contradicting-decision', title, status: 409, detail: error.message, decision, decidedAt };
  }
  if (error instanceof OrderEnded) {
    return { type: 'order-ended', title: 'The order has failed', status: 409, detail: error.message };
  }
  if (error instanceof DeadlinePassed) {
    return { type: 'deadline-passed', title: 'The deadline has passed', status: 410, detail: error.message };
  }
  return {
    type: 'unavailable',
    title: 'This cannot be done at the moment',
    status: 503,
    detail:
      'Something this service needs did not answer. Send the same again: what was done already is not done twice.',
    headers: { 'retry-after': '1' },
  };
}

const HTTP_ERRORS: Record<HttpError['status'], Pick<Problem, 'type' | 'title'>> = {
  400: { type: 'malformed-request', title: 'The request is malformed' },
  404: { type: 'unknown-route', title: 'There is nothing here' },
  405: { type: 'method-not-allowed', title: 'This does not take that method' },
  413: { type: 'body-too-large', title: 'The body is too large' },
  415: { type: 'unsupported-media-type', title: 'The body must be JSON' },
};
