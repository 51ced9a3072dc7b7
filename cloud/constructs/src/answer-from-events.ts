/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { EventField, type EventPattern, type IEventBus, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { Confirmations } from './confirmations.ts';
import { FunctionRule } from './function-rule.ts';
import { NodeFunction } from './node-function.ts';

export interface AnswerFromEventsProps {
  readonly confirmations: Confirmations;
  /** Those whose waits are answered. */
  readonly stateMachines: readonly StateMachine[];
  /** Which events are answers. */
  readonly eventPattern: EventPattern;
  /** JSONPath of the confirmation's id in the event, such as `$.detail.orderId`. */
  readonly confirmationId: string;
  /** What such an event says. */
  readonly decision: 'confirm' | 'reject';
  /** Who says it, as the policy names them under `people`. */
  readonly from: string;
  /** @default the account's default bus */
  readonly eventBus?: IEventBus;
}

const HANDLER = join(import.meta.dirname, '../../confirmations/src/handlers/answer-from-event.ts');

/**
 * Takes events for answers, under the same policy as people's: so a workflow can wait for the first of several, be it a
 * person, a warehouse or a payment.
 */
export class AnswerFromEvents extends Construct {
  constructor(scope: Construct, id: string, props: AnswerFromEventsProps) {
    super(scope, id);
    const { confirmations, stateMachines, eventPattern, confirmationId, decision, from, eventBus } = props;
    const handler = new NodeFunction(this, 'Function', {
      description: `Takes events of ${from} for answers`,
      entry: HANDLER,
      environment: { ...confirmations.environment },
    });
    confirmations.grantAnswer(handler);
    for (const stateMachine of stateMachines) confirmations.answerWaitsOf(stateMachine, handler);
    const input = RuleTargetInput.fromObject({
      id: EventField.fromPath(confirmationId),
      eventId: EventField.eventId,
      from,
      decision,
    });
    new FunctionRule(this, 'Rule', {
      description: `What ${from} reports`,
      eventPattern,
      calls: handler,
      input,
      ...(eventBus && { eventBus }),
    });
  }
}
