import type { Permission } from '../iam/caller.ts';
import { textIn } from '../iam/inputs.ts';

/** The member of an action's input that names what it is on; every other action of Step Functions is on nothing in particular. */
const RESOURCE_IN: Readonly<Record<string, string>> = {
  DeleteActivity: 'activityArn',
  DeleteStateMachine: 'stateMachineArn',
  DeleteStateMachineAlias: 'stateMachineAliasArn',
  DeleteStateMachineVersion: 'stateMachineVersionArn',
  DescribeActivity: 'activityArn',
  DescribeExecution: 'executionArn',
  DescribeMapRun: 'mapRunArn',
  DescribeStateMachine: 'stateMachineArn',
  DescribeStateMachineAlias: 'stateMachineAliasArn',
  DescribeStateMachineForExecution: 'executionArn',
  GetActivityTask: 'activityArn',
  GetExecutionHistory: 'executionArn',
  ListMapRuns: 'executionArn',
  ListStateMachineAliases: 'stateMachineArn',
  ListStateMachineVersions: 'stateMachineArn',
  ListTagsForResource: 'resourceArn',
  PublishStateMachineVersion: 'stateMachineArn',
  RedriveExecution: 'executionArn',
  StartExecution: 'stateMachineArn',
  StartSyncExecution: 'stateMachineArn',
  StopExecution: 'executionArn',
  TagResource: 'resourceArn',
  UntagResource: 'resourceArn',
  UpdateMapRun: 'mapRunArn',
  UpdateStateMachine: 'stateMachineArn',
  UpdateStateMachineAlias: 'stateMachineAliasArn',
};

export interface StatesLookups {
  /** Whose task a token is of; undefined for a token that is none. */
  readonly stateMachineArnOfToken: (taskToken: string) => string | undefined;
  /** What this machine would call one. */
  readonly arnOf: (kind: 'stateMachine' | 'activity', name: string) => string;
}

/**
 * What an action of Step Functions needs. An answer to a task is on its state machine, although the reference of IAM names no
 * resource for it: so AWS evaluates it, and so the CDK grants it.
 *
 * @see Service Authorization Reference, "Actions, resources, and condition keys for AWS Step Functions"
 * @see https://github.com/aws/aws-cdk/pull/8486
 */
export function toCallStates(lookups: StatesLookups) {
  return (action: string, input: unknown): Permission[] => [
    { action: `states:${action}`, resource: resourceOf(action, input, lookups) },
    ...toPassRole(action, input),
  ];
}

function resourceOf(action: string, input: unknown, { stateMachineArnOfToken, arnOf }: StatesLookups): string {
  if (action.startsWith('SendTask')) return stateMachineArnOfToken(textIn(input, 'taskToken') ?? '') ?? '*';
  if (action === 'CreateStateMachine') return arnOf('stateMachine', textIn(input, 'name') ?? '');
  if (action === 'CreateActivity') return arnOf('activity', textIn(input, 'name') ?? '');
  if (action === 'ListExecutions') return textIn(input, 'stateMachineArn') ?? textIn(input, 'mapRunArn') ?? '*';
  const member = Object.hasOwn(RESOURCE_IN, action) ? RESOURCE_IN[action] : undefined;
  return member === undefined ? '*' : (textIn(input, member) ?? '*');
}

/** Whoever gives a role to a state machine has to be allowed to. */
function toPassRole(action: string, input: unknown): Permission[] {
  const isGiving = ['CreateStateMachine', 'UpdateStateMachine', 'TestState'].includes(action);
  const roleArn = isGiving ? textIn(input, 'roleArn') : undefined;
  if (roleArn === undefined) return [];
  return [{ action: 'iam:PassRole', resource: roleArn, keys: { 'iam:PassedToService': 'states.amazonaws.com' } }];
}
