import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { ExecutionDescription } from '../../../engine/src/index.ts';
import { overheard, type Log } from '../log.ts';
import type { EventsService, ServiceEvent } from './events.ts';
import type { MessageWrites } from './message-store.ts';

/** Tells EventBridge of executions that begin and end, where a rule may want to know. Costs nothing elsewhere. */
export interface StatesEvents {
  /** The log of Step Functions, with an ear on it: what that tells is on disk. */
  listening(log: Log): Log;
  /** Tells of the ends that an earlier host did not come to tell of. Called when executions go on. */
  start(): Promise<void>;
  /** Nothing is about to be told. */
  isResting(): boolean;
  close(): void;
}

export interface StatesEventsOptions {
  /** The file of the messages: that an execution runs, and whom that was told to, is one transaction. */
  readonly database: DatabaseSync;
  readonly writes: MessageWrites;
  readonly events: Pick<EventsService, 'emit' | 'wants'>;
  /** Undefined for an execution of which nothing is kept. */
  readonly describe: (executionArn: string) => ExecutionDescription | undefined;
  readonly log: Log;
}

const SOURCE = 'aws.states';

/** What Step Functions says in its log, and what an execution is from then on. */
const STATUS_OF: Readonly<Record<string, ExecutionDescription['status']>> = {
  'execution.started': 'RUNNING',
  'execution.redriven': 'RUNNING',
  'execution.succeeded': 'SUCCEEDED',
  'execution.failed': 'FAILED',
  'execution.aborted': 'ABORTED',
  'execution.timed-out': 'TIMED_OUT',
};

/** Executions that were told of as running, and not yet of their end. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS states_running (execution_arn TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`;

/** What the disk does not take is tried again so much later. */
const RETRY_MS = 1000;

/** Step Functions Developer Guide: input and output are left out of events above 248 KiB together. */
const DATA_BYTES_MAX = 248 * 1024;

export function createStatesEvents({ database, writes, events, describe, log }: StatesEventsOptions): StatesEvents {
  database.exec(SCHEMA);
  const selectAll = database.prepare('SELECT execution_arn FROM states_running');
  const insert = database.prepare('INSERT OR IGNORE INTO states_running (execution_arn) VALUES (?)');
  const remove = database.prepare('DELETE FROM states_running WHERE execution_arn = ?');
  let toldCount = 0;
  let isClosing = false;

  function hear(event: string, executionArn: unknown): void {
    const status = Object.hasOwn(STATUS_OF, event) ? STATUS_OF[event] : undefined;
    // AWS sends none for Express executions.
    if (status === undefined || typeof executionArn !== 'string' || !executionArn.includes(':execution:')) return;
    if (events.wants(SOURCE)) void tell(executionArn, status);
  }

  async function tell(executionArn: string, status: ExecutionDescription['status']): Promise<void> {
    toldCount++;
    try {
      const execution = describe(executionArn);
      if (execution !== undefined) await keep(() => note(execution, status));
    } catch (error) {
      log.error('states.event-lost', { executionArn, error });
    } finally {
      toldCount--;
    }
  }

  /** Within a transaction. */
  function note(execution: ExecutionDescription, status: ExecutionDescription['status']): void {
    if (status === 'RUNNING') insert.run(execution.executionArn);
    else remove.run(execution.executionArn);
    events.emit(statusChange(execution, status));
  }

  async function keep(work: () => void): Promise<void> {
    for (;;) {
      try {
        return await writes.write(work);
      } catch (error) {
        if (isClosing) throw error;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  return {
    listening: (heard) => overheard(heard, (_level, event, { executionArn }) => hear(event, executionArn)),
    async start() {
      for (const row of selectAll.all()) {
        const executionArn = String(row['execution_arn']);
        const execution = describe(executionArn);
        if (execution === undefined) await keep(() => void remove.run(executionArn));
        else if (execution.status !== 'RUNNING') await tell(executionArn, execution.status);
      }
    },
    isResting: () => toldCount === 0,
    close() {
      isClosing = true;
    },
  };
}

/** @see Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge" */
function statusChange(execution: ExecutionDescription, status: ExecutionDescription['status']): ServiceEvent {
  const hasEnded = status !== 'RUNNING';
  const { executionArn, input, output } = execution;
  const bytes = Buffer.byteLength(input) + Buffer.byteLength(output ?? '');
  const isIncluded = bytes <= DATA_BYTES_MAX;
  const given = hasEnded && isIncluded ? (output ?? null) : null;
  return {
    source: SOURCE,
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: execution.stateMachineArn,
      stateMachineVersionArn: execution.stateMachineVersionArn ?? null,
      stateMachineAliasArn: execution.stateMachineAliasArn ?? null,
      name: execution.name,
      status,
      startDate: execution.startDateMs,
      stopDate: hasEnded ? (execution.stopDateMs ?? null) : null,
      input: isIncluded ? input : null,
      inputDetails: { included: isIncluded },
      output: given,
      outputDetails: hasEnded && output !== undefined ? { included: isIncluded } : null,
      error: hasEnded ? (execution.error ?? null) : null,
      cause: hasEnded ? (execution.cause ?? null) : null,
      redriveCount: execution.redriveCount,
      redriveDate: execution.redriveDateMs ?? null,
      redriveStatus: hasEnded ? execution.redriveStatus : 'NOT_REDRIVABLE',
      redriveStatusReason: execution.redriveStatusReason ?? null,
    },
  };
}
