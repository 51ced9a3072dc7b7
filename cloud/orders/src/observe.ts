import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';

/** What happens to orders, by the names under which a log can be searched. */
export type OrderEvent =
  | 'order.accepted'
  | 'order.repeated'
  | 'order.processed'
  | 'order.confirmed'
  | 'order.rejected'
  | 'order.expired'
  | 'order.completed'
  | 'wait.stored'
  | 'wait.superseded'
  | 'decision.delivered'
  | 'decision.late'
  | 'decision.contradicted'
  | 'decision.undelivered';

export interface EventFields {
  readonly orderId: string;
  readonly executionArn: string;
  readonly retryCount?: number;
  readonly expiresAt?: string;
  readonly error?: Error;
}

/** Says that something happened. */
export type Report = (event: OrderEvent, fields: EventFields) => void;

type LambdaContext = Parameters<Logger['addContext']>[0];

/** The events that are counted. `decision.late` and its like are for the reader of a log. */
const COUNTED: Partial<Record<OrderEvent, string>> = {
  'order.accepted': 'OrdersAccepted',
  'order.confirmed': 'OrdersConfirmed',
  'order.rejected': 'OrdersRejected',
  'order.expired': 'OrdersExpired',
  'order.completed': 'OrdersCompleted',
  'decision.contradicted': 'DecisionsContradicted',
  'decision.undelivered': 'DecisionsUndelivered',
};

const serviceName = 'orders';

export const logger = new Logger({ serviceName });
export const metrics = new Metrics({ namespace: 'Countersign', serviceName });
export const tracer = new Tracer({ serviceName });

/** What the handlers report to. */
export const report: Report = reportTo(logger, metrics, tracer);

/** One log line, a mark on the trace by which it is found, and for the events that are counted one metric. */
export function reportTo(
  log: Pick<Logger, 'info' | 'error'>,
  count: { addMetric(name: string, unit: typeof MetricUnit.Count, value: number): unknown },
  trace: { putAnnotation(name: string, value: string): unknown },
): Report {
  return (event, fields) => {
    if (fields.error === undefined) log.info(event, { ...fields });
    else log.error(event, { ...fields });
    trace.putAnnotation('orderId', fields.orderId);
    const metric = COUNTED[event];
    if (metric !== undefined) count.addMetric(metric, MetricUnit.Count, 1);
  };
}

/**
 * A Lambda handler around a function: its log lines carry the request's id, its trace a subsegment, its failure is
 * logged before Lambda answers with it, and its metrics are sent however it ends.
 */
export function observed<Event, Result>(
  work: (event: Event, context: LambdaContext) => Promise<Result>,
): (event: Event, context: LambdaContext) => Promise<Result> {
  return async (event, context) => {
    logger.addContext(context);
    const endTrace = beginTrace();
    try {
      return await work(event, context);
    } catch (error) {
      reportFailure(error);
      throw error;
    } finally {
      endTrace();
      // It warns where there is nothing to publish.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

export function reportFailure(error: unknown): void {
  const cause = error instanceof Error ? error : new Error(String(error));
  logger.error('function.failed', { error: cause });
  tracer.addErrorAsMetadata(cause);
}

/** X-Ray gives Lambda's own segment read-only, so what we say goes on a subsegment. */
function beginTrace(): () => void {
  const segment = tracer.getSegment();
  if (segment === undefined) return () => {};
  const subsegment = segment.addNewSubsegment(`## ${process.env['_HANDLER'] ?? 'handler'}`);
  tracer.setSegment(subsegment);
  tracer.annotateColdStart();
  tracer.addServiceNameAnnotation();
  return () => {
    subsegment.close();
    tracer.setSegment(segment);
  };
}
