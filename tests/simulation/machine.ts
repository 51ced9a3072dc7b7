import type { RequestListener } from 'node:http';
import {
  openEngine,
  seededEntropy,
  systemClock,
  type Clock,
  type Engine,
  type ExecutionStore,
  type TaskHandler,
  type Timepiece,
} from '../../local/engine/src/index.ts';
import { ownEvaluator } from '../../local/engine/test/simulated-execution.ts';
import { createStepFunctionsApi } from '../../local/step-functions-api/src/index.ts';
import type { Diary } from './diary.ts';
import type { SimulatedDisk } from './disk.ts';
import type { Timeline } from './timeline.ts';
import { callOverWire, type Answer } from './wire.ts';
import { aroundTransactions } from '../../local/engine/test/around-transactions.ts';

/** The connection ended before the answer came: whoever asked does not know what became of it. */
export class ConnectionLost extends Error {}

/** What a test breaks, to see that it is noticed. */
export interface Breakage {
  readonly store?: (store: ExecutionStore) => ExecutionStore;
  readonly handler?: (handler: TaskHandler) => TaskHandler;
  readonly clock?: (clock: Clock) => Clock;
  readonly answer?: (action: string, answer: Answer) => Answer;
}

export interface MachineOptions {
  readonly disk: SimulatedDisk;
  readonly timeline: Timeline;
  readonly diary: Diary;
  readonly seed: number;
  readonly handler: TaskHandler;
  readonly breakage: Breakage;
  /** An event of the engine's log says that it met a fault of its own. */
  readonly onFault: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Life {
  isOver: boolean;
  /** What ends with it. */
  readonly mourners: Set<() => void>;
  readonly entropy: () => [number, number, number, number];
}

const STARTED_AT_MS = Date.UTC(2026, 0, 1);

/** A machine that the engine and its API run on, and which may lose its process, or be told another time. */
export class Machine {
  readonly #options: MachineOptions;
  #clockAheadMs = 0;
  #life: Life | undefined;
  #engine: Engine | undefined;
  #listener: RequestListener | undefined;
  #clock: Clock | undefined;
  #lives = 0;
  /** Evaluations, calls and commits, as a sign that something goes on. */
  activity = 0;
  evaluating = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** What its clock says. */
  now(): number {
    return STARTED_AT_MS + this.#options.timeline.elapsedMs + this.#clockAheadMs;
  }

  setClock(byMs: number): void {
    this.#clockAheadMs += byMs;
  }

  start(): void {
    const { disk, diary, seed, breakage } = this.#options;
    const life: Life = {
      isOver: false,
      mourners: new Set(),
      entropy: seededEntropy(seed + ++this.#lives) as Life['entropy'],
    };
    this.#life = life;
    const crash = () => this.#end(life);
    const store = this.#counted(disk.open(crash, () => life.isOver));
    const clock = systemClock(this.#timepiece(life));
    this.#clock = clock;
    diary.write(`start ${this.#lives}`);
    try {
      const engine = openEngine({
        store: breakage.store?.(store) ?? store,
        clock: breakage.clock?.(clock) ?? clock,
        pace: { elapsedMs: () => 0, pause: (ms) => this.#pause(life, ms) },
        entropy: life.entropy,
        evaluator: this.#evaluator(),
        taskHandler: this.#handler(life),
        region: 'us-east-1',
        accountId: '000000000000',
        log: (event, fields) => {
          if (event.endsWith('.fault')) this.#notice(life, event, fields);
        },
      });
      this.#engine = engine;
      this.#listener = createStepFunctionsApi(engine, {
        log: { warn() {}, error: (event, fields) => this.#notice(life, event, fields) },
      });
    } catch (error) {
      // It died, or met a full disk, while it started.
      if (!life.isOver) diary.write(`did not start: ${(error as Error).message}`);
      this.#end(life);
    }
  }

  /** The process is gone from one moment to the next. */
  crash(): void {
    if (this.#life !== undefined) this.#end(this.#life);
  }

  /** @throws {ConnectionLost} if the process is gone before it has answered, or when it is asked. */
  async ask(action: string, parameters: object, hangUpAfterMs?: number): Promise<Answer> {
    const { timeline, breakage } = this.#options;
    const life = this.#life;
    if (life === undefined || this.#listener === undefined) throw new ConnectionLost();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const { answer, hangUp } = callOverWire(this.#listener, action, parameters);
    const lose = () => {
      hangUp();
      reject(new ConnectionLost());
    };
    life.mourners.add(lose);
    const patience = hangUpAfterMs === undefined ? undefined : timeline.after(hangUpAfterMs, lose);
    try {
      const given = await Promise.race([answer, gone]);
      if (life.isOver) throw new ConnectionLost();
      return breakage.answer?.(action, given) ?? given;
    } finally {
      life.mourners.delete(lose);
      if (patience !== undefined) timeline.cancel(patience);
    }
  }

  isResting(): boolean {
    return this.#engine?.isResting() ?? true;
  }

  /** A disk that takes nothing is no fault of the engine's. */
  #notice(life: Life, event: string, fields: Readonly<Record<string, unknown>>): void {
    const fault = String(fields['fault'] ?? fields['error']);
    if (!life.isOver && !fault.includes('Nothing was stored')) this.#options.onFault(event, { ...fields, fault });
  }

  #end(life: Life): void {
    if (life.isOver) return;
    life.isOver = true;
    this.#clock?.stop();
    this.#life = undefined;
    this.#listener = undefined;
    this.#engine = undefined;
    for (const mourn of life.mourners) mourn();
  }

  #timepiece(life: Life): Timepiece {
    const { timeline } = this.#options;
    return {
      now: () => this.now(),
      setTimeout: (callback, ms) => timeline.after(ms, () => void (life.isOver || callback())),
      clearTimeout: (timer) => void (typeof timer === 'number' && timeline.cancel(timer)),
    };
  }

  /** A process that is gone does not go on after it. */
  async #pause(life: Life, ms: number): Promise<void> {
    await this.#options.timeline.pause(ms);
    if (life.isOver) await new Promise<never>(() => {});
  }

  #evaluator() {
    const evaluate = ownEvaluator();
    return async (...request: Parameters<typeof evaluate>) => {
      this.evaluating++;
      try {
        return await evaluate(...request);
      } finally {
        this.evaluating--;
      }
    };
  }

  #handler(life: Life): TaskHandler {
    const { breakage } = this.#options;
    const handler = breakage.handler?.(this.#options.handler) ?? this.#options.handler;
    return async (call, signal) => {
      this.activity++;
      // A process that is gone calls nobody, and hears nothing.
      if (life.isOver) return await new Promise<never>(() => {});
      const result = await handler(call, signal);
      this.activity++;
      return life.isOver ? await new Promise<never>(() => {}) : result;
    };
  }

  #counted(store: ExecutionStore): ExecutionStore {
    return aroundTransactions(store, { before: () => this.activity++ });
  }
}
