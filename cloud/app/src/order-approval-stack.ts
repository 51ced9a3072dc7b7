/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { JitterType, JsonPath, Pass, Result, type RetryProps, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { TaskTokenStore, WaitForConfirmation } from '../../constructs/src/index.ts';
import { grantAnswerWaits, grantRunOrders } from './grants.ts';
import { ObservedStateMachine } from './observed-state-machine.ts';
import { orderFunction } from './order-function.ts';
import { type JwtSettings, OrdersApi } from './orders-api.ts';

export interface OrderApprovalStackProps extends StackProps {
  /** How long somebody may take to confirm an order. @default Duration.days(3) */
  readonly confirmationDeadline?: Duration;
  /** Who may use the API. @default - everybody who knows its address */
  readonly jwt?: JwtSettings;
}

/** An order is processed, waits until somebody confirms it, and is completed. */
export class OrderApprovalStack extends Stack {
  constructor(scope: Construct, id: string, props: OrderApprovalStackProps = {}) {
    super(scope, id, props);
    const deadline = props.confirmationDeadline ?? Duration.days(3);
    const tokens = new TaskTokenStore(this, 'TaskTokenStore', { longestWait: deadline });
    const environment = { TASK_TOKEN_BUCKET: tokens.bucket.bucketName };

    const functions = {
      processOrder: orderFunction(this, 'process-order', {
        description: 'Looks at an order before anybody is asked about it',
      }),
      storeTaskToken: orderFunction(this, 'store-task-token', {
        description: 'Keeps the task token of an order that waits',
        environment,
      }),
      closeConfirmation: orderFunction(this, 'close-confirmation', {
        description: 'Closes an order that nobody confirmed in time',
        environment,
      }),
      completeOrder: orderFunction(this, 'complete-order', {
        description: 'Carries out an order that was confirmed',
      }),
    };

    // Process, wait for confirmation, complete.
    const processOrder = new LambdaInvoke(this, 'ProcessOrder', {
      lambdaFunction: functions.processOrder,
      payload: ORDER_AND_EXECUTION,
      outputPath: '$.Payload',
    });
    const completeOrder = new LambdaInvoke(this, 'CompleteOrder', {
      lambdaFunction: functions.completeOrder,
      payload: ORDER_AND_EXECUTION,
      resultPath: JsonPath.DISCARD,
    });
    // CDK's own Retry leaves out that Lambda takes no more at the moment, and an order must not fail for that.
    for (const task of [processOrder, completeOrder]) task.addRetry(WHEN_THROTTLED);
    const waitForConfirmation = new WaitForConfirmation(this, 'Confirmation', {
      storeTaskToken: functions.storeTaskToken,
      closeConfirmation: functions.closeConfirmation,
      deadline,
      confirmed: completeOrder.next(endAs(this, 'OrderCompleted', 'COMPLETED')),
      rejected: endAs(this, 'OrderRejected', 'REJECTED'),
      expired: endAs(this, 'OrderExpired', 'EXPIRED'),
    });
    const stateMachine = new ObservedStateMachine(this, 'OrderStateMachine', {
      comment: 'An order is processed, waits until somebody confirms it, and is completed',
      definition: processOrder.next(waitForConfirmation),
      functions: Object.values(functions),
    });

    // The way in.
    const api = orderFunction(this, 'api', {
      description: 'Takes orders and confirmations',
      environment: { ...environment, STATE_MACHINE_ARN: stateMachine.stateMachineArn },
      timeout: Duration.seconds(20),
    });
    const { ordersUrl } = new OrdersApi(this, 'OrdersApi', { handler: api, ...(props.jwt && { jwt: props.jwt }) });

    // Who may do what.
    tokens.grantOpenWaits(functions.storeTaskToken);
    tokens.grantDecide(functions.closeConfirmation);
    tokens.grantDecide(api);
    grantRunOrders(stateMachine, api);
    grantAnswerWaits(stateMachine, api, functions.storeTaskToken);

    new CfnOutput(this, 'OrdersUrl', { value: ordersUrl });
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'TaskTokenBucket', { value: tokens.bucket.bucketName });
  }
}

const ORDER_AND_EXECUTION = TaskInput.fromObject({
  executionArn: JsonPath.executionId,
  input: JsonPath.entirePayload,
});

const WHEN_THROTTLED: RetryProps = {
  errors: ['Lambda.TooManyRequestsException'],
  interval: Duration.seconds(1),
  maxAttempts: 8,
  jitterStrategy: JitterType.FULL,
};

/** The execution ends; what became of the order is part of what it gives. */
function endAs(scope: Construct, id: string, status: string): Pass {
  return new Pass(scope, id, { result: Result.fromString(status), resultPath: '$.status' });
}
