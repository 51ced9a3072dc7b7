import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, type RuleProps, type RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

export interface FunctionRuleProps extends Omit<RuleProps, 'targets'> {
  readonly calls: NodeFunction;
  /** What it is called with. @default the event */
  readonly input?: RuleTargetInput;
}

/**
 * A rule whose events each count: what one of them says is said nowhere else. EventBridge brings one to Lambda for as long as it
 * can, a day; Lambda calls the function three times. What is lost after that is counted by these metrics, and `Operations` has
 * an alarm on each.
 */
export class FunctionRule extends Rule {
  readonly #calls: NodeFunction;
  readonly #isOnDefaultBus: boolean;

  constructor(scope: Construct, id: string, { calls, input, ...rule }: FunctionRuleProps) {
    const target = new LambdaFunction(calls, {
      retryAttempts: RETRIES_MAX,
      maxEventAge: AGE_MAX,
      ...(input && { event: input }),
    });
    super(scope, id, { ...rule, targets: [target] });
    this.#calls = calls;
    this.#isOnDefaultBus = rule.eventBus === undefined;
  }

  /** Events that Lambda took and gave up: the function failed three times, or there was no room for six hours. */
  metricDropped(options: MetricOptions): Metric {
    return this.#calls.metric('AsyncEventsDropped', options);
  }

  /**
   * Events that EventBridge could not hand to Lambda: a permission is missing, say. Undefined on a bus of one's own, whose rules
   * CloudWatch knows by a name that a template cannot tell from `Ref` without knowing the bus.
   */
  metricUndelivered(options: MetricOptions): Metric | undefined {
    if (!this.#isOnDefaultBus) return undefined;
    return new Metric({
      namespace: 'AWS/Events',
      metricName: 'FailedInvocations',
      dimensionsMap: { RuleName: this.ruleName },
      ...options,
    });
  }
}

/** The most that there can be, and what EventBridge does where nobody says otherwise. EventBridge User Guide, "Retrying event delivery". */
const RETRIES_MAX = 185;
const AGE_MAX = Duration.hours(24);
