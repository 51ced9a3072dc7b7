import type { EvaluationAnswer, EvaluationRequest } from '../../asl/src/index.ts';

/** Works expressions out, apart from this process: no expression can hang or end it. */
export type Evaluator = (request: EvaluationRequest) => Promise<EvaluationAnswer>;

/** A transition cannot go on before this is answered. It has changed nothing, and is worked out anew with the answer. */
export class NeedsEvaluation extends Error {
  readonly request: EvaluationRequest;

  constructor(request: EvaluationRequest) {
    super('an expression has to be evaluated first');
    this.request = request;
  }
}

/**
 * What a transition has been answered so far. A transition is a pure function of its signal and these, so it may stop at a question
 * and start again: the same question has the same answer. Were the execution moved by another signal meanwhile, it asks another question.
 */
export class Evaluations {
  readonly #evaluator: Evaluator;
  readonly #answers = new Map<string, EvaluationAnswer>();

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  readonly evaluate = (request: EvaluationRequest): EvaluationAnswer => {
    const answer = this.#answers.get(JSON.stringify(request));
    if (answer === undefined) throw new NeedsEvaluation(request);
    return answer;
  };

  /** What the work gives, or the question at which it stopped. */
  attempt<T>(work: (evaluations: this) => T): T | NeedsEvaluation {
    try {
      return work(this);
    } catch (thrown) {
      if (thrown instanceof NeedsEvaluation) return thrown;
      throw thrown;
    }
  }

  async answer({ request }: NeedsEvaluation): Promise<void> {
    this.#answers.set(JSON.stringify(request), await this.#evaluator(request));
  }
}
