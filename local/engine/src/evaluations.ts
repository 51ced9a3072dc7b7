import type { EvaluationAnswer, EvaluationRequest } from '../../asl/src/index.ts';
import { ServiceUnavailable } from './errors.ts';

/**
 * Works expressions out, apart from this process: no expression can hang or end it. `key` says whose they are, so that one state
 * machine's cannot keep another's waiting. Rejects where it can take no more now.
 */
export type Evaluator = (request: EvaluationRequest, key: string) => Promise<EvaluationAnswer>;

/** A transition cannot go on before this is answered. It has changed nothing, and is worked out anew with the answer. */
export class NeedsEvaluation extends Error {
  readonly request: EvaluationRequest;
  readonly key: string;
  /** The request's text, by which its answer is known. It can have several megabytes, so it is made once. */
  readonly question: string;

  constructor(request: EvaluationRequest, key: string, question: string) {
    super('an expression has to be evaluated first');
    this.request = request;
    this.key = key;
    this.question = question;
  }
}

/**
 * What a transition has been answered so far. A transition is a pure function of its signal and these, so it may stop at a question
 * and start again: the same question has the same answer. Were the execution moved by another signal meanwhile, it asks another question.
 */
export class Evaluations {
  readonly #evaluator: Evaluator;
  readonly #answers = new Map<string, EvaluationAnswer>();
  readonly #drawn = new Map<string, unknown>();

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  /** What is known of it; else it throws {@link NeedsEvaluation}. */
  evaluate(request: EvaluationRequest, key: string): EvaluationAnswer {
    const question = JSON.stringify(request);
    const answer = this.#answers.get(question);
    if (answer === undefined) throw new NeedsEvaluation(request, key, question);
    return answer;
  }

  /** What is drawn while the work runs, by a name of its own: when the work runs anew it has to draw the same, or it asks for ever. */
  once<T>(name: string, draw: () => T): T {
    if (!this.#drawn.has(name)) this.#drawn.set(name, draw());
    return this.#drawn.get(name) as T;
  }

  /** What the work gives, or the question at which it stopped. */
  attempt<T>(work: (evaluations: this) => T): T | NeedsEvaluation {
    try {
      return work(this);
    } catch (thrown) {
      if (thrown instanceof NeedsEvaluation) return thrown;
      throw thrown;
    }
  }

  /** @throws {ServiceUnavailable} if the evaluator can take no more now. */
  async answer({ request, key, question }: NeedsEvaluation): Promise<void> {
    try {
      this.#answers.set(question, await this.#evaluator(request, key));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServiceUnavailable(`No expression can be evaluated now: ${reason}. Try again.`);
    }
  }
}
