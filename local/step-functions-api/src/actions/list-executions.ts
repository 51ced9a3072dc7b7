import { ValidationException, type ExecutionSummary } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { executionItem } from '../execution-item.ts';
import { pageOf } from '../page.ts';
import { ExecutionRedriveFilter, ExecutionStatus, ListExecutionsPageToken, LongArn, PageSize, Arn } from '../shapes.ts';

export const listExecutions = action({
  members: {
    stateMachineArn: Arn,
    mapRunArn: LongArn,
    statusFilter: ExecutionStatus,
    redriveFilter: ExecutionRedriveFilter,
    maxResults: PageSize,
    nextToken: ListExecutionsPageToken,
  },
  perform(engine, request) {
    const { stateMachineArn, mapRunArn, statusFilter, redriveFilter } = request;
    if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
      throw new ValidationException('Exactly one of stateMachineArn and mapRunArn has to be given');
    }
    if (statusFilter === 'PENDING_REDRIVE' && mapRunArn === undefined) {
      throw new ValidationException('statusFilter PENDING_REDRIVE can only be used with a mapRunArn');
    }
    const { items, nextToken } = engine.listExecutions({
      ...(stateMachineArn !== undefined && { stateMachineArn }),
      ...(mapRunArn !== undefined && { mapRunArn }),
      ...(statusFilter !== undefined && { statusFilter }),
      ...(redriveFilter !== undefined && { redriveFilter }),
      ...pageOf(request),
    });
    return { executions: items.map(mapRunArn === undefined ? executionItem : childItem), nextToken };
  },
});

function childItem(child: ExecutionSummary) {
  return { ...executionItem(child), mapRunArn: child.mapRunArn, itemCount: child.itemCount };
}
