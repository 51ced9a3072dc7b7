import {
  chanceFrom,
  EvaluationError,
  type EvaluationRequest,
  jsonText,
  type ContextObject,
  type Json,
  type JsonObject,
  type StateScope,
} from '../../../asl/src/index.ts';
import { ServiceUnavailable } from '../errors.ts';
import { Evaluations, NeedsEvaluation } from '../evaluations.ts';
import type { InspectionData } from './api.ts';
import type { Lab } from './lab.ts';
import type { Test } from './parse-test.ts';

/** TestState takes five minutes at most. Step Functions API Reference, TestState */
const TEST_MS_MAX = 300_000;

/** Tests share their turn to have expressions evaluated, so that they keep no state machine's waiting. */
const EVALUATION_KEY = 'TestState';

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

/** Where a state is put to the test: has its data flow worked out, notes what can be seen of it, and watches the time. */
export class Bench {
  readonly test: Test;
  readonly lab: Lab;
  readonly inspection: Writable<InspectionData>;
  readonly #endsAtMs: number;

  constructor(test: Test, lab: Lab) {
    this.test = test;
    this.lab = lab;
    this.inspection = { input: test.inputText };
    this.#endsAtMs = lab.clock.now() + TEST_MS_MAX;
  }

  /** Works something out in the state's scope, with each step of the data flow noted. */
  inspected<T>(work: (scope: StateScope) => T): Promise<T> {
    return this.worked((scope) =>
      work({ ...scope, inspect: (step, value) => void (this.inspection[step] = this.textOf(value)) }),
    );
  }

  /** Works something out in the state's scope: again from the start, whenever an expression in it had to be waited for. */
  async worked<T>(work: (scope: StateScope) => T, context: JsonObject = this.test.context): Promise<T> {
    const { clock, entropy: source, evaluator } = this.lab;
    const [at, entropy] = [clock.now(), source()];
    const evaluations = new Evaluations(evaluator);
    for (;;) {
      this.requireTime();
      const scope = {
        // Paths look into it as into any JSON: what a test leaves out is not found.
        context: context as ContextObject,
        variables: this.test.variables,
        chance: chanceFrom(entropy),
        at,
        evaluate: (request: EvaluationRequest) => evaluations.evaluate(request, EVALUATION_KEY),
      };
      const result = evaluations.attempt(() => work(scope));
      if (!(result instanceof NeedsEvaluation)) return result;
      await evaluations.answer(result);
    }
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAtMs - this.lab.clock.now());
  }

  requireTime(): void {
    this.requireRunning();
    if (this.remainingMs === 0) throw timeIsUp();
  }

  /** Nobody learns what comes of a test while the engine stops. */
  requireRunning(): void {
    if (this.lab.stopping.aborted)
      throw new ServiceUnavailable('The engine is stopping. Try again when it has started.');
  }

  /** A value as JSON text: as the test gave it, where it is one of those that the test gave. */
  textOf(value: Json): string {
    const { input, inputText, mocked } = this.test;
    if (value === input && isContainer(value)) return inputText;
    if (mocked !== undefined && 'result' in mocked && value === mocked.result && isContainer(value))
      return mocked.resultText;
    return jsonText(value);
  }
}

export function timeIsUp(): EvaluationError {
  return new EvaluationError('States.Timeout', 'TestState can run for up to five minutes.');
}

function isContainer(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}
