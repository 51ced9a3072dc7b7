import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
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

export interface WaitForConfirmationProps {
  /**
   * Called with `{ taskToken, input, attempt, deadlineSeconds }` for each attempt of the wait. `input` is the state's input;
   * `attempt` is `{ executionArn, executionStartTime, stateEnteredTime, retryCount }`.
   *
   * Whoever answers the token sends `{ "decision": "confirm" | "reject", … }` as the output.
   */
  readonly storeTaskToken: IFunction;
  /**
   * Called with `{ executionArn, executionStartTime, input }` when the deadline has passed. It closes the question, and
   * returns the decision that holds from then on: `{ "decision": "expired", … }`, or somebody's that was never delivered.
   */
  readonly closeConfirmation: IFunction;
  /** How long somebody may take to answer; less than a year, after which Step Functions ends any execution. */
  readonly deadline: Duration;
  /** What follows `confirm`. */
  readonly confirmed: IChainable;
  /** What follows `reject`. */
  readonly rejected: IChainable;
  /** What follows when nobody answered in time. */
  readonly expired: IChainable;
}

/** Step Functions ends an execution that has run for a year. AWS Step Functions quotas, "Maximum execution time". */
const DEADLINE_DAYS_MAX = 364;

/**
 * Pauses an execution until somebody confirms or rejects, or until the deadline has passed.
 *
 * The decision comes to `$.confirmation` and touches nothing else of the state's data, so an answer cannot change what it
 * is about.
 */
export class WaitForConfirmation extends StateMachineFragment {
  readonly startState: State;
  readonly endStates: INextable[];

  constructor(scope: Construct, id: string, props: WaitForConfirmationProps) {
    super(scope, id);
    const { storeTaskToken, closeConfirmation, deadline, confirmed, rejected, expired } = props;
    assertDeadline(deadline);

    const wait = new LambdaInvoke(this, 'WaitForConfirmation', {
      lambdaFunction: storeTaskToken,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        taskToken: JsonPath.taskToken,
        input: JsonPath.entirePayload,
        // By these, attempts are put in order: each has a token of its own, and only the latest one's is alive.
        attempt: {
          executionArn: JsonPath.executionId,
          executionStartTime: JsonPath.executionStartTime,
          stateEnteredTime: JsonPath.stateEnteredTime,
          retryCount: JsonPath.stateRetryCount,
        },
        deadlineSeconds: deadline.toSeconds(),
      }),
      taskTimeout: Timeout.duration(deadline),
      resultPath: '$.confirmation',
      retryOnServiceExceptions: false,
    });

    const close = new LambdaInvoke(this, 'CloseConfirmation', {
      comment: 'The deadline has passed: nobody can decide from here on',
      lambdaFunction: closeConfirmation,
      payload: TaskInput.fromObject({
        executionArn: JsonPath.executionId,
        executionStartTime: JsonPath.executionStartTime,
        input: JsonPath.entirePayload,
      }),
      resultPath: '$.confirmation',
      retryOnServiceExceptions: false,
    });
    const unwrap = new Pass(this, 'TakeDecision', {
      comment: 'Out of the envelope that Lambda puts around it',
      inputPath: '$.confirmation.Payload',
      resultPath: '$.confirmation',
    });

    const decision = new Choice(this, 'ConfirmedOrRejected')
      .when(Condition.stringEquals('$.confirmation.decision', 'confirm'), confirmed)
      .when(Condition.stringEquals('$.confirmation.decision', 'reject'), rejected)
      .otherwise(expired);

    // Nobody sends a failure for this task, so whatever fails here is our own function, which may be called again.
    for (const task of [wait, close]) {
      task.addRetry({ errors: [Errors.TASKS_FAILED], interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 6 });
    }
    wait.addCatch(close.next(unwrap).next(decision), { errors: [Errors.TIMEOUT], resultPath: JsonPath.DISCARD });
    wait.next(decision);

    this.startState = wait;
    this.endStates = [confirmed, rejected, expired].flatMap((chainable) => chainable.endStates);
  }
}

function assertDeadline(deadline: Duration): void {
  if (deadline.isUnresolved()) return;
  const seconds = deadline.toSeconds();
  if (seconds >= 1 && seconds <= Duration.days(DEADLINE_DAYS_MAX).toSeconds()) return;
  throw new Error(
    `a confirmation's deadline is from a second to ${DEADLINE_DAYS_MAX} days, not ${deadline.toHumanString()}`,
  );
}
