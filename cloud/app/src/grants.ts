import { Aws, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { NodeFunction } from '../../constructs/src/index.ts';

/** The API starts executions of this state machine and looks at them, and nothing else. */
export function grantRunOrders(stateMachine: StateMachine, api: NodeFunction): void {
  const executions = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${stateMachine.stateMachineName}:*`;
  api.addToRolePolicy(
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }),
  );
  api.addToRolePolicy(new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }));
  const machine = Stack.of(stateMachine).getLogicalId(stateMachine.node.defaultChild as CfnStateMachine);
  Validations.of(api.role ?? api).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*]`,
    reason:
      'An execution is named after its order, so it is any execution of this one state machine, and only to describe it.',
  });
}

/**
 * Lets functions answer the waits of this state machine. IAM's reference names no resource type for SendTaskSuccess, but
 * the service evaluates one: for a task of a state machine, the state machine (aws/aws-cdk#8486, NOAA-OWP/hydrovis#837).
 *
 * A policy of its own: a function depends on its role's default policy, and the state machine on its functions, so in the
 * default policy the two would wait for each other.
 */
export function grantAnswerWaits(stateMachine: StateMachine, ...functions: NodeFunction[]): void {
  const policy = new Policy(stateMachine, 'AnswerWaits', {
    statements: [
      new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [stateMachine.stateMachineArn] }),
    ],
  });
  for (const { role } of functions) role?.attachInlinePolicy(policy);
}
