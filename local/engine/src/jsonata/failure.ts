import { expressionFault, type EvaluationAnswer, type FieldExpression } from '../../../asl/src/index.ts';

/** The answer to a request in which this expression fails; `complaint` is the end of the service's sentence. */
export function failure(expression: FieldExpression, complaint: string): EvaluationAnswer {
  const cause = expressionFault(expression, complaint);
  return { failure: { error: 'States.QueryEvaluationError', cause, location: expression.field } };
}

export function threw(what: string): string {
  return `threw an error during evaluation. ${what}`;
}

/** In JSONata's words, whoever stopped the clock. */
export function timedOut(timeoutMs: number): string {
  return threw(`D1012: Evaluation timeout after ${timeoutMs} milliseconds. Check for infinite loop`);
}
