import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StateMachineDefinition } from '../../asl/src/index.ts';
import type { Evaluator } from '../src/evaluations.ts';
import {
  memoryExecutionStore,
  openEngine,
  SteppedClock,
  TaskTimedOut,
  type Engine,
  type ExecutionDescription,
  type ExecutionStore,
  type TaskHandler,
} from '../src/index.ts';
import { PLANNED_INPUT } from './random-definitions.ts';
import { ownEvaluator } from './simulated-execution.ts';
import { aroundTransactions } from './around-transactions.ts';

/** How an engine ends after a certain commit: it closes as it should, or is gone at once, before it performs what it has committed. */
export interface Interruption {
  readonly afterCommit: number;
  readonly how: 'close' | 'crash';
}

export interface Lived {
  readonly end: ExecutionDescription;
  readonly events: readonly LivedEvent[];
  readonly calls: number;
  readonly interrupted: number;
}

export interface LivedEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
}

const TURNS_OF_REST = 4;
const activityArn = 'arn:aws:states:us-east-1:000000000000:activity:desk';

/** Runs one execution to its end, whose tasks end as `seed` says, over engines that are interrupted one after the other. */
export async function live(
  definition: StateMachineDefinition,
  seed: number,
  interruptions: readonly Interruption[],
): Promise<Lived> {
  const world = new World(seed, interruptions);
  try {
    return await world.live(definition);
  } finally {
    await world.end();
  }
}

class World {
  readonly #seed: number;
  readonly #interruptions: Map<number, Interruption['how']>;
  readonly #store = memoryExecutionStore();
  readonly #evaluate = ownEvaluator();
  readonly #tokens = new Map<string, string>();
  readonly #answered = new Map<string, number>();
  #evaluations = 0;
  #commits = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #interrupted = 0;
  /** Of the engine that is open; one that is dead neither writes nor calls any more. */
  #life = { isOver: false };
  #asked: Interruption['how'] | undefined;
  #clock = new SteppedClock();
  #engine: Engine;

  constructor(seed: number, interruptions: readonly Interruption[]) {
    this.#seed = seed;
    this.#interruptions = new Map(interruptions.map(({ afterCommit, how }) => [afterCommit, how]));
    this.#engine = this.#open();
  }

  async live(definition: StateMachineDefinition): Promise<Lived> {
    await this.#engine.createActivity({ name: 'desk' });
    const { stateMachineArn } = await this.#engine.createStateMachine({
      name: 'm',
      definition: JSON.stringify(definition),
      roleArn: 'arn:aws:iam::000000000000:role/r',
    });
    // From here on it is counted, so that each commit of the execution can be the last of its engine.
    this.#commits = 0;
    const executionArn = await this.#start(stateMachineArn);
    for (;;) {
      await this.#rest();
      if (this.#engine.describeExecution(executionArn).status !== 'RUNNING') break;
      await this.#goOn();
    }
    return {
      end: this.#engine.describeExecution(executionArn),
      events: this.#history(executionArn),
      calls: this.#calls,
      interrupted: this.#interrupted,
    };
  }

  async end(): Promise<void> {
    this.#commits = Number.NEGATIVE_INFINITY;
    if (!this.#life.isOver) await this.#engine.close();
    this.#store.close();
  }

  /** Whoever gets no answer asks again, by the same name. */
  async #start(stateMachineArn: string): Promise<string> {
    for (;;) {
      try {
        const request = { stateMachineArn, name: 'e', input: JSON.stringify(PLANNED_INPUT) };
        return (await this.#engine.startExecution(request)).executionArn;
      } catch (error) {
        if (this.#asked === undefined) throw error;
        await this.#reopen(this.#asked);
      }
    }
  }

  /** Until nothing happens by itself; an engine that was interrupted meanwhile has a successor. */
  async #rest(): Promise<void> {
    for (let turns = 0; turns < TURNS_OF_REST; turns++) {
      const before = this.#commits;
      await nextTurn();
      if (this.#asked !== undefined) await this.#reopen(this.#asked);
      else if (before === this.#commits && this.#evaluations === 0) continue;
      turns = -1;
    }
  }

  async #reopen(how: Interruption['how']): Promise<void> {
    this.#interrupted++;
    const life = this.#life;
    const closed = how === 'close' ? this.#engine.close() : Promise.resolve();
    // It may be gone while it closes.
    await closed.catch((error: unknown) => {
      if (!life.isOver) throw error;
    });
    life.isOver = true;
    this.#asked = undefined;
    const nowMs = this.#clock.now();
    this.#clock.stop();
    this.#clock = new SteppedClock(nowMs);
    this.#engine = this.#open();
  }

  /** Somebody answers, else a worker works, else time passes. */
  async #goOn(): Promise<void> {
    const [state, token] = [...this.#tokens].sort(([one], [other]) => (one < other ? -1 : 1))[0] ?? [];
    if (state !== undefined && token !== undefined) {
      this.#tokens.delete(state);
      return this.#answer(state, token);
    }
    const task = await this.#offer();
    if (task !== undefined) return this.#answer('desk', task);
    // To ask for work was a commit too, and may have been the engine's last.
    if (this.#asked !== undefined) return;
    const instantMs = this.#clock.nextWakeMs();
    if (instantMs === null) throw new Error('it runs, and waits for nothing');
    this.#clock.advance(Math.max(0, instantMs - this.#clock.now()));
  }

  async #offer(): Promise<string | undefined> {
    const patience = new AbortController();
    const offer = this.#engine.getActivityTask({ activityArn, signal: patience.signal });
    await this.#turns();
    patience.abort();
    return (await offer)?.taskToken;
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < TURNS_OF_REST; turn++) await nextTurn();
  }

  /** Whoever gets no answer from an engine sends it again to the next. It may find the task over. */
  async #answer(state: string, token: string): Promise<void> {
    const chance = this.#chance(`answer ${state}`, 8);
    for (;;) {
      try {
        if (chance === 1) await this.#engine.sendTaskFailure(token, { error: 'Refused' });
        else if (chance > 1) await this.#engine.sendTaskSuccess(token, JSON.stringify({ dice: chance }));
        return;
      } catch (error) {
        if (error instanceof TaskTimedOut) return;
        if (this.#asked === undefined) throw error;
        await this.#reopen(this.#asked);
      }
    }
  }

  /** Of the same asking for the same time, the same. */
  #chance(about: string, below: number): number {
    const count = (this.#answered.get(about) ?? 0) + 1;
    this.#answered.set(about, count);
    const digest = createHash('sha256').update(`${this.#seed} ${about} ${count}`).digest();
    return digest.readUInt32BE(0) % below;
  }

  #open(): Engine {
    const life = { isOver: false };
    this.#life = life;
    const evaluator: Evaluator = async (request, key) => {
      this.#evaluations++;
      try {
        return await this.#evaluate(request, key);
      } finally {
        this.#evaluations--;
      }
    };
    return openEngine({
      store: this.#mortal(life),
      taskHandler: this.#handler(life),
      evaluator,
      clock: this.#clock,
      // The same chance for each signal, whichever engine it comes to.
      entropy: () => [1, 2, 3, 4],
      region: 'us-east-1',
      accountId: '000000000000',
    });
  }

  #handler(life: { readonly isOver: boolean }): TaskHandler {
    return async ({ stateName, parameters }) => {
      if (life.isOver) return new Promise<never>(() => {});
      this.#calls++;
      const token = JSON.stringify(parameters).match(/"token":"([^"]+)"/)?.[1];
      if (token !== undefined) this.#tokens.set(stateName, token);
      const chance = this.#chance(`call ${stateName}`, 8);
      // Some calls take a while, so that an engine may end while they run.
      for (let turn = 0; turn < chance % 3; turn++) await nextTurn();
      return chance === 0 ? { error: 'Broken', cause: 'by chance' } : { output: { dice: chance } };
    };
  }

  #mortal(life: { isOver: boolean }): ExecutionStore {
    const around = {
      before: () => {
        if (life.isOver) throw new Error('the process is gone');
      },
      after: () => this.#committed(life),
    };
    return aroundTransactions(this.#store, around, {
      nextDueAtMs: () => (life.isOver ? null : this.#store.nextDueAtMs()),
      // The engine's own store outlives the engine: closing it would end the memory.
      close() {},
    });
  }

  #committed(life: { isOver: boolean }): void {
    this.#commits++;
    const how = this.#interruptions.get(this.#commits);
    if (how === undefined) return;
    this.#asked = how;
    if (how === 'crash') life.isOver = true;
  }

  /** Tokens differ from store to store. */
  #history(executionArn: string): LivedEvent[] {
    const events: LivedEvent[] = [];
    for (let nextToken: string | undefined; ;) {
      const page = this.#engine.getExecutionHistory({
        executionArn,
        maxResults: 1_000,
        ...(nextToken !== undefined && { nextToken }),
      });
      events.push(...(JSON.parse(page.eventsText.replaceAll(TOKEN, '"token\\":\\"T\\"')) as LivedEvent[]));
      if (page.nextToken === undefined) return events;
      nextToken = page.nextToken;
    }
  }
}

const TOKEN = /"token\\":\\"[^"\\]+\\"/g;
