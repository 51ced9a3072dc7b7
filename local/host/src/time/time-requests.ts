import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { refuse } from '../http-server.ts';
import type { Log } from '../log.ts';
import { readRequestBody } from '../services/request-body.ts';
import { laterBy } from './duration.ts';
import type { Timer, TimeTravel } from './time-travel.ts';

export const TIME_PATH = '/_countersign/time';
const ADVANCE_PATH = `${TIME_PATH}/advance`;

const NEXT_MAX = 20;
const BODY_BYTES_MAX = 1024;
/** Nobody waits longer for anything on AWS, and dates stay dates. */
const JOURNEY_YEARS_MAX = 10;

/**
 * Answers `GET /_countersign/time` and `POST /_countersign/time/advance`.
 *
 * @param onMoved told when a journey begins and when it ends
 */
export function timeRequests(travel: TimeTravel | undefined, log: Log, onMoved: () => void): RequestListener {
  return (request, response) => {
    if (travel === undefined)
      return refuse(response, 404, 'TimeTravelOff', 'Time does not travel here. Start with --time-travel.');
    answer(travel, request, response, { log, onMoved }).catch((error: unknown) => {
      log.error('time.failed', { error });
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'InternalError', 'Something went wrong. The log says what.');
    });
  };
}

interface Told {
  readonly log: Log;
  readonly onMoved: () => void;
}

async function answer(
  travel: TimeTravel,
  request: IncomingMessage,
  response: ServerResponse,
  told: Told,
): Promise<void> {
  const [path] = (request.url ?? '').split('?', 1);
  if (path === TIME_PATH) {
    if (request.method !== 'GET') return refuse(response, 405, 'MethodNotAllowed', 'This is read with GET.');
    return sendJson(response, shown(travel));
  }
  if (path !== ADVANCE_PATH) return refuse(response, 404, 'NotFound', `There are ${TIME_PATH} and ${ADVANCE_PATH}.`);
  if (request.method !== 'POST') return refuse(response, 405, 'MethodNotAllowed', 'This is asked with POST.');
  // A form of any page could send every other type.
  if (!/^application\/json\s*(?:;|$)/iv.test(request.headers['content-type'] ?? ''))
    return refuse(response, 415, 'UnsupportedMediaType', 'The body is application/json.');
  const body = await readRequestBody(request, BODY_BYTES_MAX);
  const toMs = parseAdvance(body?.toString() ?? '', travel.time.now());
  if (typeof toMs === 'string') return refuse(response, 400, 'ValidationException', toMs);
  if (travel.underWay() !== undefined)
    return refuse(response, 409, 'ConflictException', 'Time is being moved on already. Wait until it is there.');
  await advance(travel, toMs, response, told);
}

async function advance(
  travel: TimeTravel,
  toMs: number,
  response: ServerResponse,
  { log, onMoved }: Told,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  log.info('time.advance', { to: iso(toMs) });
  const underWay = travel.travelTo(toMs, gone.signal);
  onMoved();
  const journey = await underWay.finally(onMoved);
  const { firedCount, leftRunning, isThere } = journey;
  log.info('time.advanced', { now: iso(journey.atMs), firedCount, leftRunning, isThere });
  sendJson(response, {
    from: iso(journey.fromMs),
    to: iso(toMs),
    now: iso(journey.atMs),
    offsetSeconds: seconds(travel.time.offsetMs()),
    isThere,
    firedCount,
    fired: journey.fired.map(timerJson),
    leftRunning,
  });
}

function shown(travel: TimeTravel): object {
  const underWay = travel.underWay();
  return {
    now: iso(travel.time.now()),
    offsetSeconds: seconds(travel.time.offsetMs()),
    ...(underWay !== undefined && { advancing: { to: iso(underWay.toMs), firedCount: underWay.firedCount } }),
    next: travel.next(NEXT_MAX).map(timerJson),
  };
}

const Advance = z.union([
  z.strictObject({ by: z.union([z.string(), z.number().nonnegative()]) }),
  z.strictObject({ to: z.iso.datetime({ offset: true }) }),
]);

/** @returns epoch milliseconds, or what is wrong */
function parseAdvance(text: string, nowMs: number): number | string {
  const parsed = Advance.safeParse(parseJson(text));
  if (!parsed.success)
    return 'The body is {"by": "P3D"}, {"by": 3600} in seconds, or {"to": "2026-12-01T17:00:00Z"} with its offset.';
  const { data } = parsed;
  const toMs =
    'to' in data ? Date.parse(data.to) : laterBy(nowMs, typeof data.by === 'number' ? `PT${data.by}S` : data.by);
  if (toMs === undefined) return 'A duration is a number of seconds, or as in ISO 8601: P3D, PT4H, P1M, P1DT12H.';
  if (toMs < nowMs) return `Time does not go back: it is ${iso(nowMs)}.`;
  const latestMs = laterBy(nowMs, `P${JOURNEY_YEARS_MAX}Y`) ?? nowMs;
  return toMs <= latestMs ? toMs : `A journey goes ${JOURNEY_YEARS_MAX} years at most.`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function timerJson({ dueAtMs, ...timer }: Timer): object {
  return { dueAt: iso(dueAtMs), ...timer };
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
