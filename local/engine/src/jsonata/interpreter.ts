import jsonata, { type Expression, type JsonataError } from 'jsonata';
import {
  jsonataTokens,
  PAYLOAD_BYTES_MAX,
  type EvaluationAnswer,
  type EvaluationRequest,
} from '../../../asl/src/index.ts';
import { failure, threw, timedOut } from './failure.ts';
import { addFunctions } from './functions.ts';
import { LinearRegExp } from './linear-reg-exp.ts';
import { chanceOfRequest, enterRequest } from './request-world.ts';
import { resultText, UnfitResult } from './result-text.ts';

/** How deep evaluations may stand in each other, and how long a sequence may be. The service publishes no limit. */
const STACK_MAX = 20_000;
const SEQUENCE_MAX = 1_000_000;
/** A request is for the two or three fields that a state fills at once, none of which can be larger than a payload. */
const ANSWER_LENGTH_MAX = 4 * PAYLOAD_BYTES_MAX;
/** Of the expressions that are kept compiled, in all: some thousand short ones, and a fifth of what the process may hold. */
const KEPT_BYTES_MAX = 24 * 1024 * 1024;
/** What a compiled expression holds, measured: an environment with functions of its own, and a tree that grows with its text. */
const EXPRESSION_BYTES = 24_000;
const CHARACTER_BYTES = 40;

/**
 * Evaluates requests, one after the other, within the bounds that JSONata keeps by itself. It does not keep all of them: memory,
 * and the time of what it does in one go, are for the process around it to watch.
 */
export class Interpreter {
  readonly #timeoutMs: number;
  readonly #options: { timeout: number; stack: number; sequence: number; RegexEngine: RegExpConstructor };
  readonly #expressions = new Map<string, Expression>();
  #keptBytes = 0;

  /** @param timeoutMs for all expressions of a request together. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    const RegexEngine = LinearRegExp as unknown as RegExpConstructor;
    this.#options = { timeout: timeoutMs, stack: STACK_MAX, sequence: SEQUENCE_MAX, RegexEngine };
  }

  /**
   * The JSON text of the EvaluationAnswer.
   *
   * @param onExpression hears the index of each expression before it is evaluated.
   */
  async answer(request: EvaluationRequest, onExpression: (index: number) => void): Promise<string> {
    enterRequest(request.at, request.entropy);
    const bindings = bindingsOf(request);
    const deadline = Date.now() + this.#timeoutMs;
    const texts: string[] = [];
    let length = 0;
    for (const [index, expression] of request.expressions.entries()) {
      onExpression(index);
      try {
        const text = await this.#evaluate(expression.text, bindings, deadline);
        length += text.length;
        if (length > ANSWER_LENGTH_MAX) throw new UnfitResult('returned a value that makes its field too large');
        texts.push(text);
        if (request.areConditions === true && text !== 'false') break;
      } catch (thrown) {
        return JSON.stringify(failure(expression, this.#complaint(thrown)) satisfies EvaluationAnswer);
      }
    }
    return `{"values":[${texts.join(',')}]}`;
  }

  async #evaluate(text: string, bindings: Record<string, unknown>, deadline: number): Promise<string> {
    const expression = this.#compiled(text);
    // JSONata looks at it anew with each evaluation.
    this.#options.timeout = Math.max(1, deadline - Date.now());
    const value: unknown = await expression.evaluate(undefined, bindings);
    if (value === undefined) throw new UnfitResult('returned nothing (undefined).');
    return resultText(value);
  }

  #compiled(text: string): Expression {
    let expression = this.#expressions.get(text);
    if (expression === undefined) {
      requireSupported(text);
      expression = jsonata(text, this.#options);
      addFunctions(expression, chanceOfRequest);
      this.#keep(text, expression);
    }
    return expression;
  }

  /** Definitions come from strangers, so beyond a bound all is forgotten; what was forgotten is only compiled anew. */
  #keep(text: string, expression: Expression): void {
    const bytes = EXPRESSION_BYTES + CHARACTER_BYTES * text.length;
    this.#keptBytes += bytes;
    if (this.#keptBytes > KEPT_BYTES_MAX) {
      this.#expressions.clear();
      this.#keptBytes = bytes;
    }
    this.#expressions.set(text, expression);
  }

  /** What to say of it, after the expression and its field. */
  #complaint(thrown: unknown): string {
    if (thrown instanceof UnfitResult) return thrown.message;
    if (thrown instanceof RangeError && thrown.message.includes('call stack')) return threw(STACK_OVERFLOW);
    const { code, message = 'Unknown error' } = thrown as Partial<JsonataError>;
    // The author knows of the whole time, not of what the expressions before this one had left.
    if (code === 'D1012') return timedOut(this.#timeoutMs);
    return threw(code === undefined ? message : `${code}: ${message}`);
  }
}

/** What JSONata says when it counts too many evaluations; also where its parser ran out of stack before it could count. */
const STACK_OVERFLOW =
  'D1011: Stack overflow. Check for non-terminating recursive function.  Consider rewriting as tail-recursive';

/**
 * The service has JSONata 2.0.6, to which these operators of later versions are a `?` with an operator where a value should be.
 *
 * @throws what JSONata throws for that.
 */
function requireSupported(text: string): void {
  for (const { text: token } of jsonataTokens(text)) {
    if (token !== '??' && token !== '?:') continue;
    const message = `The symbol "${token.charAt(1)}" cannot be used as a unary operator`;
    throw Object.assign(new Error(message), { code: 'S0211' });
  }
}

/** Variables and `$states`; and no `$eval`, which the service does not have. A variable of that name is a variable. */
function bindingsOf({ variables, states }: EvaluationRequest): Record<string, unknown> {
  return Object.fromEntries([['eval', undefined], ...Object.entries(variables), ['states', states]]);
}
