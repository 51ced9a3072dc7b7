import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import type { OutcomeName, RecordedEvent } from './events.ts';
import type { Entry } from './record.ts';
import type { Request } from './request-state.ts';

/** What happens to confirmations, by the names under which a log can be searched. */
export type ConfirmationEvent =
  | `request.${Exclude<RecordedEvent['type'], 'decided'>}`
  | `request.decided.${OutcomeName}`
  | 'wait.stored'
  | 'wait.superseded'
  | 'message.delivered'
  | 'message.late'
  | 'message.undelivered'
  | 'notice.failed'
  | 'link.attempts-exhausted'
  | 'event.refused'
  | 'reconciled';

export interface EventFields {
  readonly id: string;
  readonly executionArn?: string;
  readonly retryCount?: number;
  readonly error?: Error;
  /** From when the workflow began to wait to the decision. */
  readonly secondsToDecide?: number;
  readonly [detail: string]: unknown;
}

/** Says that something happened. */
export type Report<Event extends string = ConfirmationEvent> = (event: Event, fields: EventFields) => void;

type Unit = typeof MetricUnit.Count | typeof MetricUnit.Seconds;

type LambdaContext = Parameters<Logger['addContext']>[0];

/** The events that are counted. The others are for the reader of a log. */
const COUNTED: Readonly<Record<string, string>> = {
  'order.accepted': 'OrdersAccepted',
  'order.completed': 'OrdersCompleted',
  'request.opened': 'ConfirmationsRequested',
  'request.reminded': 'RemindersSent',
  'request.escalated': 'ConfirmationsEscalated',
  'request.refused': 'AnswersRefused',
  'request.decided.confirm': 'ConfirmationsConfirmed',
  'request.decided.reject': 'ConfirmationsRejected',
  'request.decided.expired': 'ConfirmationsExpired',
  'request.decided.withdrawn': 'ConfirmationsWithdrawn',
  'message.undelivered': 'DecisionsUndelivered',
  'notice.failed': 'NoticesFailed',
  'long-task.failed': 'LongTasksFailed',
};

const serviceName = process.env['POWERTOOLS_SERVICE_NAME'] ?? 'confirmations';
/** What the id is called where people look for it: an order's id is best found as `orderId`. */
const idName = process.env['CONFIRMATION_ID_NAME'] ?? 'confirmationId';

export const logger = new Logger({ serviceName });
export const metrics = new Metrics({ namespace: 'Countersign', serviceName });
/** Calls of AWS are marked where they are made; a mark for each of their HTTP requests would say the same again. */
export const tracer = new Tracer({ serviceName, captureHTTPsRequests: false });

/** What the handlers report to. */
export const report: Report<string> = reportTo(logger, metrics, tracer, idName);

/** One log line, a mark on the trace by which it is found, and a metric for the events that are counted or timed. */
export function reportTo(
  log: Pick<Logger, 'info' | 'error'>,
  count: { addMetric(name: string, unit: Unit, value: number): unknown },
  trace: { putAnnotation(name: string, value: string): unknown },
  idName: string,
): Report<string> {
  return (event, { id, ...fields }) => {
    const line = { [idName]: id, ...fields };
    if (fields.error === undefined) log.info(event, line);
    else log.error(event, line);
    trace.putAnnotation(idName, id);
    const metric = COUNTED[event];
    if (metric !== undefined) count.addMetric(metric, MetricUnit.Count, 1);
    const { secondsToDecide } = fields;
    if (secondsToDecide !== undefined) count.addMetric('SecondsToDecide', MetricUnit.Seconds, secondsToDecide);
  };
}

/** One line for each entry of a record that was just written; `request` is what they came to. */
export function reportEntries(
  report: Report,
  added: readonly Entry[],
  request: Pick<Request, 'opened'> | undefined,
  fields: EventFields,
): void {
  for (const { event, at } of added) {
    if (event.type === 'decided') {
      report(`request.decided.${event.decision}`, { ...fields, ...timeToDecide(request?.opened?.since, at) });
    } else report(`request.${event.type}`, fields);
  }
}

/** Nothing where it was decided before the workflow waited: nobody was waited for. */
function timeToDecide(since: string | undefined, at: string): Pick<EventFields, 'secondsToDecide'> {
  if (since === undefined) return {};
  return { secondsToDecide: Math.max(0, (Date.parse(at) - Date.parse(since)) / 1000) };
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
