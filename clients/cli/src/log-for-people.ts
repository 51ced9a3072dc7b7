import type { Log, LogFields } from '../../../local/host/src/index.ts';

/** What Lambda and its logger put on every line of a function: the same each time, so a person reads past it. */
const PLATFORM_FIELDS =
  /^(?:level|message|timestamp|service|cold_start|function_.*|sampling_rate|xray_trace_id|requestId)$/;

type Level = keyof Log;

/**
 * The log as a person follows it: names instead of ARNs, a function's own event instead of the line that carries it,
 * and nothing about what merely went well underneath.
 */
export function logForPeople(log: Log): Log {
  const tell =
    (level: Level) =>
    (event: string, fields: LogFields = {}) => {
      const line = WRITTEN.has(event) ? writtenLine(level, event, fields) : { level, event, fields };
      if (line !== undefined && !isRoutine(event, fields)) log[line.level](line.event, readable(line.fields));
    };
  return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
}

/** How long each invocation took, and what the ready message has said already. */
function isRoutine(event: string, fields: LogFields): boolean {
  return (
    (event === 'lambda.report' && fields['status'] === 'success') ||
    event === 'host.started' ||
    event === 'engine.started'
  );
}

/** Whose line it is, where that says more than the line itself. */
const WRITTEN: ReadonlyMap<string, string | undefined> = new Map([
  ['lambda.log', undefined],
  ['ecs.log', 'task'],
  ['batch.log', 'jobId'],
]);

/**
 * A line that a function or container wrote. Where it is a structured one, its own event and fields count; a metric is for
 * machines.
 */
function writtenLine(
  level: Level,
  event: string,
  fields: LogFields,
): { level: Level; event: string; fields: LogFields } | undefined {
  const written = parseObject(fields['message']);
  if (written === undefined) return { level, event, fields };
  if ('_aws' in written) return undefined;
  const { message, level: own } = written;
  if (typeof message !== 'string') return { level, event, fields };
  const ownFields = Object.entries(written).filter(([name]) => !PLATFORM_FIELDS.test(name));
  const writer = WRITTEN.get(event);
  const by = writer === undefined ? {} : { [writer]: fields[writer] };
  return { level: levelOf(own) ?? level, event: message, fields: { ...Object.fromEntries(ownFields), ...by } };
}

function levelOf(written: unknown): Level | undefined {
  const levels: Readonly<Record<string, Level>> = {
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
    CRITICAL: 'error',
  };
  return typeof written === 'string' ? levels[written] : undefined;
}

function readable(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== 'requestId' && name !== 'eventId')
      .map(([name, value]) =>
        name.endsWith('Arn') && typeof value === 'string'
          ? [name.slice(0, -'Arn'.length), nameInArn(value)]
          : [name, value],
      ),
  );
}

function nameInArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

function parseObject(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== 'string' || !text.startsWith('{')) return undefined;
  try {
    return { ...JSON.parse(text) };
  } catch {
    return undefined;
  }
}
