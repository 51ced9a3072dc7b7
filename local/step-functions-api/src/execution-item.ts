import type { ExecutionSummary } from '../../engine/src/index.ts';
import { timestamp } from './timestamp.ts';

/** What DescribeExecution and ListExecutions both say of an execution. */
export function executionItem(execution: ExecutionSummary) {
  const { executionArn, stateMachineArn, name, status, startDateMs, stopDateMs } = execution;
  return {
    executionArn,
    stateMachineArn,
    stateMachineVersionArn: execution.stateMachineVersionArn,
    stateMachineAliasArn: execution.stateMachineAliasArn,
    name,
    status,
    startDate: timestamp(startDateMs),
    stopDate: stopDateMs === undefined ? undefined : timestamp(stopDateMs),
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriveDateMs === undefined ? undefined : timestamp(execution.redriveDateMs),
  };
}
