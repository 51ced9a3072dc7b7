import type { AliasSummary } from '../../engine/src/index.ts';
import { timestamp } from './timestamp.ts';

/** What CreateStateMachineAlias and ListStateMachineAliases both say of an alias. */
export function aliasItem({ stateMachineAliasArn, creationDateMs }: AliasSummary) {
  return { stateMachineAliasArn, creationDate: timestamp(creationDateMs) };
}
