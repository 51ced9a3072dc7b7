import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

export interface ObservedStateMachineProps {
  readonly comment: string;
  readonly definition: IChainable;
  /** The functions that its tasks call. */
  readonly functions: readonly LambdaFunction[];
}

/**
 * A Standard state machine whose every event is logged and traced, but without the data: the input of a task that waits
 * holds its task token, and a log has more readers than a token may have.
 */
export class ObservedStateMachine extends StateMachine {
  constructor(scope: Construct, id: string, { comment, definition, functions }: ObservedStateMachineProps) {
    super(scope, id, {
      comment,
      definitionBody: DefinitionBody.fromChainable(definition),
      stateMachineType: StateMachineType.STANDARD,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(scope, `${id}Log`, {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'The role delivers logs and traces, for whose actions IAM knows no resource; each is named one by one.',
    });
    for (const called of functions) {
      const logicalId = Stack.of(this).getLogicalId(called.node.defaultChild as CfnFunction);
      Validations.of(this).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>:*]`,
        reason:
          'This is the function of a task of this state machine; what is wild is only which version of it is called.',
      });
    }
  }
}
