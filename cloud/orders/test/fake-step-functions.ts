import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import type { Around } from '../../confirmations/test/around.ts';

interface Execution {
  readonly input: string;
  readonly startDate: Date;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  stopDate?: Date;
  output?: string;
  error?: string;
  cause?: string;
  enteredTime?: string;
  retryCount: number;
  liveToken?: string;
  /** What the wait was answered with. */
  answer?: { decision: string };
}

export const STATE_MACHINE_ARN = 'arn:aws:states:eu-central-1:123456789012:stateMachine:Orders';
const EXECUTION_ARN = STATE_MACHINE_ARN.replace(':stateMachine:', ':execution:');
export const DEADLINE_SECONDS = 3 * 24 * 60 * 60;
const SCHEDULE = { deadline: { seconds: DEADLINE_SECONDS } };

/**
 * Step Functions as its client shows it, running the workflow of `cloud/app` up to where a test lets it go: the test says
 * when a wait is entered, retried, timed out, and when an answered execution ends.
 */
export class FakeStepFunctions {
  readonly executions = new Map<string, Execution>();
  /** Every token that was ever minted. */
  readonly tokens: string[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  client(around: Around): Pick<SFNClient, 'send'> {
    const send = (command: { input: object }) => around(command.constructor.name, () => this.#perform(command));
    return { send };
  }

  /** The state WaitForConfirmation is entered, or another attempt of it begins. Gives the event of its function. */
  beginAttempt(orderId: string) {
    const execution = this.#running(orderId);
    if (execution.enteredTime === undefined) execution.enteredTime = new Date(this.#now()).toISOString();
    else execution.retryCount += 1;
    execution.liveToken = `token-${this.tokens.length}-of-${orderId}-that-nobody-may-see`;
    this.tokens.push(execution.liveToken);
    return {
      taskToken: execution.liveToken,
      id: orderId,
      subject: this.order(orderId),
      policy: { owner: 'managers' },
      schedule: SCHEDULE,
      timeoutSeconds: DEADLINE_SECONDS,
      attempt: {
        executionArn: `${EXECUTION_ARN}:${orderId}`,
        executionStartTime: execution.startDate.toISOString(),
        stateEnteredTime: execution.enteredTime,
        retryCount: execution.retryCount,
      },
    };
  }

  /** The wait's TimeoutSeconds are over. Gives the event of CheckDeadline's function. */
  timeOut(orderId: string) {
    const execution = this.#running(orderId);
    delete execution.liveToken;
    return {
      id: orderId,
      subject: this.order(orderId),
      policy: { owner: 'managers' },
      schedule: SCHEDULE,
      run: { executionArn: `${EXECUTION_ARN}:${orderId}`, executionStartTime: execution.startDate.toISOString() },
    };
  }

  /** The last states: they know the decision, and the execution ends with it. */
  end(orderId: string, confirmation: { decision: string }): void {
    const status = { confirm: 'COMPLETED', reject: 'REJECTED' }[confirmation.decision] ?? 'EXPIRED';
    const output = JSON.stringify({ ...this.order(orderId), confirmation, status });
    Object.assign(this.#running(orderId), { status: 'SUCCEEDED', stopDate: new Date(this.#now()), output });
  }

  fail(orderId: string, failure: { status: 'FAILED' | 'ABORTED'; error?: string; cause?: string }): void {
    const execution = this.#running(orderId);
    delete execution.liveToken;
    Object.assign(execution, failure, { stopDate: new Date(this.#now()) });
  }

  answerOf(orderId: string) {
    return this.executions.get(orderId)?.answer;
  }

  order(orderId: string): Record<string, unknown> {
    return JSON.parse(this.executions.get(orderId)?.input ?? assert.fail(`no execution ${orderId}`));
  }

  #running(orderId: string): Execution {
    const execution = this.executions.get(orderId);
    assert.equal(execution?.status, 'RUNNING', `execution ${orderId}`);
    return execution;
  }

  #perform(command: unknown): unknown {
    if (command instanceof StartExecutionCommand) return this.#start(command.input);
    if (command instanceof DescribeExecutionCommand) return this.#describe(command.input.executionArn ?? '');
    if (command instanceof SendTaskSuccessCommand) return this.#succeed(command.input);
    return assert.fail('Step Functions knows no such command');
  }

  #start({ stateMachineArn, name = '', input = '{}' }: StartExecutionCommand['input']) {
    assert.equal(stateMachineArn, STATE_MACHINE_ARN);
    const existing = this.executions.get(name);
    if (existing !== undefined && (existing.status !== 'RUNNING' || existing.input !== input)) {
      throw new ExecutionAlreadyExists({ message: `Execution Already Exists: '${name}'`, $metadata: {} });
    }
    const startDate = existing?.startDate ?? new Date(this.#now());
    if (existing === undefined) this.executions.set(name, { input, startDate, status: 'RUNNING', retryCount: 0 });
    return { executionArn: `${EXECUTION_ARN}:${name}`, startDate };
  }

  #describe(executionArn: string) {
    assert.ok(executionArn.startsWith(`${EXECUTION_ARN}:`));
    const name = executionArn.slice(EXECUTION_ARN.length + 1);
    const execution = this.executions.get(name);
    if (execution === undefined) {
      throw new ExecutionDoesNotExist({ message: `Execution Does Not Exist: '${executionArn}'`, $metadata: {} });
    }
    return { executionArn, name, ...execution };
  }

  #succeed({ taskToken = '', output = '' }: SendTaskSuccessCommand['input']) {
    if (!this.tokens.includes(taskToken)) {
      throw new InvalidToken({ message: "Invalid Token: 'Invalid token'", $metadata: {} });
    }
    const execution = [...this.executions.values()].find(({ liveToken }) => liveToken === taskToken);
    if (execution === undefined) {
      const message = "Task Timed Out: 'Provided task does not exist anymore'";
      throw new TaskTimedOut({ message, $metadata: {} });
    }
    assert.equal(execution.answer, undefined, 'a wait is answered once');
    delete execution.liveToken;
    execution.answer = JSON.parse(output);
    return {};
  }
}
