import { Hono, type MiddlewareHandler } from 'hono';
import { HttpError } from './http-error.ts';
import type { Operation } from './open-api.ts';
import { type DescribedProblem, problemResponse } from './problem.ts';

export interface ApiOptions {
  readonly describeProblem: (error: unknown) => DescribedProblem;
  /** Told of what is answered with a 5xx, and only of that. */
  readonly onFailure: (error: unknown) => void;
}

/** An HTTP API whose answers no cache keeps, and whose failures are problems (RFC 9457), before it has any route. */
export function newApi({ describeProblem, onFailure }: ApiOptions): Hono {
  const api = new Hono();
  api.use(neverCached);
  api.notFound(({ req }) => problemResponse(describeProblem(new HttpError(404, `There is no ${req.path}.`))));
  api.onError((error) => {
    const response = problemResponse(describeProblem(error));
    if (response.status >= 500) onFailure(error);
    return response;
  });
  return api;
}

/** Refuses every other method of the paths that there are. To be called when all routes are there. */
export function refuseOtherMethods(api: Hono, operations: readonly Operation[]): void {
  for (const [path, on] of Map.groupBy(operations, (operation) => operation.path)) {
    const methods = on.map(({ method }) => method.toUpperCase());
    const allow = [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
    api.all(path.replaceAll(/\{(\w+)\}/gv, ':$1'), ({ req }) => {
      throw new HttpError(405, `${req.method} is not for this; ${allow.join(', ')} is.`, { allow: allow.join(', ') });
    });
  }
}

const neverCached: MiddlewareHandler = async ({ header }, next) => {
  await next();
  header('cache-control', 'no-store');
  header('x-content-type-options', 'nosniff');
};
