import { ResourceNotFound, ValidationException } from '../../../engine/src/index.ts';
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
    const { statusFilter } = request;
    const stateMachineArn = stateMachineOf(request);
    if (statusFilter === 'PENDING_REDRIVE') {
      throw new ValidationException('statusFilter PENDING_REDRIVE can only be used with a mapRunArn');
    }
    const filter = statusFilter === undefined ? {} : { statusFilter };
    const { items, nextToken } = engine.listExecutions({ stateMachineArn, ...filter, ...pageOf(request) });
    // Nothing is ever redriven here, so those that were are none of these.
    const matching = request.redriveFilter === 'REDRIVEN' ? [] : items;
    return { executions: matching.map(executionItem), nextToken };
  },
});

function stateMachineOf({ stateMachineArn, mapRunArn }: { stateMachineArn?: string; mapRunArn?: string }): string {
  if (stateMachineArn !== undefined && mapRunArn === undefined) return stateMachineArn;
  if (stateMachineArn === undefined && mapRunArn !== undefined) {
    throw new ResourceNotFound(mapRunArn);
  }
  throw new ValidationException('Exactly one of stateMachineArn and mapRunArn has to be given');
}
