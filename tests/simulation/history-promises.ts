import assert from 'node:assert/strict';
import type { StateMachineDefinition } from '../../local/asl/src/index.ts';
import { assertStatesAreLeft } from '../../local/engine/test/left-states.ts';
import { assertWellFormed } from '../well-formed.ts';
import type { Ledger, TokenSeen } from './ledger.ts';

export interface Event {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

export interface Ended {
  readonly executionArn: string;
  readonly definition: StateMachineDefinition;
  readonly events: readonly Event[];
}

/** What every history has to be like that has ended, whatever happened meanwhile. Clocks that are set back may run backwards in it. */
export function checkHistory({ definition, events }: Ended, wasClockSet: boolean): void {
  assertWellFormed(events);
  assertStatesAreLeft(
    definition,
    events.map((event, index) => ({ ...event, timestamp: index })),
  );
  if (!wasClockSet) assertGoesForward(events);
  for (const [entered, left] of waitsOf(events)) {
    const seconds = secondsOf(definition, nameOf(entered), entered);
    if (seconds === undefined || left === undefined) continue;
    const lasted = left.timestamp - entered.timestamp;
    // Timestamps are seconds, with milliseconds behind the point.
    if (!wasClockSet)
      assert.ok(lasted >= seconds - 1e-3, `${nameOf(entered)} waits for ${seconds} s, and ended after ${lasted} s`);
  }
}

/**
 * A signal has the time at which it came, and while its expressions are evaluated another may overtake it: by so long at most, which is
 * what a slow commit takes here.
 */
const OVERTAKEN_SECONDS_MAX = 4;

function assertGoesForward(events: readonly Event[]): void {
  let latest = 0;
  for (const { id, timestamp } of events) {
    assert.ok(
      timestamp >= latest - OVERTAKEN_SECONDS_MAX,
      `event ${id} is ${latest - timestamp} s before one above it`,
    );
    latest = Math.max(latest, timestamp);
  }
}

/** How late each Wait ended, with the instants between which it should have. */
export function lateness({ definition, events }: Ended): { dueMs: number; leftMs: number; state: string }[] {
  return waitsOf(events).flatMap(([entered, left]) => {
    const seconds = secondsOf(definition, nameOf(entered), entered);
    if (seconds === undefined || left === undefined) return [];
    return [{ dueMs: (entered.timestamp + seconds) * 1000, leftMs: left.timestamp * 1000, state: nameOf(entered) }];
  });
}

/** Each task that was called, or given to a worker, by its token: it was scheduled, and ended once, as somebody said who was told so. */
export function checkTokens(ended: readonly Ended[], ledger: Ledger, wasClockSet: boolean): void {
  const remaining = new Map(ledger.tokens);
  for (const { events } of ended) {
    const following = Map.groupBy(events, ({ previousEventId }) => previousEventId);
    for (const event of events.filter(({ type }) => /^(Task|Activity)Scheduled$/.test(type))) {
      const token = /\\"(?:token|taskToken)\\":\\"([^"\\]+)\\"/.exec(JSON.stringify(event))?.[1];
      const seen = token === undefined ? undefined : remaining.get(token);
      if (token === undefined || seen === undefined) continue;
      remaining.delete(token);
      checkToken(event, following, seen);
      if (!wasClockSet) checkHeartbeat(event, following, seen);
    }
  }
  assert.equal(remaining.size, 0, `${remaining.size} tokens were handed out by tasks that no history knows of`);
}

function checkToken(
  scheduled: Event,
  following: ReadonlyMap<number, readonly Event[]>,
  { sent, accepted }: TokenSeen,
): void {
  const end = endOf(scheduled, following);
  const what = `the task that was scheduled by event ${scheduled.id}`;
  if (accepted !== undefined) {
    assert.ok(end !== undefined, `${what} was answered, and has no end`);
    const expected = accepted.succeeds ? /Succeeded$/ : /Failed$/;
    assert.match(end.type, expected, `${what} was answered with ${accepted.text}`);
  }
  if (end === undefined || !/(Succeeded|Failed)$/.test(end.type)) return;
  const told = textOf(end);
  if (accepted !== undefined) assert.equal(told, accepted.text, `${what} ended as it was answered`);
  // An answer that was accepted without anybody hearing of it was sent by somebody; a failure may be the call's own.
  else if (end.type.endsWith('Succeeded'))
    assert.ok(
      sent.some(({ text }) => text === told),
      `${what}: nobody sent ${told}`,
    );
}

/** What times out was not heard of for as long as it may be silent. */
function checkHeartbeat(
  scheduled: Event,
  following: ReadonlyMap<number, readonly Event[]>,
  { beatAtMs }: Pick<TokenSeen, 'beatAtMs'>,
): void {
  const end = endOf(scheduled, following);
  if (beatAtMs === undefined || end === undefined || !end.type.endsWith('TimedOut')) return;
  const limits = detailsOf<{ timeoutInSeconds?: number; heartbeatInSeconds?: number }>(scheduled);
  const timesOutAt = scheduled.timestamp + (limits.timeoutInSeconds ?? Infinity);
  const fallsSilentAt = beatAtMs / 1000 + (limits.heartbeatInSeconds ?? Infinity);
  const mayEndAt = Math.min(timesOutAt, fallsSilentAt) - 1e-3;
  assert.ok(end.timestamp >= mayEndAt, `the task of event ${scheduled.id} timed out although a heartbeat was accepted`);
}

/** Each call was scheduled before it was made, and what was scheduled was called once at most. */
export function checkCalls(ended: readonly Ended[], ledger: Ledger): void {
  const byArn = new Map(ended.map((one) => [one.executionArn, one]));
  for (const [executionArn, calls] of Map.groupBy(ledger.calls, (call) => call.executionArn)) {
    const events = byArn.get(executionArn)?.events;
    assert.ok(events !== undefined, `${executionArn} made calls, and is not there`);
    const attempts = events.filter(({ type }) => /^(Task|LambdaFunction)Scheduled$/.test(type)).length;
    assert.ok(calls.length <= attempts, `${executionArn}: ${calls.length} calls of ${attempts} attempts`);
  }
}

function endOf(scheduled: Event, following: ReadonlyMap<number, readonly Event[]>): Event | undefined {
  let at: Event | undefined = scheduled;
  while (at !== undefined && !/^(Task|Activity)(Succeeded|Failed|TimedOut|SubmitFailed|StartFailed)$/.test(at.type))
    at = following.get(at.id)?.find(({ type }) => /^(Task|Activity)/.test(type) && !type.endsWith('Scheduled'));
  return at;
}

function textOf(end: Event): string {
  const { output, error = '' } = detailsOf<{ output?: string; error?: string }>(end);
  return output ?? error;
}

/** An event has one member that is an object: its details. */
function detailsOf<Details extends object>(event: Event): Partial<Details> {
  for (const value of Object.values(event)) if (typeof value === 'object' && value !== null) return value;
  return {};
}

/** Each entry of a Wait with its exit; without one where it was broken off. */
function waitsOf(events: readonly Event[]): [Event, Event | undefined][] {
  const exits = new Map<number, Event>();
  for (const event of events) {
    if (event.type !== 'WaitStateExited') continue;
    let at: Event | undefined = event;
    while (at !== undefined && at.type !== 'WaitStateEntered') at = events[at.previousEventId - 1];
    if (at !== undefined) exits.set(at.id, event);
  }
  return events.filter(({ type }) => type === 'WaitStateEntered').map((event) => [event, exits.get(event.id)]);
}

function nameOf(event: Event): string {
  return (event['stateEnteredEventDetails'] as { name: string } | undefined)?.name ?? '';
}

function secondsOf(definition: object, name: string, entered: Event): number | undefined {
  const state = findState(definition, name);
  if (state?.['Type'] !== 'Wait') return undefined;
  const given = state['Seconds'];
  if (typeof given === 'number') return given;
  const written = /^\{% (\d+) \+ 0 %\}$/.exec(String(given))?.[1];
  if (written !== undefined) return Number(written);
  if (state['SecondsPath'] !== '$') return undefined;
  return Number((entered['stateEnteredEventDetails'] as { input: string }).input);
}

function findState(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const states = (value as { States?: Readonly<Record<string, Readonly<Record<string, unknown>>>> }).States;
  if (states !== undefined && Object.hasOwn(states, name)) return states[name];
  for (const member of Object.values(value)) {
    const found = findState(member, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
