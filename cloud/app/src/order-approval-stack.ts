/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { JsonPath, Pass, Result } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import {
  Confirmations,
  ConsolePages,
  type MailProps,
  Operations,
  OwnKey,
  type Policy,
  reserveConcurrency,
  type Schedule,
  SignedInApi,
  WaitForConfirmation,
} from '../../constructs/src/index.ts';
import { grantRunOrders } from './grants.ts';
import { ObservedStateMachine } from './observed-state-machine.ts';
import { orderFunction, orderTask } from './order-function.ts';
import { processOrderInContainer, processOrderInFunction } from './process-order.ts';

/** By its path, as handlers are: what is deployed shares no code with what people touch. */
const CONSOLE_PROGRAM = join(import.meta.dirname, '../../../clients/console/src/print-console.ts');

export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
}

export interface OrderApprovalStackProps extends StackProps {
  /** How long somebody may take to confirm an order. @default Duration.days(3) */
  readonly confirmationDeadline?: Duration;
  /** Who may confirm, and what it takes. @default one person, whoever they are */
  readonly confirmationPolicy?: Policy;
  /** Reminders, escalation, what holds after the deadline. @default none; it expires */
  readonly confirmationSchedule?: Omit<Schedule, 'deadline'>;
  /** Whose tokens the API demands. @default - those of a user pool that the stack makes */
  readonly jwt?: JwtSettings;
  /** Sends mails to those who may confirm, with a link each. @default none are sent */
  readonly mail?: MailProps;
  /** The claim of a token that names a person, for a policy to name them by. @default - the user name that Cognito gives */
  readonly personClaim?: string;
  /** Makes a key of the account's own for buckets, logs and secrets. @default false */
  readonly ownKey?: boolean;
  /** How many runs at once each function has for itself, and at most. @default what the account has, for all together */
  readonly reservedConcurrency?: number;
  /** Processes orders in containers, for what takes longer than 15 minutes. @default - in a Lambda function */
  readonly longTasks?: 'batch' | 'fargate';
  /** The SNS topic that hears of alarms. @default nobody does */
  readonly alarmTopicArn?: string;
  /** Puts the web page on CloudFront, for the people of the stack's own user pool. @default false */
  readonly console?: boolean;
}

/** An order is processed, waits until somebody confirms it, and is completed. */
export class OrderApprovalStack extends Stack {
  constructor(scope: Construct, id: string, props: OrderApprovalStackProps = {}) {
    super(scope, id, props);
    const { owner = 'managers', ...policy } = props.confirmationPolicy ?? {};
    const { jwt, mail, reservedConcurrency, alarmTopicArn } = props;
    const encryptionKey = props.ownKey === true ? new OwnKey(this, 'Key') : undefined;
    encryptionKey?.encryptLogs(this);
    const pages = props.console === true ? new ConsolePages(this, 'Console', { program: CONSOLE_PROGRAM }) : undefined;
    const ordersApi = new SignedInApi(this, 'OrdersApi', {
      path: '/orders',
      ...(pages && { pagesOrigin: pages.origin }),
      ...(jwt && { authorizer: new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [jwt.audience] }) }),
    });
    const confirmations = new Confirmations(this, 'Confirmations', {
      idName: 'orderId',
      notifications: { url: ordersApi.url, ...(mail && { mail }) },
      ...(encryptionKey && { encryptionKey }),
    });
    const environment = { ...confirmations.environment, POWERTOOLS_SERVICE_NAME: 'orders' };

    // Process, wait for confirmation, complete.
    const processOrder =
      props.longTasks === undefined
        ? processOrderInFunction(this, environment)
        : processOrderInContainer(this, props.longTasks, confirmations, encryptionKey);
    const completeOrderFunction = orderFunction(this, 'complete-order', {
      description: 'Carries out an order that was confirmed',
      environment,
    });
    const completeOrder = orderTask(this, 'CompleteOrder', completeOrderFunction, { resultPath: JsonPath.DISCARD });
    const waitForConfirmation = new WaitForConfirmation(this, 'Confirmation', {
      confirmations,
      confirmationId: '$.orderId',
      owner,
      policy,
      deadline: props.confirmationDeadline ?? Duration.days(3),
      ...(props.confirmationSchedule && { schedule: props.confirmationSchedule }),
      confirmed: completeOrder.next(endAs(this, 'OrderCompleted', 'COMPLETED')),
      rejected: endAs(this, 'OrderRejected', 'REJECTED'),
      expired: endAs(this, 'OrderExpired', 'EXPIRED'),
      withdrawn: endAs(this, 'OrderWithdrawn', 'WITHDRAWN'),
    });
    const stateMachine = new ObservedStateMachine(this, 'OrderStateMachine', {
      comment: 'An order is processed, waits until somebody confirms it, and is completed',
      definition: processOrder.state.next(waitForConfirmation),
      functions: [
        ...processOrder.functions,
        confirmations.storeTaskToken,
        confirmations.checkDeadline,
        completeOrderFunction,
      ],
    });

    // The way in.
    const { longTasks } = processOrder;
    const api = orderFunction(this, 'api', {
      description: 'Takes orders and confirmations',
      environment: {
        ...environment,
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        CONFIRMATION_POLICY: JSON.stringify({ ...policy, owner }),
        ...(props.personClaim !== undefined && { PERSON_CLAIM: props.personClaim }),
        ...(longTasks && { LONG_TASKS_BUCKET: longTasks.bucket.bucketName }),
      },
      timeout: Duration.seconds(20),
    });
    ordersApi.serve(api);

    // Who may do what.
    confirmations.grantAnswer(api);
    confirmations.answerWaitsOf(stateMachine, api);
    grantRunOrders(stateMachine, api);
    longTasks?.serve(stateMachine);
    longTasks?.grantReadProgress(api);

    // Who looks after it.
    const alarmTopic = alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn);
    new Operations(this, 'Operations', {
      api: ordersApi,
      stateMachine,
      apiService: environment.POWERTOOLS_SERVICE_NAME,
      ...(alarmTopic && { alarmTopic }),
    });
    if (reservedConcurrency !== undefined) {
      reserveConcurrency(this, reservedConcurrency, [confirmations.reconciler.function]);
    }

    new CfnOutput(this, 'OrdersUrl', { value: ordersApi.url });
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'TaskTokenBucket', { value: confirmations.store.bucket.bucketName });
    if (ordersApi.people !== undefined) {
      const { userPoolId, issuer, clientId } = ordersApi.people;
      new CfnOutput(this, 'UserPoolId', { value: userPoolId });
      new CfnOutput(this, 'SignInIssuer', { value: issuer });
      new CfnOutput(this, 'SignInClientId', { value: clientId });
      if (pages !== undefined) {
        pages.publish(ordersApi.httpApi.apiEndpoint, ordersApi.people);
        new CfnOutput(this, 'ConsoleUrl', { value: pages.origin });
      }
    }
  }
}

/** The execution ends; what became of the order is part of what it gives. */
function endAs(scope: Construct, id: string, status: string): Pass {
  return new Pass(scope, id, { result: Result.fromString(status), resultPath: '$.status' });
}
