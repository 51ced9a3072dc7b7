import type { StateMachineSummary } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { pageOf } from '../page.ts';
import { PageSize, PageToken } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const listStateMachines = action({
  members: { maxResults: PageSize, nextToken: PageToken },
  perform(engine, request) {
    const { items, nextToken } = engine.listStateMachines(pageOf(request));
    return { stateMachines: items.map(stateMachineItem), nextToken };
  },
});

function stateMachineItem({ stateMachineArn, name, type, creationDateMs }: StateMachineSummary) {
  return { stateMachineArn, name, type, creationDate: timestamp(creationDateMs) };
}
