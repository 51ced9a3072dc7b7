import { Aws, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
