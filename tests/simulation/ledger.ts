import type { TaskCall } from '../../local/engine/src/index.ts';
import type { Answer } from './wire.ts';

export interface Started {
  readonly executionArn: string;
  readonly machine: string;
  readonly input: string;
}

/** How a task was answered: by what it was sent. */
export interface Reply {
  readonly succeeds: boolean;
  /** The output's text, or the error. */
  readonly text: string;
}

export interface TokenSeen {
  readonly sent: Reply[];
  accepted: Reply | undefined;
  /** What its machine's clock said when the last heartbeat that was accepted came to it. */
  beatAtMs: number | undefined;
}

/**
 * What the world outside was told, and what it was asked to do. It is written when an answer leaves the machine, so it holds what was
 * acknowledged even where nobody heard of it; whatever contradicts it on the spot is a broken promise.
 */
export class Ledger {
  readonly executions = new Map<string, Started>();
  readonly tokens = new Map<string, TokenSeen>();
  readonly stopped = new Set<string>();
  readonly histories = new Map<string, string>();
  readonly ends = new Map<string, string>();
  readonly calls: TaskCall[] = [];
  readonly violations: string[] = [];
  readonly #attempts = new Set<string>();
  readonly #handedOut = new Set<string>();

  violate(what: string): void {
    this.violations.push(what);
  }

  called(call: TaskCall): void {
    this.calls.push(call);
    const { Payload } = (call.parameters ?? {}) as {
      Payload?: { attempt?: object; token?: string; taskToken?: string };
    };
    const name = Payload?.token ?? Payload?.taskToken ?? (Payload?.attempt && JSON.stringify(Payload.attempt));
    if (name === undefined) return;
    if (this.#attempts.has(name)) this.violate(`an attempt of ${call.stateName} was called twice`);
    this.#attempts.add(name);
  }

  token(token: string): TokenSeen {
    const seen = this.tokens.get(token) ?? { sent: [], accepted: undefined, beatAtMs: undefined };
    this.tokens.set(token, seen);
    return seen;
  }

  /** @param cameAtMs what the machine's clock said when it was asked: it may have kept the answer until that was on disk. */
  answered(action: string, given: Readonly<Record<string, unknown>>, { status, body }: Answer, cameAtMs: number): void {
    if (status >= 500 && body['__type'] !== 'com.amazonaws.states#ServiceUnavailable')
      this.violate(`${action} was answered with ${status} ${JSON.stringify(body)}`);
    if (status !== 200) return this.#refused(action, given, body);
    const arn = (given['executionArn'] ?? body['executionArn'] ?? '') as string;
    switch (action) {
      case 'StartExecution':
        this.executions.set(arn, {
          executionArn: arn,
          machine: String(given['stateMachineArn']).split(':').at(-1) ?? '',
          input: String(given['input']),
        });
        return;
      case 'SendTaskSuccess':
      case 'SendTaskFailure':
        return this.#accepted(String(given['taskToken']), replyOf(action, given));
      case 'SendTaskHeartbeat':
        return this.#beaten(String(given['taskToken']), cameAtMs);
      case 'GetActivityTask':
        return this.#handOut(body['taskToken']);
      case 'StopExecution':
        this.stopped.add(arn);
        return;
      case 'DescribeExecution':
        return this.#described(arn, body);
      case 'GetExecutionHistory':
        if (given['nextToken'] === undefined && given['reverseOrder'] !== true)
          this.read(arn, body['events'] as object[]);
    }
  }

  #beaten(taskToken: string, atMs: number): void {
    const seen = this.token(taskToken);
    seen.beatAtMs = Math.max(seen.beatAtMs ?? 0, atMs);
  }

  /** Histories only grow. */
  read(executionArn: string, events: readonly object[]): void {
    const before = this.histories.get(executionArn) ?? '';
    const text = events.map((event) => JSON.stringify(event)).join('\n');
    const isShorter = text.length < before.length;
    if (!(isShorter ? before : text).startsWith(isShorter ? text : before))
      this.violate(`the history of ${executionArn} was rewritten`);
    // The pages of a duplicated request may be late, so an older reading can come after a newer one; only the longest is kept.
    if (!isShorter) this.histories.set(executionArn, text);
  }

  #refused(action: string, given: Readonly<Record<string, unknown>>, body: Readonly<Record<string, unknown>>): void {
    const type = String(body['__type']).split('#').at(-1);
    const known = this.executions.get(String(given['executionArn']));
    if (type === 'ExecutionDoesNotExist' && known !== undefined)
      this.violate(`${action}: ${known.executionArn} was accepted, and is not there`);
    if (type === 'InvalidToken') this.violate(`${action}: a token that was handed out is unknown`);
  }

  #accepted(token: string, reply: Reply): void {
    const seen = this.token(token);
    if (seen.accepted !== undefined) this.violate(`a token was accepted twice: ${seen.accepted.text}, ${reply.text}`);
    seen.accepted = reply;
  }

  #handOut(token: unknown): void {
    if (typeof token !== 'string') return;
    if (this.#handedOut.has(token)) this.violate('a task was given to two workers');
    this.#handedOut.add(token);
    this.token(token);
  }

  #described(arn: string, body: Readonly<Record<string, unknown>>): void {
    const { status, output, error, cause } = body;
    const text = JSON.stringify({ status, output, error, cause });
    const before = this.ends.get(arn);
    if (before !== undefined && before !== text) this.violate(`${arn} had ended as ${before}, and now is ${text}`);
    if (status !== 'RUNNING') this.ends.set(arn, text);
  }
}

export function replyOf(action: string, given: Readonly<Record<string, unknown>>): Reply {
  return action === 'SendTaskSuccess'
    ? { succeeds: true, text: String(given['output']) }
    : { succeeds: false, text: String(given['error']) };
}
