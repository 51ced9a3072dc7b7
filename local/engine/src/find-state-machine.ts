import { parseStateMachineArn, qualifiedArn, stateMachineArn, type ArnMaker } from './arn.ts';
import { StateMachineDoesNotExist } from './errors.ts';
import type { ResourceStore, StoredAlias, StoredStateMachine, StoredVersion } from './resource-store.ts';

/** What the ARN of a state machine, of a version or of an alias names. */
export type Named = { readonly machine: StoredStateMachine } & (
  | { readonly kind: 'state machine' }
  | { readonly kind: 'version'; readonly version: StoredVersion }
  | { readonly kind: 'alias'; readonly alias: StoredAlias }
);

/**
 * The state machine of an ARN without a qualifier.
 *
 * @throws {StateMachineDoesNotExist} also for the ARN of a version or an alias
 */
export function findStateMachine(resources: ResourceStore, arns: ArnMaker, arn: string): StoredStateMachine {
  const named = findNamed(resources, arns, arn);
  if (named?.kind !== 'state machine') throw new StateMachineDoesNotExist(arn);
  return named.machine;
}

/** `undefined` where an ARN names nothing that is here, as does one of another region or another account. */
export function findNamed(resources: ResourceStore, arns: ArnMaker, arn: string): Named | undefined {
  const { name, qualifier } = parseStateMachineArn(arn);
  const unqualified = stateMachineArn(arns, name);
  const isOurs = arn === (qualifier === undefined ? unqualified : qualifiedArn(unqualified, qualifier));
  const machine = isOurs ? resources.findStateMachine(name) : undefined;
  if (machine === undefined || qualifier === undefined) return machine && { kind: 'state machine', machine };
  const number = parseVersionNumber(qualifier);
  if (number !== undefined) {
    const version = resources.findVersion(machine.id, number);
    return version && { kind: 'version', machine, version };
  }
  const alias = resources.findAlias(machine.id, qualifier);
  return alias && { kind: 'alias', machine, alias };
}

/** Versions are qualified by a number; the name of an alias is never one. */
export function parseVersionNumber(qualifier: string | undefined): number | undefined {
  return qualifier !== undefined && /^[1-9]\d{0,14}$/.test(qualifier) ? Number(qualifier) : undefined;
}
