import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type Alarm,
  AlarmStatusWidget,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

export interface Watched {
  readonly alarms: readonly Alarm[];
  readonly api: HttpApi;
  readonly stateMachine: StateMachine;
  readonly functions: readonly NodeFunction[];
  readonly counter: Counter;
  readonly apiService: string;
  readonly hasLongTasks: boolean;
}

/** The metric of what the functions count, by the names in `cloud/confirmations/src/observe.ts`. */
export type Counter = (metricName: string, label?: string) => IMetric;

/** What the functions of {@link Confirmations} call themselves. */
const OWN_SERVICE = 'confirmations';

const PERIOD = Duration.minutes(5);
const SUM = { statistic: 'Sum', period: PERIOD };
const ROW_WIDTH = 24;

/** A decision is counted where it is made, be it by the API or at a deadline: together they are all. */
export function counterOf(apiService: string): Counter {
  const services = [...new Set([apiService, OWN_SERVICE])];
  return (metricName, label = metricName) => {
    // By these CloudWatch tells the metrics of a graph apart; they begin with a small letter.
    const id = `${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}`;
    const metrics = services.map((service, index) => [`${id}${index}`, measured(service, metricName, 'Sum')] as const);
    // A service that has nothing to count sends nothing, and a sum with nothing in it is nothing.
    const expression = metrics.map(([name]) => `FILL(${name}, 0)`).join(' + ');
    return new MathExpression({ expression, usingMetrics: Object.fromEntries(metrics), label, period: PERIOD });
  };
}

/** From what people notice first down to why it is so. */
export function dashboardRows(watched: Watched): IWidget[][] {
  const { alarms, api, stateMachine, functions, counter, apiService, hasLongTasks } = watched;
  const timeToDecide = (statistic: string) => measured(apiService, 'SecondsToDecide', statistic, statistic);
  return [
    [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: ROW_WIDTH, height: 4 })],
    row(
      graph('Confirmations', [
        counter('OrdersAccepted', 'orders accepted'),
        counter('ConfirmationsRequested', 'requested'),
        counter('ConfirmationsConfirmed', 'confirmed'),
        counter('ConfirmationsRejected', 'rejected'),
        counter('ConfirmationsExpired', 'expired'),
        counter('ConfirmationsWithdrawn', 'withdrawn'),
      ]),
      graph('Seconds until people decide', ['p50', 'p90', 'Maximum'].map(timeToDecide)),
      graph('Seconds that the oldest has waited', [measured(OWN_SERVICE, 'OldestPendingSeconds', 'Maximum', 'oldest')]),
    ),
    row(
      graph('Executions', [
        stateMachine.metricStarted({ ...SUM, label: 'started' }),
        stateMachine.metricSucceeded({ ...SUM, label: 'succeeded' }),
        stateMachine.metricFailed({ ...SUM, label: 'failed' }),
        stateMachine.metricTimedOut({ ...SUM, label: 'timed out' }),
      ]),
      graph('What did not reach its goal', [
        counter('DecisionsUndelivered', 'decisions undelivered'),
        counter('NoticesFailed', 'notices failed'),
        counter('AnswersRefused', 'answers refused'),
        ...(hasLongTasks ? [longTasksFailed('long tasks failed')] : []),
      ]),
    ),
    row(
      graph('API: requests', [
        api.metricCount({ ...SUM, label: 'all' }),
        api.metricClientError({ ...SUM, label: '4xx' }),
        api.metricServerError({ ...SUM, label: '5xx' }),
      ]),
      graph(
        'API: latency in ms',
        ['p50', 'p99'].map((statistic) => api.metricLatency({ statistic, period: PERIOD, label: statistic })),
      ),
    ),
    row(
      graph('Functions: errors', labelled(functions, 'metricErrors', 'Sum')),
      graph('Functions: throttles', labelled(functions, 'metricThrottles', 'Sum')),
      graph('Functions: duration p99 in ms', labelled(functions, 'metricDuration', 'p99')),
    ),
  ];
}

/** Containers that ended otherwise than well, by the function that {@link LongTasks} have to watch them. */
export function longTasksFailed(label?: string): Metric {
  return measured('long-tasks', 'LongTasksFailed', 'Sum', label);
}

/** As its logical id begins. */
export function nameOf(one: IConstruct): string {
  return one.node.path.slice(Stack.of(one).node.path.length).replaceAll('/', '');
}

function measured(service: string, metricName: string, statistic: string, label?: string): Metric {
  return new Metric({
    namespace: 'Countersign',
    metricName,
    dimensionsMap: { service },
    statistic,
    period: PERIOD,
    ...(label !== undefined && { label }),
  });
}

function labelled(
  functions: readonly NodeFunction[],
  metric: 'metricErrors' | 'metricThrottles' | 'metricDuration',
  statistic: string,
): IMetric[] {
  return functions.map((one) => one[metric]({ statistic, period: PERIOD, label: nameOf(one) }));
}

function graph(title: string, left: IMetric[]): GraphWidgetProps {
  return { title, left, leftYAxis: { min: 0 } };
}

/** As wide as the page together. */
function row(...graphs: GraphWidgetProps[]): IWidget[] {
  return graphs.map((props) => new GraphWidget({ ...props, width: ROW_WIDTH / graphs.length }));
}
