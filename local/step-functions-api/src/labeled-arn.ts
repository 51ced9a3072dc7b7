import { ValidationException } from '../../engine/src/index.ts';
import { Arn } from './shapes.ts';

/**
 * Child executions of a Map Run belong to `…:stateMachine:Orders/Fan`: what the distributed Map with the label Fan runs,
 * within the state machine Orders. It can be described, and there is nothing else to be done with it.
 */
export function splitLabel(arn: string): { stateMachineArn: string; label?: string } {
  const [, stateMachineArn, label] = /^(.+:stateMachine:[^:/]+)\/([^:]+)$/.exec(arn) ?? [];
  return stateMachineArn === undefined || label === undefined ? { stateMachineArn: arn } : { stateMachineArn, label };
}

/** The label in the ARN of a Map Run, `…:mapRun:Orders/Fan:<uuid>`. */
export function labelOfMapRun(mapRunArn: string): string | undefined {
  return /\/([^/:]+):[^:]+$/.exec(mapRunArn)?.[1];
}

/** For the actions that take a state machine, and not a Map state within one. */
export const UnlabeledArn = {
  ...Arn,
  check(arn: string) {
    if (splitLabel(arn).label === undefined) return;
    const message = `This action takes the ARN of a state machine, not that of a Map state within one; given: '${arn}'`;
    throw new ValidationException(message, 'API_DOES_NOT_SUPPORT_LABELED_ARNS');
  },
} as const;

/** Whether a definition has a distributed Map of this label, which is its name where it states none. */
export function hasLabel(definition: string, label: string): boolean {
  let isFound = false;
  JSON.parse(definition, (name, value: unknown) => {
    if (isDistributedMap(value)) isFound ||= (value.Label ?? name) === label;
    return value;
  });
  return isFound;
}

function isDistributedMap(value: unknown): value is { readonly Label?: string } {
  const state = value as { Type?: unknown; ItemProcessor?: { ProcessorConfig?: { Mode?: unknown } } } | null;
  return state?.Type === 'Map' && state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
}
