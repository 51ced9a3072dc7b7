import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  InvalidToken,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import type { Message } from '../src/message.ts';
import type { Policy } from '../src/policy.ts';
import type { Schedule } from '../src/schedule.ts';
import type { Around } from './around.ts';

export const STATE_MACHINE_ARN = 'arn:aws:states:eu-central-1:123456789012:stateMachine:Orders';
const EXECUTION_ARN = STATE_MACHINE_ARN.replace(':stateMachine:', ':execution:');

export const executionArnOf = (name: string) => `${EXECUTION_ARN}:${name}`;

/** What is asked, and how long the first state waits at most. */
export interface Asked {
  readonly id: string;
  readonly subject: unknown;
  readonly policy: Policy;
  readonly schedule: Schedule;
  readonly timeoutSeconds: number;
}

/** Plain data, so that a test can copy the whole of Step Functions. */
interface Execution extends Asked {
  readonly startedMs: number;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  state: 'BeforeIt' | 'WaitForConfirmation' | 'KeepWaiting' | 'CheckDeadline' | 'AfterIt';
  enteredMs: number;
  /** How often the state was tried; 0 until its function was called. */
  attempts: number;
  seconds: number;
  timesOutMs: number | null;
  liveToken: string | null;
  /** What the workflow went on with. */
  outcome: Exclude<Message, { decision: 'wait' }> | null;
  history: HistoryEvent[];
}

export interface StepFunctionsData {
  executions: Record<string, Execution>;
  /** Every token that was ever minted. */
  tokens: string[];
}

/**
 * Step Functions as its client shows it, running the states of a confirmation up to where a test lets them go: the test says
 * when an attempt begins, when a task has timed out, and what the function of `CheckDeadline` has returned.
 */
export class FakeStepFunctions {
  readonly data: StepFunctionsData;
  readonly #now: () => number;

  constructor(now: () => number, data: StepFunctionsData = { executions: {}, tokens: [] }) {
    this.#now = now;
    this.data = structuredClone(data);
  }

  client(around: Around): Pick<SFNClient, 'send'> {
    const send = (command: { input: object }) => around(command.constructor.name, () => this.perform(command));
    return { send };
  }

  start(asked: Asked, name = asked.id): void {
    assert.ok(!(name in this.data.executions));
    this.data.executions[name] = {
      ...asked,
      startedMs: this.#now(),
      status: 'RUNNING',
      state: 'BeforeIt',
      enteredMs: 0,
      attempts: 0,
      seconds: asked.timeoutSeconds,
      timesOutMs: null,
      liveToken: null,
      outcome: null,
      history: [],
    };
  }

  /** Another attempt of the state that waits begins; of the first one, if it was not entered. Gives its function's event. */
  beginAttempt(name: string) {
    const execution = this.#running(name);
    if (execution.state === 'BeforeIt') this.#enter(execution, 'WaitForConfirmation');
    assert.ok(execution.state === 'WaitForConfirmation' || execution.state === 'KeepWaiting', execution.state);
    if (execution.liveToken !== null) this.#record(execution, { type: 'TaskFailed' });
    execution.attempts += 1;
    const taskToken = `token-${this.data.tokens.length}-of-${name}-that-nobody-may-see`;
    execution.liveToken = taskToken;
    execution.timesOutMs = this.#now() + execution.seconds * 1000;
    this.data.tokens.push(taskToken);
    const event = {
      ...this.checkEvent(name),
      taskToken,
      timeoutSeconds: execution.seconds,
      attempt: {
        executionArn: executionArnOf(name),
        executionStartTime: iso(execution.startedMs),
        stateEnteredTime: iso(execution.enteredMs),
        retryCount: execution.attempts - 1,
      },
    };
    const parameters = JSON.stringify({ FunctionName: 'store-task-token', Payload: event });
    const resource = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };
    this.#record(execution, {
      type: 'TaskScheduled',
      taskScheduledEventDetails: { ...resource, region: 'eu-central-1', parameters },
    });
    this.#record(execution, { type: 'TaskStarted', taskStartedEventDetails: resource });
    this.#record(execution, { type: 'TaskSubmitted', taskSubmittedEventDetails: resource });
    return event;
  }

  /** Whether the task that waits is over its time. */
  isOverdue(name: string): boolean {
    const { liveToken, timesOutMs } = this.execution(name);
    return liveToken !== null && timesOutMs !== null && timesOutMs <= this.#now();
  }

  /** The task that waits is over its time. Gives the event of `CheckDeadline`. */
  timeOut(name: string) {
    assert.ok(this.isOverdue(name), 'its time is not over');
    const execution = this.#running(name);
    execution.liveToken = null;
    this.#record(execution, {
      type: 'TaskTimedOut',
      taskTimedOutEventDetails: { resourceType: 'lambda', resource: '' },
    });
    this.#enter(execution, 'CheckDeadline');
    return this.checkEvent(name);
  }

  checkEvent(name: string) {
    const { id, subject, policy, schedule, startedMs } = this.execution(name);
    const run = { executionArn: executionArnOf(name), executionStartTime: iso(startedMs) };
    return { id, subject, run, policy, schedule };
  }

  /** What follows the task that waited, or `CheckDeadline`: the choice between waiting on and going on. */
  goOn(name: string, message: Message): void {
    const execution = this.#running(name);
    if (message.decision === 'wait') {
      execution.seconds = message.seconds;
      this.#enter(execution, 'KeepWaiting');
    } else {
      assert.equal(execution.outcome, null, 'a wait ends once');
      this.#enter(execution, 'AfterIt');
      execution.outcome = message;
    }
  }

  end(name: string, status: 'SUCCEEDED' | 'FAILED' | 'ABORTED'): void {
    const execution = this.#running(name);
    execution.liveToken = null;
    execution.status = status;
    const type = { SUCCEEDED: 'ExecutionSucceeded', FAILED: 'ExecutionFailed', ABORTED: 'ExecutionAborted' } as const;
    this.#record(execution, { type: type[status] });
  }

  execution(name: string): Execution {
    return this.data.executions[name] ?? assert.fail(`no execution ${name}`);
  }

  perform(command: unknown): unknown {
    if (command instanceof SendTaskSuccessCommand) return this.#succeed(command.input);
    if (command instanceof ListExecutionsCommand) return this.#list(command.input);
    if (command instanceof DescribeExecutionCommand) return this.#describe(command.input.executionArn);
    if (command instanceof GetExecutionHistoryCommand) return this.#history(command.input);
    return assert.fail('Step Functions knows no such command');
  }

  #running(name: string): Execution {
    const execution = this.execution(name);
    assert.equal(execution.status, 'RUNNING', `execution ${name}`);
    return execution;
  }

  #enter(execution: Execution, state: Execution['state']): void {
    // However still a test's clock stands, to enter a state, call its function and be answered takes time.
    const enteredMs = Math.max(this.#now(), execution.enteredMs + 1);
    Object.assign(execution, { state, enteredMs, attempts: 0, timesOutMs: null });
    this.#record(execution, { type: 'TaskStateEntered', stateEnteredEventDetails: { name: state } });
  }

  #record({ history }: Execution, event: Pick<HistoryEvent, 'type'> & Partial<HistoryEvent>): void {
    const id = history.length + 1;
    history.push({ ...event, id, previousEventId: id - 1, timestamp: new Date(this.#now()) });
  }

  #succeed({ taskToken = '', output = '' }: SendTaskSuccessCommand['input']) {
    if (!this.data.tokens.includes(taskToken)) {
      throw new InvalidToken({ message: "Invalid Token: 'Invalid token'", $metadata: {} });
    }
    const [name, execution] = Object.entries(this.data.executions).find(([, one]) => one.liveToken === taskToken) ?? [];
    if (name === undefined || execution?.status !== 'RUNNING' || this.isOverdue(name)) {
      throw new TaskTimedOut({ message: "Task Timed Out: 'Provided task does not exist anymore'", $metadata: {} });
    }
    execution.liveToken = null;
    const resource = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };
    this.#record(execution, { type: 'TaskSucceeded', taskSucceededEventDetails: { ...resource, output } });
    this.goOn(name, JSON.parse(output));
    return {};
  }

  #list({ stateMachineArn, statusFilter, maxResults = 100, nextToken }: ListExecutionsCommand['input']) {
    assert.equal(stateMachineArn, STATE_MACHINE_ARN);
    const all = Object.entries(this.data.executions)
      .filter(([, { status }]) => status === statusFilter)
      .map(([name, { startedMs }]) => ({ executionArn: executionArnOf(name), name, startDate: new Date(startedMs) }))
      .reverse();
    const from = Number(nextToken ?? 0);
    const end = from + maxResults;
    return { executions: all.slice(from, end), ...(end < all.length && { nextToken: String(end) }) };
  }

  #describe(executionArn: string | undefined) {
    const execution = this.data.executions[nameOf(executionArn)];
    if (execution !== undefined) return { executionArn, status: execution.status };
    throw new ExecutionDoesNotExist({ message: `Execution Does Not Exist: '${executionArn}'`, $metadata: {} });
  }

  #history({ executionArn, reverseOrder, maxResults = 100, nextToken }: GetExecutionHistoryCommand['input']) {
    assert.ok(reverseOrder);
    const events = this.execution(nameOf(executionArn)).history.toReversed();
    const from = Number(nextToken ?? 0);
    const end = from + maxResults;
    return { events: events.slice(from, end), ...(end < events.length && { nextToken: String(end) }) };
  }
}

function nameOf(executionArn = ''): string {
  assert.ok(executionArn.startsWith(`${EXECUTION_ARN}:`));
  return executionArn.slice(EXECUTION_ARN.length + 1);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
