import { CliError } from './cli-error.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { untrusted } from './trust.ts';

/** Something that happens by itself at an instant. */
export interface Timer {
  readonly dueAt: string;
  readonly kind: string;
  readonly executionArn?: string;
  readonly state?: string;
}

export interface TimeShown {
  readonly now: string;
  readonly offsetSeconds: number;
  /** A journey that is under way. */
  readonly advancing?: { readonly to: string; readonly firedCount: number };
  readonly next: readonly Timer[];
}

export interface TimeAdvanced {
  readonly from: string;
  /** Where the journey goes to; `now` is where it has come. */
  readonly to: string;
  readonly now: string;
  readonly offsetSeconds: number;
  readonly isThere: boolean;
  readonly firedCount: number;
  readonly fired: readonly Timer[];
  readonly leftRunning: number;
}

/** @throws {CliError} where nobody answers, or time does not travel. */
export async function showTime(endpoint: string): Promise<TimeShown> {
  return (await ask(endpoint, '', { method: 'GET' })) as TimeShown; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the host's own form
}

/** Resolves when time has passed, or so much of it as the host takes at a go. @throws {CliError} as {@link showTime}, and for what it refuses. */
export async function advanceTime(endpoint: string, journey: { by: string } | { to: string }): Promise<TimeAdvanced> {
  const headers = { 'content-type': 'application/json' };
  const answer = await ask(endpoint, '/advance', { method: 'POST', headers, body: JSON.stringify(journey) });
  return answer as TimeAdvanced; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the host's own form
}

const EXIT_CODES: Readonly<Record<number, ExitCode>> = { 400: exitCode.usage, 409: exitCode.conflict };

async function ask(endpoint: string, path: string, request: RequestInit): Promise<unknown> {
  const answer = await reach(endpoint, path, request);
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && typeof body === 'object' && body !== null) return body;
  if (!isOfTime(answer)) throw doesNotTravel(endpoint);
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
  throw new CliError(
    EXIT_CODES[answer.status] ?? exitCode.failure,
    message === '' ? `${endpoint} answered ${answer.status}.` : message,
    '`countersign time show` tells what time it is, and what is due.',
  );
}

async function reach(endpoint: string, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(`${endpoint}/_countersign/time${path}`, request);
  } catch (error) {
    const distrust = untrusted(endpoint, error);
    if (distrust !== undefined) throw distrust;
    throw new CliError(
      exitCode.failure,
      `Nobody answers at ${endpoint}.`,
      '`countersign start --time-travel` starts a host; --endpoint or AWS_ENDPOINT_URL names another.',
    );
  }
}

/** Another service, or an older host, says no in other words. */
function isOfTime({ status, headers }: Response): boolean {
  const type = headers.get('x-amzn-errortype');
  return status !== 404 && status !== 501 && type !== null;
}

function doesNotTravel(endpoint: string): CliError {
  return new CliError(
    exitCode.failure,
    `Time does not travel at ${endpoint}.`,
    'Start the host with `countersign start --time-travel`.',
  );
}
