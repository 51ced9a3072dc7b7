import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { HttpError } from './http-error.ts';
import { describeProblem, problemResponse } from './problem.ts';

/** "Forbidden methods", of which there is no `Request`. Fetch Standard, section 2.2.1. */
const NO_REQUESTS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
/** Nor is there one of these with a body, which would mean nothing. RFC 9110, section 9.3. */
const NO_BODIES: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * An app as the handler of a Lambda function behind an HTTP API, payload format 2.0. What no `Request` can be made of is answered
 * here: the adapter would write a stack into the log each time that a stranger sends it.
 */
export function behindHttpApi(app: Parameters<typeof handle>[0]): ReturnType<typeof handle> {
  const answer = handle(app);
  return async (event, context) => {
    const method = methodOf(event);
    if (NO_REQUESTS.has(method)) return await notAllowed(method);
    return await answer(NO_BODIES.has(method) ? { ...event, body: null } : event, context);
  };
}

function methodOf({ requestContext }: LambdaEvent): string {
  return 'http' in requestContext ? requestContext.http.method : '';
}

async function notAllowed(method: string): Promise<Awaited<ReturnType<ReturnType<typeof handle>>>> {
  const problem = problemResponse(describeProblem(new HttpError(405, `${method} is for nothing here.`, { allow: '' })));
  return {
    statusCode: problem.status,
    headers: Object.fromEntries(problem.headers),
    body: await problem.text(),
    isBase64Encoded: false,
  };
}
