import { Duration } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  Errors,
  type IChainable,
  type INextable,
  IntegrationPattern,
  JsonPath,
  Pass,
  type State,
  StateMachineFragment,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { type Policy, type Schedule, shortestSeconds } from '../../confirmations/src/index.ts';
import { assertAnswerable } from './assert-answerable.ts';
import type { Confirmations } from './confirmations.ts';

export interface WaitForConfirmationProps {
  /** Where tokens and records are kept, and the functions that keep them. */
  readonly confirmations: Confirmations;
  /** JSONPath of the id by which the confirmation is known outside. @default the execution's name */
  readonly confirmationId?: string;
  /** JSONPath of what people are asked about. @default the state's whole input */
  readonly subject?: string;
  /** The person or group that answers for the request. */
  readonly owner: string;
  /** Who may decide, and what it takes. @default one person, whoever they are */
  readonly policy?: Omit<Policy, 'owner'>;
  /** How long people have to answer: less than a year, after which Step Functions ends any execution. */
  readonly deadline: Duration | Schedule['deadline'];
  /** Reminders, escalation, what holds after the deadline, and the calendar. @default none; it expires */
  readonly schedule?: Omit<Schedule, 'deadline'>;
  /** What follows `confirm`. */
  readonly confirmed: IChainable;
  /** What follows `reject`. */
  readonly rejected: IChainable;
  /** What follows when nobody answered in time. */
  readonly expired: IChainable;
  /** What follows when the request was withdrawn. @default what follows when nobody answered in time */
  readonly withdrawn?: IChainable;
}

/**
 * Pauses an execution until people have confirmed or rejected, or until the deadline has passed.
 *
 * The decision comes to `$.confirmation` and touches nothing else of the state's data, so an answer cannot change what it
 * is about.
 */
export class WaitForConfirmation extends StateMachineFragment {
  readonly startState: State;
  readonly endStates: INextable[];

  constructor(scope: Construct, id: string, props: WaitForConfirmationProps) {
    super(scope, id);
    const request = assertAnswerable(id, props);
    const { confirmations, confirmed, rejected, expired, withdrawn } = props;
    const asked = {
      id: JsonPath.stringAt(props.confirmationId ?? '$$.Execution.Name'),
      subject: props.subject === undefined ? JsonPath.entirePayload : JsonPath.objectAt(props.subject),
      ...request,
    };

    const waitFor = (stateId: string, comment: string, timeout: { timeoutSeconds: number; taskTimeout: Timeout }) =>
      new LambdaInvoke(this, stateId, {
        comment,
        lambdaFunction: confirmations.storeTaskToken,
        integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        payload: TaskInput.fromObject({
          ...asked,
          taskToken: JsonPath.taskToken,
          timeoutSeconds: timeout.timeoutSeconds,
          // By these, attempts are put in order: each has a token of its own, and only the latest one's is alive.
          attempt: {
            executionArn: JsonPath.executionId,
            executionStartTime: JsonPath.executionStartTime,
            stateEnteredTime: JsonPath.stateEnteredTime,
            retryCount: JsonPath.stateRetryCount,
          },
        }),
        taskTimeout: timeout.taskTimeout,
        resultPath: '$.confirmation',
        retryOnServiceExceptions: false,
      });

    const timeoutSeconds = shortestSeconds(request.schedule);
    const wait = waitFor('WaitForConfirmation', 'Until somebody answers, or until something is due', {
      timeoutSeconds,
      taskTimeout: Timeout.duration(Duration.seconds(timeoutSeconds)),
    });
    const keepWaiting = waitFor(
      'KeepWaiting',
      'Until the next thing is due: a reminder, the deadline, the end of a hold',
      {
        timeoutSeconds: JsonPath.numberAt('$.confirmation.seconds'),
        taskTimeout: Timeout.at('$.confirmation.seconds'),
      },
    );

    const check = new LambdaInvoke(this, 'CheckDeadline', {
      comment: 'Does what is due, and says whether to wait on',
      lambdaFunction: confirmations.checkDeadline,
      payload: TaskInput.fromObject({
        ...asked,
        run: { executionArn: JsonPath.executionId, executionStartTime: JsonPath.executionStartTime },
      }),
      resultPath: '$.confirmation',
      retryOnServiceExceptions: false,
    });
    const unwrap = new Pass(this, 'TakeDecision', {
      comment: 'Out of the envelope that Lambda puts around it',
      inputPath: '$.confirmation.Payload',
      resultPath: '$.confirmation',
    });

    const isDecided = (decision: string) => Condition.stringEquals('$.confirmation.decision', decision);
    const decision = new Choice(this, 'ConfirmedOrRejected')
      .when(isDecided('confirm'), confirmed)
      .when(isDecided('reject'), rejected)
      .when(isDecided('wait'), keepWaiting);
    if (withdrawn !== undefined) decision.when(isDecided('withdrawn'), withdrawn);
    decision.otherwise(expired);

    // Nobody sends a failure for these tasks, so whatever fails here is our own function, which may be called again.
    for (const task of [wait, keepWaiting, check]) {
      task.addRetry({ errors: [Errors.TASKS_FAILED], interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 6 });
    }
    for (const task of [wait, keepWaiting]) {
      task.addCatch(check, { errors: [Errors.TIMEOUT], resultPath: JsonPath.DISCARD });
      task.next(decision);
    }
    check.next(unwrap).next(decision);

    this.startState = wait;
    this.endStates = [confirmed, rejected, expired, ...(withdrawn === undefined ? [] : [withdrawn])].flatMap(
      (chainable) => chainable.endStates,
    );
  }
}
