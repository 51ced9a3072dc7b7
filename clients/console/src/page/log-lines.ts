import type { LogPlace } from './address.ts';

/** As the host gives it: `local/host/src/services/recent-log.ts`. */
export interface HostLine {
  readonly sequence: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A line as it is shown: what a function wrote in its own words, and not in those of the line that carries it. */
export interface ShownLine {
  readonly sequence: number;
  readonly at: string;
  readonly level: HostLine['level'];
  /** The function's name; empty for the host itself. */
  readonly from: string;
  readonly said: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** What a search looks through: lower case. */
  readonly text: string;
}

/** What Lambda and its logger put on every line of a function, and what a line says twice: a reader looks past it. */
const PLATFORM_FIELDS =
  /^(?:level|message|timestamp|service|cold_start|function_.*|sampling_rate|xray_trace_id|requestId|functionName|text)$/;

const RANK = { info: 0, warn: 1, error: 2 } as const;

export function shownLine({ sequence, at, level, event, fields }: HostLine): ShownLine | undefined {
  const from = typeof fields['functionName'] === 'string' ? fields['functionName'] : '';
  const text = `${event} ${JSON.stringify(fields)}`.toLowerCase();
  const host = { sequence, at, level, from, said: event, facts: factsOf(fields), text };
  if (event !== 'lambda.log') return host;
  const written = parseObject(fields['message']);
  if (written === undefined) return { ...host, said: textOf(fields['message']), facts: {} };
  // A metric is for machines.
  if ('_aws' in written) return undefined;
  return {
    ...host,
    level: levelOf(written['level']) ?? level,
    said: textOf(written['message']),
    facts: factsOf(written),
  };
}

/** What the filter lets through, the newest first. */
export function matching(
  lines: readonly ShownLine[],
  { query, level, from }: LogPlace,
  countMax: number,
): readonly ShownLine[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: ShownLine[] = [];
  for (let index = lines.length - 1; index >= 0 && found.length < countMax; index -= 1) {
    const line = lines[index];
    if (line === undefined || RANK[line.level] < RANK[level] || (from !== '' && line.from !== from)) continue;
    if (words.every((word) => line.text.includes(word))) found.push(line);
  }
  return found;
}

/** `CountersignOrders-ProcessOrderFunction63D45CF0` → `ProcessOrder`: between what the stack and CloudFormation add. */
export function shortName(functionName: string): string {
  const [, name = functionName] = /-([^-]+?)(?:Function)?[\dA-F]{8}(?:-\w+)?$/.exec(functionName) ?? [];
  return name;
}

function factsOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !PLATFORM_FIELDS.test(name)));
}

function levelOf(written: unknown): HostLine['level'] | undefined {
  if (written === 'ERROR' || written === 'CRITICAL') return 'error';
  return written === 'WARN' ? 'warn' : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function parseObject(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== 'string' || !text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
