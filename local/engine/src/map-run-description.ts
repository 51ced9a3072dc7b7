import type { MapRunCounts, MapRunDescription } from './api.ts';
import type { MapRunCount, StoredMapRun } from './map-run-store.ts';

/** What DescribeMapRun says of a run whose children are counted so. */
export function describeMapRun(
  run: StoredMapRun,
  executionArn: string,
  children: readonly MapRunCount[],
): MapRunDescription {
  const { arn, status, tolerance, maxConcurrency, startedAtMs, stoppedAtMs, redriveCount, redrivenAtMs } = run;
  const pendingItems = Math.max((run.itemCount ?? 0) - run.nextItem, 0);
  return {
    mapRunArn: arn,
    executionArn,
    status,
    startDateMs: startedAtMs,
    ...(stoppedAtMs !== null && { stopDateMs: stoppedAtMs }),
    maxConcurrency,
    toleratedFailurePercentage: tolerance.percentage ?? 0,
    toleratedFailureCount: tolerance.count ?? 0,
    itemCounts: countsOf(run, children, 'items', pendingItems),
    // A child exists from the moment that it begins, so none of them is pending.
    executionCounts: countsOf(run, children, 'executions', 0),
    redriveCount,
    ...(redrivenAtMs !== null && { redriveDateMs: redrivenAtMs }),
  };
}

function countsOf(
  { plan, status }: StoredMapRun,
  children: readonly MapRunCount[],
  unit: 'items' | 'executions',
  pending: number,
): MapRunCounts {
  const of = (wanted: MapRunCount['status']): number => children.find((count) => count.status === wanted)?.[unit] ?? 0;
  const all = children.reduce((sum, count) => sum + count[unit], 0);
  return {
    pending,
    running: of('RUNNING'),
    succeeded: of('SUCCEEDED'),
    failed: of('FAILED'),
    timedOut: of('TIMED_OUT'),
    aborted: of('ABORTED'),
    total: all + pending,
    // The results of a run are written at once, when it succeeds.
    resultsWritten: plan.writer !== undefined && status === 'SUCCEEDED' ? all : 0,
    pendingRedrive: of('PENDING_REDRIVE'),
    failuresNotRedrivable: children.reduce((sum, count) => sum + count.notRedrivable[unit], 0),
  };
}
