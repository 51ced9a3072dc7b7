import {
  findCatcher,
  findRetrier,
  isFatal,
  planRetry,
  type Catcher,
  type Failure,
  type State,
} from '../../../asl/src/index.ts';
import type { InspectionErrorDetails } from './api.ts';

/** Who handles a failure: a retrier, a catcher with its place, or nobody. */
export type Route =
  | { readonly to: 'retry' }
  | { readonly to: 'catcher'; readonly catcher: Catcher; readonly index: number }
  | { readonly to: 'nobody' };

/** Retry, else Catch. `details` names those that know the failure, a retrier that has spent its attempts too. */
export function routeFailure(
  state: State,
  failure: Failure,
  retriesMade: number,
): { readonly route: Route; readonly details: InspectionErrorDetails } {
  if (isFatal(failure)) return { route: { to: 'nobody' }, details: {} };
  const retriers = ('Retry' in state ? state.Retry : undefined) ?? [];
  const retrier = findRetrier(retriers, failure);
  const known = retrier >= 0 ? { retryIndex: retrier } : {};
  // Of a delay that is drawn, the longest is shown.
  const retry = planRetry(
    retriers,
    failure,
    retriers.map(() => retriesMade),
    () => 1,
  );
  if (retry !== undefined) {
    const retryBackoffIntervalSeconds = Math.round(retry.delayMs / 1000);
    return { route: { to: 'retry' }, details: { ...known, retryBackoffIntervalSeconds } };
  }
  const catchers = ('Catch' in state ? state.Catch : undefined) ?? [];
  const catcher = findCatcher(catchers, failure);
  if (catcher === undefined) return { route: { to: 'nobody' }, details: known };
  const index = catchers.indexOf(catcher);
  return { route: { to: 'catcher', catcher, index }, details: { ...known, catchIndex: index } };
}
