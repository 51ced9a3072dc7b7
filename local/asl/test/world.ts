import assert from 'node:assert/strict';
import { chanceFrom } from '../src/chance.ts';
import type { ContextObject } from '../src/context-object.ts';
import { EvaluationError } from '../src/states-error.ts';

/** What an expression sees beside its document, in the tests of this room. */
export const context: ContextObject = {
  Execution: {
    Id: 'arn:aws:states:us-east-1:111111111111:execution:Orders:first',
    Input: { orderId: '7' },
    Name: 'first',
    RoleArn: 'arn:aws:iam::111111111111:role/orders',
    StartTime: '2026-11-23T08:00:00.000Z',
    RedriveCount: 0,
  },
  State: { EnteredTime: '2026-11-23T08:00:01.000Z', Name: 'Confirm', RetryCount: 0 },
  StateMachine: { Id: 'arn:aws:states:us-east-1:111111111111:stateMachine:Orders', Name: 'Orders' },
  Task: { Token: 'a-secret-token' },
};

export const chance = chanceFrom([1, 2, 3, 4]);

/** The error and cause of what `evaluate` throws. */
export function failureOf(evaluate: () => unknown): { error?: string; cause?: string } {
  try {
    evaluate();
  } catch (thrown) {
    assert(thrown instanceof EvaluationError, `not an EvaluationError: ${String(thrown)}`);
    return thrown.statesError;
  }
  return assert.fail('nothing was thrown');
}
