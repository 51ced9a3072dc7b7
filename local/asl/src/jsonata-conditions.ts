import type { ChoiceRule } from './definition.ts';
import { QueryEvaluationError } from './evaluation.ts';
import { jsonataExpression, type JsonataExpression } from './jsonata-expression.ts';
import { requireBoolean } from './jsonata-fields.ts';
import { lookUp, requestFor, type JsonataScope, type Place } from './jsonata-template.ts';
import type { Json } from './json.ts';

/**
 * The place of the first rule whose Condition holds; -1 where none does. What comes after it is not looked at: it may fail as it
 * likes.
 *
 * Conditions are asked for many at a time, for each answer that is waited for works the whole step out once more. One that fails
 * behind others is asked for again by itself, so that it has as much time as it would have had alone.
 *
 * @throws {QueryEvaluationError} if a Condition that is come to fails, or is no boolean.
 */
export function firstThatHolds(rules: readonly ChoiceRule[], scope: JsonataScope): number {
  const values: Json[] = [];
  for (const [place, rule] of rules.entries()) {
    if (place === values.length) values.push(...valuesFrom(place, rules, scope));
    const condition = rule.Condition ?? false;
    if (requireBoolean(condition, fieldAt(place), values[place] ?? null)) return place;
  }
  return -1;
}

/** Those of the next rules, of one at least. */
function valuesFrom(from: number, rules: readonly ChoiceRule[], scope: JsonataScope): readonly Json[] {
  const asked: Place[] = [];
  for (const rule of rules.slice(from, from + CONDITIONS_PER_REQUEST)) {
    const condition = rule.Condition ?? false;
    const expression = expressionOf(rule, condition);
    const known = expression === undefined ? condition : lookUp(expression, scope);
    if (expression === undefined || known !== undefined) {
      if (asked.length === 0) return [known ?? null];
      break;
    }
    asked.push({ field: fieldAt(from + asked.length), expression });
  }
  const answer = scope.evaluate({ ...requestFor(asked, scope), areConditions: true });
  if ('values' in answer) return answer.values;
  const { error, cause, location } = answer.failure;
  const failed = asked.findIndex(({ field }) => field === location);
  if (failed > 0) return asked.slice(0, failed).map(() => false);
  throw new QueryEvaluationError(cause, location, error);
}

/** An evaluator compiles so many in a part of the time that a request has. */
const CONDITIONS_PER_REQUEST = 500;

function fieldAt(place: number): string {
  return `Choices[${place}]/Condition`;
}

/** A state may have more conditions than texts are remembered. */
const expressions = new WeakMap<ChoiceRule, JsonataExpression>();

function expressionOf(rule: ChoiceRule, condition: Json): JsonataExpression | undefined {
  let expression = expressions.get(rule);
  if (expression === undefined && typeof condition === 'string') {
    expression = jsonataExpression(condition);
    if (expression !== undefined) expressions.set(rule, expression);
  }
  return expression;
}
