import type { PublishedVersion } from '../../engine/src/index.ts';
import { timestamp } from './timestamp.ts';

/** What PublishStateMachineVersion and ListStateMachineVersions both say of a version. */
export function versionItem({ stateMachineVersionArn, creationDateMs }: PublishedVersion) {
  return { stateMachineVersionArn, creationDate: timestamp(creationDateMs) };
}
