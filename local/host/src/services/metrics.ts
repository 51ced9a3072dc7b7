import type { RequestListener } from 'node:http';
import { z } from 'zod';
import type { Log } from '../log.ts';

/** The metrics that functions and containers write into their logs, in CloudWatch's embedded metric format. */
export interface Metrics {
  /** The same log, with an ear on it. */
  readonly listening: (log: Log) => Log;
  /** `GET /metrics`: what was counted since the host started, as Prometheus reads it. */
  readonly handle: RequestListener;
}

export const METRICS_PATH = '/metrics';

/** The events of lines that functions, tasks and jobs write. */
const WRITTEN: readonly string[] = ['lambda.log', 'ecs.log', 'batch.log'];

/** @see CloudWatch User Guide, "Specification: Embedded metric format" */
const Embedded = z.looseObject({
  _aws: z.looseObject({
    CloudWatchMetrics: z.array(
      z.looseObject({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())).default([[]]),
        Metrics: z.array(z.looseObject({ Name: z.string(), Unit: z.string().default('None') })),
      }),
    ),
  }),
});

/** A function that puts a new value into a dimension each time must not fill the memory. */
const SERIES_MAX = 10_000;

interface Series {
  readonly name: string;
  readonly labels: string;
  readonly isCounter: boolean;
  sum: number;
  count: number;
  latest: number;
}

export function createMetrics(log: Log): Metrics {
  const seriesOf = new Map<string, Series>();
  let isFull = false;

  function add(name: string, labels: string, unit: string, values: readonly number[]): void {
    const key = `${name}{${labels}}`;
    const known = seriesOf.get(key);
    if (known === undefined && seriesOf.size >= SERIES_MAX) {
      if (!isFull) log.warn('metrics.full', { series: SERIES_MAX, note: 'further series are not counted' });
      isFull = true;
      return;
    }
    const series = known ?? { name, labels, isCounter: unit === 'Count', sum: 0, count: 0, latest: 0 };
    for (const value of values) series.sum += value;
    series.count += values.length;
    series.latest = values.at(-1) ?? series.latest;
    seriesOf.set(key, series);
  }

  function read(message: string): void {
    const start = message.indexOf('{');
    if (start === -1 || !message.includes('"_aws"')) return;
    const embedded = parse(message.slice(start));
    if (embedded === undefined) return;
    const members = new Map(Object.entries(embedded));
    for (const { Namespace, Dimensions, Metrics } of embedded._aws.CloudWatchMetrics) {
      // Each set of dimensions is a series of its own on CloudWatch; the largest tells the most.
      const dimensions = Dimensions.toSorted((one, other) => other.length - one.length)[0] ?? [];
      const labels = labelText(dimensions.map((name) => [name, members.get(name)]));
      for (const { Name, Unit } of Metrics) {
        const value = members.get(Name);
        const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'number');
        if (values.length > 0) add(identifier(`${Namespace}_${Name}`), labels, Unit, values);
      }
    }
  }

  return {
    listening: (heard) => ({
      ...heard,
      info(event, fields) {
        if (WRITTEN.includes(event) && typeof fields?.['message'] === 'string') read(fields['message']);
        heard.info(event, fields);
      },
    }),
    handle(request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET' }).end();
        return;
      }
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' };
      response.writeHead(200, headers);
      response.end(request.method === 'HEAD' ? undefined : exposition([...seriesOf.values()]));
    },
  };
}

function parse(text: string): z.infer<typeof Embedded> | undefined {
  try {
    return Embedded.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Counts add up; of anything else there is a sum and a count, which give the mean, and the latest value. */
function exposition(series: readonly Series[]): string {
  const families = [...Map.groupBy(series, ({ name }) => name)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return families
    .flatMap(([name, members]) => {
      if (members.every(({ isCounter }) => isCounter))
        return family(`${name}_total`, 'counter', members, ({ sum }) => sum);
      return [
        ...family(name, 'gauge', members, ({ latest }) => latest),
        ...family(`${name}_sum`, 'counter', members, ({ sum }) => sum),
        ...family(`${name}_count`, 'counter', members, ({ count }) => count),
      ];
    })
    .join('');
}

function family(name: string, type: string, members: readonly Series[], valueOf: (series: Series) => number): string[] {
  const lines = members.map(
    (series) => `${name}${series.labels === '' ? '' : `{${series.labels}}`} ${valueOf(series)}\n`,
  );
  return [`# TYPE ${name} ${type}\n`, ...lines];
}

function labelText(labels: readonly (readonly [string, unknown])[]): string {
  return labels
    .filter((label): label is [string, string] => typeof label[1] === 'string')
    .map(([name, value]) => `${identifier(name)}="${value.replaceAll(/["\\]/gv, '\\$&').replaceAll('\n', '\\n')}"`)
    .toSorted()
    .join(',');
}

function identifier(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/gv, '_').replace(/^(?=\d)/v, '_');
}
