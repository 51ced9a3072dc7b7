import type { Entropy } from './chance.ts';
import type { ContextObject } from './context-object.ts';
import type { Json, JsonObject } from './json.ts';
import { EvaluationError } from './states-error.ts';

/**
 * JSONata expressions to be worked out. All that they can see comes with the request, time and chance included, so the same
 * request has the same answer whenever and wherever it is evaluated. It is plain JSON, and may hold a task token: it belongs in
 * no log.
 */
export interface EvaluationRequest {
  /** In the order in which they are evaluated: the first that fails is the answer. */
  readonly expressions: readonly FieldExpression[];
  /** Those of a Choice: the first that does not give `false` is the last that is evaluated. */
  readonly areConditions?: boolean;
  /** `$states`, without the members that no expression here names. */
  readonly states: Partial<StatesVariable>;
  /** Those that the expressions name. */
  readonly variables: JsonObject;
  /** What `$now()` says, in epoch milliseconds. */
  readonly at: number;
  readonly entropy: Entropy;
}

export interface FieldExpression {
  /** The place in the state: `Items`, `Arguments/FunctionName`, `Output/lines[2]`. */
  readonly field: string;
  /** Without its delimiters. */
  readonly text: string;
}

/**
 * The value of each expression that was evaluated, in their order; or why the first of them failed that did.
 *
 * @see Step Functions API Reference, EvaluationFailedEventDetails
 */
export type EvaluationAnswer =
  | { readonly values: readonly Json[] }
  | { readonly failure: { readonly error: string; readonly cause: string; readonly location: string } };

/** What `$states` names. A member that is not there is nothing (undefined) to an expression. */
export type StatesVariable = {
  /** The state's raw input. */
  readonly input: Json;
  readonly context: ContextObject;
  /** In Output and Assign of a state that gets a result from somewhere. */
  readonly result?: Json;
  /** In Output and Assign of a catcher. */
  readonly errorOutput?: Json;
};

/** An expression failed, or gave what its field cannot take. `transition` records it as an EvaluationFailed event, with its location. */
export class QueryEvaluationError extends EvaluationError {
  /** The field. Absent where it is not an expression that is to blame. */
  readonly location: string | undefined;

  constructor(cause: string, location?: string, error = 'States.QueryEvaluationError') {
    super(error, cause.slice(0, CAUSE_LENGTH_MAX));
    this.name = 'QueryEvaluationError';
    this.location = location?.slice(0, LOCATION_LENGTH_MAX);
  }
}

/** 32,768 in all, of which the sentence that names the state takes some. API_EvaluationFailedEventDetails */
const CAUSE_LENGTH_MAX = 32_500;
const LOCATION_LENGTH_MAX = 256;

/** What is wrong with an expression, in the service's sentence; `complaint` is the end of it, which has room for itself. */
export function expressionFault({ field, text }: FieldExpression, complaint: string): string {
  const shown = text.length <= EXPRESSION_LENGTH_MAX ? text : `${text.slice(0, EXPRESSION_LENGTH_MAX)}...`;
  return `The JSONata expression '${shown}' specified for the field '${field}' ${complaint}`;
}

const EXPRESSION_LENGTH_MAX = 16_000;
