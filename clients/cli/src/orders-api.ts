import { accessTokenFor, renewedAccessToken } from './access-token.ts';
import { CliError } from './cli-error.ts';
import { fromNowText } from './duration-text.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { packageVersion } from './repository.ts';
import { heardDate, serverNowMs } from './server-clock.ts';
import { loginCommand } from './sign-in-options.ts';
import { tryTls, untrusted } from './trust.ts';

const ANSWER_TIMEOUT_MS = 30_000;

export interface OrdersRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** From `/orders` on, below the API's URL. */
  path: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Ends the waiting for an answer. */
  signal?: AbortSignal;
}

/** The API has answered, and refused. */
export class ApiRefusal extends CliError {
  readonly status: number;
  /** What it said, as RFC 9457 has it. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, nextStep: string) {
    const detail = text(problem['detail']) ?? text(problem['title']) ?? text(problem['message']);
    const details = [...whoDecided(problem), ...faults(problem['errors'])];
    super(EXIT_CODES[status] ?? exitCode.failure, detail ?? `The orders API answered ${status}.`, nextStep, details);
    this.status = status;
    this.problem = problem;
  }
}

/** What to try after a refusal, by its HTTP status. */
export type NextSteps = Readonly<Partial<Record<number, string>>>;

/**
 * Asks the orders API and gives the JSON object it answers.
 *
 * @throws {CliError} where nobody answers; {@link ApiRefusal}, with the API's own words, where it refuses.
 */
export async function askOrdersApi(
  url: string,
  request: OrdersRequest,
  nextSteps: NextSteps,
): Promise<Record<string, unknown>> {
  const answer = await send(url, request);
  const body = await readObject(url, answer);
  if (!answer.ok)
    throw new ApiRefusal(answer.status, body, nextSteps[answer.status] ?? usualNextStep(url, answer.status));
  return body;
}

/** A sign-in that has ended by the API's clock, which may be ahead of this machine's, is renewed once. */
async function send(url: string, request: OrdersRequest): Promise<Response> {
  const given = givenToken();
  const kept = given === undefined ? (await accessTokenFor(url))?.accessToken : undefined;
  const answer = await sendAs(given ?? kept, url, request);
  if (answer.status !== 401 || kept === undefined) return answer;
  const renewed = await renewedAccessToken(url, kept);
  if (renewed === undefined) return answer;
  // The connection is not free for another request before this.
  await answer.body?.cancel();
  return sendAs(renewed.accessToken, url, request);
}

async function sendAs(token: string | undefined, url: string, request: OrdersRequest): Promise<Response> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const answer = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        // By this the API's records tell that an answer came from a command line.
        'user-agent': `countersign/${packageVersion()}`,
        accept: 'application/json, application/problem+json',
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...request.headers,
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
    });
    heardDate(answer.headers.get('date'));
    return answer;
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** A secret, so it comes from the environment: an option would stay in the shell's history and in the list of processes. */
function givenToken(): string | undefined {
  return process.env['COUNTERSIGN_BEARER_TOKEN'] || undefined;
}

function unreachable(url: string, error: unknown): CliError {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CliError(
      exitCode.failure,
      `The orders API at ${url} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s.`,
      'Look at the log where it runs, then try again: the same request counts once.',
    );
  }
  const distrust = untrusted(url, error);
  if (distrust !== undefined) return distrust;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const isRefused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
  return new CliError(
    exitCode.failure,
    `No orders API answers at ${url}.`,
    `\`countersign start\` starts one on this machine; --url or COUNTERSIGN_URL names another.${tryTls(url, error)}`,
    isRefused || !(cause instanceof Error) ? [] : [cause.message],
  );
}

async function readObject(url: string, answer: Response): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(url, answer));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new CliError(
    exitCode.failure,
    `What answers at ${url} is no orders API: it sent ${answer.status} without a JSON object.`,
    'Check the address in --url or COUNTERSIGN_URL; `countersign start` prints the right one.',
  );
}

/** An API can die in the middle of its answer. */
async function readText(url: string, answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    throw unreachable(url, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const EXIT_CODES: Readonly<Partial<Record<number, ExitCode>>> = {
  400: exitCode.usage,
  404: exitCode.notFound,
  409: exitCode.conflict,
  410: exitCode.expired,
  413: exitCode.usage,
  422: exitCode.usage,
};

function usualNextStep(url: string, status: number): string {
  if ((status === 401 || status === 403) && givenToken() !== undefined) {
    return 'Set COUNTERSIGN_BEARER_TOKEN to a token of the identity provider that this API trusts.';
  }
  if (status === 401) return `Sign in: ${loginCommand(url)}.`;
  if (status === 403)
    return `\`countersign whoami\` shows who you are. Sign in as somebody who may: ${loginCommand(url)}.`;
  if (status === 429 || status === 503) return 'Wait a moment, then try again: the same request counts once.';
  if (status >= 500) return 'Look at the log where the API runs, then try again: the same request counts once.';
  return `Check the address in --url (${url}).`;
}

/** The decision that stands in the way, and whose it is: whom to talk to. */
function whoDecided({ decision, decidedBy, decidedAt }: Readonly<Record<string, unknown>>): string[] {
  const people = Array.isArray(decidedBy) ? decidedBy.filter((person) => typeof person === 'string') : [];
  if (people.length === 0) return [];
  const atMs = Date.parse(text(decidedAt) ?? '');
  const when = Number.isNaN(atMs) ? '' : `, ${fromNowText(atMs, serverNowMs())}`;
  return [`${text(decision) ?? 'decided'} by ${people.join(' and ')}${when}`];
}

function faults(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map(
    (fault: Record<string, unknown>) =>
      `${text(fault['pointer']) || 'the body'}: ${text(fault['detail']) ?? 'is not right'}`,
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
