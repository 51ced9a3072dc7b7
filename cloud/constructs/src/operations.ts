/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Dashboard,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IConstruct } from 'constructs';
import { FunctionRule } from './function-rule.ts';
import { LongTasks } from './long-tasks.ts';
import { NodeFunction } from './node-function.ts';
import { type Counter, counterOf, dashboardRows, longTasksFailed, nameOf } from './operations-dashboard.ts';
import type { SignedInApi } from './signed-in-api.ts';

export interface OperationsProps {
  readonly api: SignedInApi;
  readonly stateMachine: StateMachine;
  /** What the functions of the API call themselves: their `POWERTOOLS_SERVICE_NAME`. @default 'confirmations' */
  readonly apiService?: string;
  /** Hears of every alarm of the stack, and of its end. @default nobody does; the alarms are on the dashboard */
  readonly alarmTopic?: ITopic;
}

/**
 * What is seen from outside: a dashboard, and alarms on what hurts somebody.
 *
 * It looks at all functions, rules, long tasks and alarms that its stack has when it is made, so make it last.
 */
export class Operations extends Construct {
  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    const { api, stateMachine, apiService = 'confirmations', alarmTopic } = props;
    const functions = allIn(this, NodeFunction);
    const counter = counterOf(apiService);

    alarmOnExecutions(this, stateMachine);
    alarmOnCounts(this, counter);
    alarm(this, 'ServerErrors', 'The API has answered with a 5xx', api.httpApi.metricServerError(SUM));
    for (const watched of functions) alarmOnFunction(this, watched);
    for (const rule of allIn(this, FunctionRule)) alarmOnEvents(this, rule);
    const hasLongTasks = allIn(this, LongTasks).length > 0;
    if (hasLongTasks) {
      const description = 'A container has failed, or was lost: the log of the function that watches them says why';
      alarm(this, 'LongTasksFailed', description, longTasksFailed());
    }

    const alarms = allIn(this, Alarm);
    if (alarmTopic !== undefined) {
      const action = new SnsAction(alarmTopic);
      for (const one of alarms) {
        one.addAlarmAction(action);
        one.addOkAction(action);
      }
    }
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(1),
      widgets: dashboardRows({ alarms, api: api.httpApi, stateMachine, functions, counter, apiService, hasLongTasks }),
    });
  }
}

const SUM = { statistic: 'Sum', period: Duration.minutes(5) };

function alarmOnExecutions(scope: Construct, stateMachine: StateMachine): void {
  alarm(scope, 'ExecutionsFailed', 'An execution has failed: its history says where', stateMachine.metricFailed(SUM));
  alarm(
    scope,
    'ExecutionsTimedOut',
    'An execution has run for longer than it may; a deadline that passes is not that',
    stateMachine.metricTimedOut(SUM),
  );
}

function alarmOnCounts(scope: Construct, counter: Counter): void {
  alarm(
    scope,
    'DecisionsUndelivered',
    'A decision is written that Step Functions did not take; the reconciler tries again, the log says why',
    counter('DecisionsUndelivered'),
  );
  alarm(
    scope,
    'NoticesFailed',
    'Somebody was not told of what waits for them: the log says who, and by which channel',
    counter('NoticesFailed'),
  );
}

function alarmOnFunction(scope: Construct, watched: NodeFunction): void {
  const name = nameOf(watched);
  alarm(scope, `${name}Errors`, `${name} has failed or timed out`, watched.metricErrors(SUM));
  alarm(scope, `${name}Throttles`, `Lambda had no room for ${name}`, watched.metricThrottles(SUM));
}

function alarmOnEvents(scope: Construct, rule: FunctionRule): void {
  const name = nameOf(rule);
  const dropped = `An event of ${name} was given up after all attempts: the log of the function says why`;
  alarm(scope, `${name}Dropped`, dropped, rule.metricDropped(SUM));
  const undelivered = rule.metricUndelivered(SUM);
  if (undelivered !== undefined)
    alarm(scope, `${name}Undelivered`, `EventBridge cannot hand the events of ${name} to Lambda`, undelivered);
}

/** Once is enough: what is tried again by itself until it succeeds is not among these. */
function alarm(scope: Construct, id: string, alarmDescription: string, metric: IMetric): Alarm {
  return new Alarm(scope, id, { ...AT_ONCE, alarmDescription, metric });
}

const AT_ONCE: Omit<AlarmProps, 'metric'> = {
  threshold: 0,
  evaluationPeriods: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

function allIn<Kind extends IConstruct>(
  scope: Construct,
  kind: abstract new (...given: never[]) => Kind,
): readonly Kind[] {
  return Stack.of(scope)
    .node.findAll()
    .filter((one): one is Kind => one instanceof kind);
}
