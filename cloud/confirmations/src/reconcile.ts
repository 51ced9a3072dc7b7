import { nextDueMs } from './commands/pass-time.ts';
import type { Confirmations } from './confirmations.ts';
import { deliver, messageToSend } from './deliver.ts';
import type { Executions, WaitsInHistory } from './executions.ts';
import { decidedNotice } from './notices.ts';
import { type Request, stateOf } from './request-state.ts';
import { storeTaskToken } from './store-task-token.ts';
import type { StoredWait } from './wait-store.ts';
import { parseWaitEvent } from './wait.ts';

/**
 * What the reconciler finds, and has done about it.
 *
 * | finding | done |
 * | --- | --- |
 * | `undelivered` | a decision, or a time that is due earlier, had not reached the workflow: it has now |
 * | `overdue` | the workflow slept although something was due: it was woken |
 * | `unmarked` | a decision had arrived, and neither the record nor people knew: they do now |
 * | `dead-token` | nothing waits with it any more: it was removed |
 * | `lost-token` | an execution waited and its token was not stored: it is now, out of the execution's history |
 * | `unhealable` | nothing could be done; somebody has to look |
 * | `failed` | an error came between; the next run tries again |
 */
export type Finding = 'undelivered' | 'overdue' | 'unmarked' | 'dead-token' | 'lost-token' | 'unhealable' | 'failed';

export interface Summary {
  readonly waits: number;
  readonly running: number;
  readonly findings: Readonly<Partial<Record<Finding, number>>>;
  /** For how long the oldest of those that wait has waited; 0 if none does; undefined if that could not be seen. */
  readonly oldestPendingSeconds: number | undefined;
  /** False: the time was over before everything had been looked at. The next run goes on at `resumeAfter`. */
  readonly isComplete: boolean;
  /** The last id that was looked at, if more follow. */
  readonly resumeAfter: string | undefined;
}

export interface Reconciliation {
  readonly stateMachineArns: readonly string[];
  /** After this instant nothing new is begun; epoch milliseconds. */
  readonly endsAtMs: number;
  /** Where the run before stopped. */
  readonly resumeAfter?: string | undefined;
  /** Between two calls whose rate is limited to a few a second. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Whoever is at work needs no help: what is younger than this is left alone. */
const GRACE_MS = 60_000;
const PAGE = 1_000;
/** AWS Step Functions quotas: ListExecutions is refilled with 2 to 5 a second, GetExecutionHistory with 5 to 20. */
const PAUSE_MS = 250;

/**
 * Brings what was left behind: by clients that never came again, functions that died on their last attempt, executions that
 * were stopped. It does nothing that others do not do as well, so it may run at any time, beside itself and beside them.
 */
export async function reconcile(
  work: Reconciliation,
  confirmations: Confirmations,
  executions: Executions,
): Promise<Summary> {
  const run = new Run(work, confirmations, executions);
  await run.listRunning();
  await run.lookAtWaits();
  await run.lookForLostTokens();
  return run.summary();
}

class Run {
  readonly #work: Reconciliation;
  readonly #confirmations: Confirmations;
  readonly #executions: Executions;
  readonly #findings: Partial<Record<Finding, number>> = {};
  /** By their ARN; when they started. */
  readonly #running = new Map<string, number>();
  readonly #withToken = new Set<string>();
  #isListed = false;
  #areWaitsSeen = false;
  #isComplete = true;
  #waits = 0;
  #oldestMs = Infinity;
  #resumeAfter: string | undefined;

  constructor(work: Reconciliation, confirmations: Confirmations, executions: Executions) {
    this.#work = work;
    this.#confirmations = confirmations;
    this.#executions = executions;
  }

  /** Before the waits are listed: an execution that starts meanwhile is not missed among them. */
  async listRunning(): Promise<void> {
    try {
      for (const stateMachineArn of this.#work.stateMachineArns) {
        let nextToken: string | undefined;
        do {
          if (this.#isOver()) return;
          const page = await this.#executions.listRunning(stateMachineArn, nextToken);
          for (const { executionArn, startedAtMs } of page.executions) this.#running.set(executionArn, startedAtMs);
          nextToken = page.nextToken;
          if (nextToken !== undefined) await this.#work.pause(PAUSE_MS);
        } while (nextToken !== undefined);
      }
      this.#isListed = true;
    } catch (error) {
      this.#failed('executions', error);
    }
  }

  async lookAtWaits(): Promise<void> {
    const { resumeAfter } = this.#work;
    let after = resumeAfter;
    for (;;) {
      const page = await this.#listWaits(after);
      if (page === undefined) return;
      for (const id of page.ids) {
        if (this.#isOver()) {
          this.#resumeAfter = after;
          return;
        }
        after = id;
        await this.#attempt(id, () => this.#lookAtWait(id));
      }
      if (!page.hasMore) break;
    }
    // A run that began in the middle has not seen all of them.
    this.#areWaitsSeen = resumeAfter === undefined;
    this.#isComplete &&= this.#areWaitsSeen;
  }

  /** Executions that wait although no token of theirs is stored. One that has several waits is looked at if none is stored. */
  async lookForLostTokens(): Promise<void> {
    if (!this.#areWaitsSeen) return;
    for (const [executionArn, startedAtMs] of this.#running) {
      if (this.#withToken.has(executionArn) || !this.#isOld(startedAtMs)) continue;
      if (this.#isOver()) return;
      await this.#attempt(executionArn, async () => {
        const history = await this.#readWaits(executionArn);
        for (const id of history.waits.keys()) await this.#restore(id, executionArn, history);
        if (history.hasUnreadable) this.#found('unhealable', executionArn, executionArn);
      });
    }
  }

  summary(): Summary {
    return {
      waits: this.#waits,
      running: this.#running.size,
      findings: this.#findings,
      oldestPendingSeconds: this.#oldestPendingSeconds(),
      isComplete: this.#isComplete,
      resumeAfter: this.#resumeAfter,
    };
  }

  #oldestPendingSeconds(): number | undefined {
    if (this.#oldestMs === Infinity) return this.#isComplete ? 0 : undefined;
    return Math.max(0, Math.floor((this.#confirmations.now() - this.#oldestMs) / 1000));
  }

  async #lookAtWait(id: string): Promise<void> {
    const { waits, records } = this.#confirmations;
    const wait = await waits.read(id);
    if (wait === undefined) return;
    this.#withToken.add(wait.attempt.executionArn);
    const request = stateOf((await records.read(id)).record).request;
    const isGone = await this.#heal(wait, request?.executionArn === wait.attempt.executionArn ? request : undefined);
    if (isGone) return;
    this.#waits += 1;
    const since = request?.opened?.since ?? wait.attempt.stateEnteredTime;
    this.#oldestMs = Math.min(this.#oldestMs, Date.parse(since));
  }

  /** Gives whether the wait is there no more. */
  async #heal(wait: StoredWait, request: Request | undefined): Promise<boolean> {
    const { id, attempt, taskToken } = wait;
    const { executionArn } = attempt;
    const { records, sendTaskSuccess, now } = this.#confirmations;
    if (!this.#isOld(Date.parse(attempt.stateEnteredTime))) return false;
    if (!(await this.#mayRun(executionArn))) return await this.#bury(wait);
    if (request?.opened === undefined) return await this.#ask(wait);

    const stored = await records.read(id);
    const toSend = messageToSend(stored.record, wait, now());
    if (toSend !== undefined && (await deliver(stored, wait, 'reconciler', this.#confirmations))) {
      this.#found('undelivered', id, executionArn);
      return toSend.message.decision !== 'wait';
    }
    const isOverdue = (nextDueMs(request) ?? Infinity) + GRACE_MS < now();
    if (toSend === undefined && !isOverdue) return false;
    if (toSend === undefined && (await sendTaskSuccess(taskToken, { decision: 'wait', seconds: 1 }))) {
      this.#found('overdue', id, executionArn);
      return false;
    }
    // Its token is dead: it was answered, or another attempt waits, or none.
    return await this.#ask(wait);
  }

  /** The execution itself knows what became of its wait. */
  async #ask(wait: StoredWait): Promise<boolean> {
    const { id, attempt } = wait;
    const history = await this.#readWaits(attempt.executionArn);
    const found = history.waits.get(id);
    if (found?.kind === 'answered' && found.decision !== 'wait') return await this.#bury(wait, history);
    if (await this.#restore(id, attempt.executionArn, history)) return false;
    if (history.hasUnreadable) this.#found('unhealable', id, attempt.executionArn);
    return false;
  }

  /** Nothing waits with this token any more. If a decision did reach the workflow, all hear of it that should have. */
  async #bury(wait: StoredWait, known?: WaitsInHistory): Promise<boolean> {
    const { id, attempt, subject } = wait;
    const { executionArn } = attempt;
    const { records, waits, notify } = this.#confirmations;
    const { request } = stateOf((await records.read(id)).record);
    const isUnmarked =
      request?.executionArn === executionArn && request.decided?.isEffective === true && !request.isDelivered;
    if (isUnmarked) {
      const answered = (known ?? (await this.#readWaits(executionArn))).waits.get(id);
      const hasArrived = answered?.kind === 'answered' && answered.decision === request.decided?.decision;
      if (hasArrived) {
        await notify([decidedNotice(id, request, subject)]);
        await records.append(id, (draft) => {
          const current = draft.state.request;
          if (current?.executionArn === executionArn && !current.isDelivered) {
            draft.add({ type: 'delivered', via: 'reconciler' });
          }
        });
        this.#found('unmarked', id, executionArn);
      } else {
        // It ended before it was told; the receipt says what was decided, and this what became of it.
        this.#confirmations.report('message.undelivered', { id, executionArn });
        this.#found('unhealable', id, executionArn);
      }
    }
    await waits.remove(wait);
    this.#found('dead-token', id, executionArn);
    return true;
  }

  /** Stores the token that an execution waits with, as its function should have done. */
  async #restore(id: string, executionArn: string, { waits }: WaitsInHistory): Promise<boolean> {
    const found = waits.get(id);
    if (found?.kind !== 'open' || !this.#isOld(found.scheduledAtMs)) return false;
    await storeTaskToken(parseWaitEvent(found.payload), this.#confirmations);
    this.#found('lost-token', id, executionArn);
    return true;
  }

  async #mayRun(executionArn: string): Promise<boolean> {
    const stateMachineArn = executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
    // Of what is not ours to list we know nothing; and a list may be a moment old.
    if (!this.#isListed || !this.#work.stateMachineArns.includes(stateMachineArn)) return true;
    return this.#running.has(executionArn) || (await this.#executions.isRunning(executionArn));
  }

  async #readWaits(executionArn: string): Promise<WaitsInHistory> {
    await this.#work.pause(PAUSE_MS);
    return await this.#executions.readWaits(executionArn);
  }

  async #listWaits(after: string | undefined) {
    if (this.#isOver()) return undefined;
    try {
      return await this.#confirmations.waits.list({ ...(after !== undefined && { after }), limit: PAGE });
    } catch (error) {
      this.#failed('waits', error);
      return undefined;
    }
  }

  async #attempt(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed(id, error);
    }
  }

  #failed(id: string, error: unknown): void {
    this.#isComplete = false;
    this.#count('failed');
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#confirmations.report('reconciled', { id, finding: 'failed', error: cause });
  }

  #found(finding: Finding, id: string, executionArn: string): void {
    this.#count(finding);
    this.#confirmations.report('reconciled', { id, executionArn, finding });
  }

  #count(finding: Finding): void {
    this.#findings[finding] = (this.#findings[finding] ?? 0) + 1;
  }

  #isOld(sinceMs: number): boolean {
    return sinceMs + GRACE_MS <= this.#confirmations.now();
  }

  #isOver(): boolean {
    const isOver = this.#confirmations.now() >= this.#work.endsAtMs;
    if (isOver) this.#isComplete = false;
    return isOver;
  }
}
