import assert from 'node:assert/strict';
import {
  chanceFrom,
  type Chance,
  type Entropy,
  type EvaluationAnswer,
  type Json,
  type StateMachineDefinition,
} from '../../asl/src/index.ts';
import type { Effect } from '../src/effect.ts';
import { Evaluations, NeedsEvaluation, type Evaluator } from '../src/evaluations.ts';
import { effectOf, progressOf, type Execution } from '../src/execution.ts';
import type { HistoryEvent } from '../src/history-event.ts';
import { Interpreter } from '../src/jsonata/interpreter.ts';
import { parsePosition } from '../src/position.ts';
import type { Signal, SignalBody } from '../src/signal.ts';
import type { Outcome } from '../src/step.ts';
import { transition } from '../src/transition.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Far more than any planned workflow needs; whoever gets here goes in circles. */
const SIGNALS_MAX = 20_000;

export interface Simulated {
  readonly execution: Execution;
  readonly events: readonly HistoryEvent[];
  /** Every signal, those that changed nothing as well. */
  readonly signals: readonly Signal[];
}

/** Works out JSONata in this process: the expressions of these tests are ours. */
export function ownEvaluator(): Evaluator {
  const interpreter = new Interpreter(5_000);
  // The interpreter has one world for one request at a time.
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    const answer = last.then(async () => JSON.parse(await interpreter.answer(request, () => {})) as EvaluationAnswer);
    last = answer;
    return answer;
  };
}

const evaluate = ownEvaluator();

/** Runs an execution to its end in a world of chance: calls return or fail, tokens come back or do not, time passes, signals come twice. */
export async function simulate(definition: StateMachineDefinition, input: Json, seed: number): Promise<Simulated> {
  const world = new World(definition, input, chanceFrom([seed, 1, 2, 3]));
  await world.deliver({ type: 'ExecutionStarted' });
  while (world.execution.status === 'RUNNING') {
    assert.ok(world.signals.length < SIGNALS_MAX, `it has not ended after ${SIGNALS_MAX} signals`);
    await world.goOn();
  }
  assert.equal(world.open.size, 0, 'an execution that has ended leaves no effect open');
  return { execution: world.execution, events: world.events, signals: world.signals };
}

/** The same signals again. Between two of them the execution is only what the store would have kept of it. */
export async function replay(
  definition: StateMachineDefinition,
  input: Json,
  signals: readonly Signal[],
): Promise<Omit<Simulated, 'signals'>> {
  let execution = newExecution(input);
  const events: HistoryEvent[] = [];
  for (const signal of signals) {
    const outcome = await moved(definition, execution, signal);
    if (outcome === undefined) continue;
    events.push(...outcome.events);
    const { position, ...progress } = progressOf(outcome.execution);
    execution =
      progress.status === 'RUNNING'
        ? { ...outcome.execution, ...parsePosition(position, outcome.execution.input) }
        : outcome.execution;
  }
  return { execution, events };
}

class World {
  readonly signals: Signal[] = [];
  readonly events: HistoryEvent[] = [];
  readonly open = new Map<number, Effect>();
  execution: Execution;
  readonly #definition: StateMachineDefinition;
  readonly #chance: Chance;
  readonly #closed: number[] = [];
  #nowMs = START_MS;

  constructor(definition: StateMachineDefinition, input: Json, chance: Chance) {
    this.#definition = definition;
    this.#chance = chance;
    this.execution = newExecution(input);
  }

  async goOn(): Promise<void> {
    const effect = this.#pick([...this.open.values()]);
    const stale = this.#pick(this.#closed);
    if (this.#oneIn(400)) await this.deliver({ type: 'StopExecution', error: 'Stopped' });
    else if (stale !== undefined && this.#oneIn(5)) await this.#deliverInVain(stale);
    else if (effect.type === 'Wake' || this.#oneIn(6)) await this.#letTimePass();
    else await this.deliver(this.#answerTo(effect));
  }

  /** Hands the signal to the execution, and holds what comes of it to what is true of every step. */
  async deliver(body: SignalBody): Promise<Outcome | undefined> {
    const entropy: Entropy = [this.#draw(2 ** 31), this.#draw(2 ** 31), this.#draw(2 ** 31), this.#draw(2 ** 31)];
    const signal = { ...body, at: this.#nowMs, entropy };
    const outcome = await moved(this.#definition, this.execution, signal);
    this.signals.push(signal);
    if (outcome === undefined) return undefined;
    for (const effectId of outcome.closed) {
      assert.ok(this.open.delete(effectId), `what is closed was open: effect ${effectId} after ${body.type}`);
      this.#closed.push(effectId);
    }
    for (const effect of outcome.effects) {
      const before = this.open.get(effect.effectId);
      // A postponed task stays what it is, and is due at another time.
      this.open.set(
        effect.effectId,
        effect.type === 'Postpone' && before !== undefined ? { ...before, dueAtMs: effect.dueAtMs } : effect,
      );
    }
    this.events.push(...outcome.events);
    this.execution = outcome.execution;
    const awaited = outcome.execution.frames.flatMap((frame) => effectOf(frame) ?? []);
    assert.deepEqual([...this.open.keys()].sort(byNumber), awaited.sort(byNumber), 'every wait is an open effect');
    return outcome;
  }

  /** An answer that comes late or twice. */
  async #deliverInVain(effectId: number): Promise<void> {
    const body = this.#pick<SignalBody>([
      { type: 'TaskSucceeded', effectId, output: {} },
      { type: 'TaskFailed', effectId, error: 'Late' },
      { type: 'CallReturned', effectId, output: {} },
      { type: 'TaskHeartbeat', effectId },
      { type: 'EffectDue', effectId },
      { type: 'AttemptLost', effectId },
    ]);
    assert.equal(await this.deliver(body), undefined, `${body.type} for a closed effect changes nothing`);
  }

  async #letTimePass(): Promise<void> {
    const due = [...this.open.values()].reduce((first, effect) => (effect.dueAtMs < first.dueAtMs ? effect : first));
    this.#nowMs = Math.max(this.#nowMs, due.dueAtMs);
    await this.deliver({ type: 'EffectDue', effectId: due.effectId });
  }

  #answerTo({ type, effectId }: Effect): SignalBody {
    this.#nowMs += this.#draw(4_000);
    const failed: SignalBody = { type: 'TaskFailed', effectId, error: 'Broken', cause: 'by chance' };
    const succeeded: SignalBody = { type: 'TaskSucceeded', effectId, output: { dice: this.#draw(8) } };
    const beat: SignalBody = { type: 'TaskHeartbeat', effectId };
    const returned: SignalBody = { type: 'CallReturned', effectId, output: { dice: this.#draw(8) } };
    if (type === 'OfferToWorkers') return this.#oneIn(6) ? failed : { type: 'WorkerFound', effectId };
    if (type === 'AwaitToken') return this.#pick([succeeded, succeeded, failed, beat]);
    return this.#pick([returned, returned, returned, failed, { type: 'AttemptLost', effectId }, succeeded]);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#draw(from.length)] as T;
  }

  #oneIn(count: number): boolean {
    return this.#draw(count) === 0;
  }

  #draw(below: number): number {
    return Math.floor(this.#chance.random() * below);
  }
}

const byNumber = (left: number, right: number): number => left - right;

/** One transition, with its expressions worked out in between. */
async function moved(
  definition: StateMachineDefinition,
  execution: Execution,
  signal: Signal,
): Promise<Outcome | undefined> {
  const evaluations = new Evaluations(evaluate);
  const program = {
    definition,
    mintTaskToken: (effectId: number) => `token-${effectId}`,
    parameterFault: () => undefined,
    activityExists: () => true,
    evaluate: (request: Parameters<Evaluator>[0]) => evaluations.evaluate(request, ''),
  };
  for (;;) {
    const outcome = evaluations.attempt(() => transition(program, execution, signal));
    if (!(outcome instanceof NeedsEvaluation)) return outcome;
    await evaluations.answer(outcome);
  }
}

function newExecution(input: Json): Execution {
  return {
    executionArn: 'arn:aws:states:us-east-1:000000000000:execution:m:e',
    name: 'e',
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
    stateMachineName: 'm',
    roleArn: 'arn:aws:iam::000000000000:role/r',
    input,
    startedAtMs: START_MS,
    deadlineMs: START_MS + 31_536_000_000,
    redriveCount: 0,
    status: 'RUNNING',
    lastEventId: 0,
    lastEffectId: 0,
    lastFrameId: 0,
    frames: [],
  };
}
