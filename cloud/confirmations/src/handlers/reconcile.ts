import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { setTimeout as pause } from 'node:timers/promises';
import { openSfn } from '../aws.ts';
import { readAll } from '../config.ts';
import { executionsBy } from '../executions.ts';
import { logger, metrics, observed } from '../observe.ts';
import { openConfirmations } from '../open-confirmations.ts';
import { reconcile, type Summary } from '../reconcile.ts';

const { STATE_MACHINE_ARNS } = readAll(process.env, 'STATE_MACHINE_ARNS');
const stateMachineArns = STATE_MACHINE_ARNS.split(',').map((arn) => arn.trim());
const confirmations = openConfirmations(process.env);
const executions = executionsBy(openSfn());

/** What is left of a run's time for what it has begun, and for its summary. */
const RESERVE_MS = 10_000;

// Where the run before stopped, as long as this process lives. A new one begins at the beginning, and misses nothing.
let resumeAfter: string | undefined;

/** Called by a schedule. Gives what it logs. */
export const handler = observed(async (_event: unknown, context): Promise<Summary> => {
  const endsAtMs = Date.now() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
  const summary = await reconcile({ stateMachineArns, endsAtMs, resumeAfter, pause }, confirmations, executions);
  ({ resumeAfter } = summary);
  count(summary);
  logger.info('reconciler.finished', { ...summary });
  return summary;
});

function count({ findings, oldestPendingSeconds }: Summary): void {
  // Also when it is 0: an alarm has to see the difference between nothing that waits and nobody who looks.
  if (oldestPendingSeconds !== undefined) {
    metrics.addMetric('OldestPendingSeconds', MetricUnit.Seconds, oldestPendingSeconds);
  }
  for (const [finding, number] of Object.entries(findings)) {
    metrics.singleMetric().addDimension('finding', finding).addMetric('ReconcilerFindings', MetricUnit.Count, number);
  }
}
