import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';

/** What Step Functions knows of the executions that ask. */
export interface Executions {
  /** A page of those that run, of one state machine; `startedAtMs` in epoch milliseconds. */
  listRunning(stateMachineArn: string, nextToken?: string): Promise<RunningPage>;
  isRunning(executionArn: string): Promise<boolean>;
  /** How its waits stand, the latest of each id. Reads so many of the last events as an execution that waits needs. */
  readWaits(executionArn: string): Promise<WaitsInHistory>;
}

export interface RunningPage {
  readonly executions: readonly { readonly executionArn: string; readonly startedAtMs: number }[];
  readonly nextToken: string | undefined;
}

export interface WaitsInHistory {
  readonly waits: ReadonlyMap<string, WaitInHistory>;
  /** Whether something waits whose payload could not be read, or which has no id. */
  readonly hasUnreadable: boolean;
}

/**
 * `open`: a task waits for its token; `payload` is what its function was called with, the token included: for nobody's eyes.
 * `answered`: it was answered with this decision. `closed`: it timed out or failed, and something else comes now.
 */
export type WaitInHistory =
  | { readonly kind: 'open'; readonly payload: unknown; readonly scheduledAtMs: number }
  | { readonly kind: 'answered'; readonly decision: unknown }
  | { readonly kind: 'closed' };

const LIST_PAGE = 1_000;
const HISTORY_PAGE = 200;
const HISTORY_PAGES_MAX = 5;

export function executionsBy(sfn: Pick<SFNClient, 'send'>): Executions {
  return {
    async listRunning(stateMachineArn, nextToken) {
      const page = nextToken === undefined ? {} : { nextToken };
      const request = { stateMachineArn, statusFilter: 'RUNNING' as const, maxResults: LIST_PAGE, ...page };
      const { executions = [], nextToken: next } = await sfn.send(new ListExecutionsCommand(request));
      const listed = executions.flatMap(({ executionArn, startDate }) =>
        executionArn === undefined ? [] : [{ executionArn, startedAtMs: startDate?.getTime() ?? 0 }],
      );
      return { executions: listed, nextToken: next };
    },

    async isRunning(executionArn) {
      try {
        const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING';
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return false;
        throw error;
      }
    },

    async readWaits(executionArn) {
      const reader = new WaitReader();
      let nextToken: string | undefined;
      for (let page = 0; page < HISTORY_PAGES_MAX; page += 1) {
        const more = nextToken === undefined ? {} : { nextToken };
        const request = { executionArn, reverseOrder: true, maxResults: HISTORY_PAGE, ...more };
        const { events = [], nextToken: next } = await sfn.send(new GetExecutionHistoryCommand(request));
        for (const event of events) reader.read(event);
        if (next === undefined) break;
        nextToken = next;
      }
      return reader;
    },
  };
}

/** Reads a history from its end. An event says which one came before it, so a task's end leads to its beginning. */
class WaitReader implements WaitsInHistory {
  readonly waits = new Map<string, WaitInHistory>();
  hasUnreadable = false;
  /** By the id of an earlier event: how the task ended that it belongs to. */
  readonly #ends = new Map<number, Exclude<WaitInHistory, { kind: 'open' }>>();

  read(event: HistoryEvent): void {
    const { id = 0, previousEventId = 0, type } = event;
    const end = this.#ends.get(id);
    switch (type) {
      case 'TaskSucceeded':
        this.#ends.set(previousEventId, {
          kind: 'answered',
          decision: member(json(event.taskSucceededEventDetails?.output), 'decision'),
        });
        return;
      case 'TaskFailed':
      case 'TaskTimedOut':
      case 'TaskStartFailed':
      case 'TaskSubmitFailed':
        this.#ends.set(previousEventId, { kind: 'closed' });
        return;
      case 'TaskStarted':
      case 'TaskSubmitted':
        if (end !== undefined) this.#ends.set(previousEventId, end);
        return;
      case 'TaskScheduled':
        return this.#add(event, end);
      default:
        return;
    }
  }

  #add({ taskScheduledEventDetails, timestamp }: HistoryEvent, end: WaitInHistory | undefined): void {
    const { resource = '', parameters } = taskScheduledEventDetails ?? {};
    if (!resource.endsWith('.waitForTaskToken')) return;
    const payload = member(json(parameters), 'Payload');
    const id = member(payload, 'id');
    if (typeof id !== 'string' || typeof member(payload, 'taskToken') !== 'string') {
      this.hasUnreadable ||= end === undefined;
    } else if (!this.waits.has(id)) {
      this.waits.set(id, end ?? { kind: 'open', payload, scheduledAtMs: timestamp?.getTime() ?? 0 });
    }
  }
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
