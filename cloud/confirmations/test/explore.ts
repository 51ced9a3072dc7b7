import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { carryOut } from '../src/carry-out.ts';
import { checkDeadline, parseDeadlineCheck } from '../src/check-deadline.ts';
import { nextDueMs } from '../src/commands/pass-time.ts';
import type { Confirmations } from '../src/confirmations.ts';
import type { Draft } from '../src/draft.ts';
import { executionsBy } from '../src/executions.ts';
import { InvalidRequest } from '../src/invalid-request.ts';
import { jsonObjects } from '../src/json-objects.ts';
import type { Message } from '../src/message.ts';
import type { Notice } from '../src/notice.ts';
import { findBreak, parseRecord } from '../src/record.ts';
import { reconcile } from '../src/reconcile.ts';
import { recordStore } from '../src/record-store.ts';
import { Refusal } from '../src/refusals.ts';
import { type Request, stateOf } from '../src/request-state.ts';
import { sendTaskSuccessBy } from '../src/send-task-success.ts';
import { storeTaskToken } from '../src/store-task-token.ts';
import { waitStore } from '../src/wait-store.ts';
import { parseWaitEvent } from '../src/wait.ts';
import { undisturbed } from './around.ts';
import { FakeS3 } from './fake-s3.ts';
import { type Asked, FakeStepFunctions, STATE_MACHINE_ARN, type StepFunctionsData } from './fake-step-functions.ts';
import { ID, MINUTE, RECORD, T0, WAIT } from './world.ts';

/** The functions that are explored; a test breaks one of them to see that it is noticed. */
export interface Protocol {
  readonly store: (event: unknown, confirmations: Confirmations) => Promise<void>;
  readonly check: (event: unknown, confirmations: Confirmations) => Promise<Message>;
  readonly carryOut: (work: (draft: Draft) => void, confirmations: Confirmations) => Promise<{ request?: Request }>;
  /** What S3 gets instead of what was sent. */
  readonly sent: (command: unknown, s3: FakeS3) => unknown;
}

export const PROTOCOL: Protocol = {
  store: async (event, confirmations) => await storeTaskToken(parseWaitEvent(event), confirmations),
  check: async (event, confirmations) => await checkDeadline(parseDeadlineCheck(event), confirmations),
  carryOut: async (work, confirmations) => {
    // As over HTTP, where both have been read to know whether something asks.
    const wait = await confirmations.waits.read(ID);
    const known = wait && { wait, stored: await confirmations.records.read(ID) };
    const { request } = (await carryOut(ID, 'api', work, confirmations, known)).state;
    return request === undefined ? {} : { request };
  },
  sent: (command) => command,
};

/** As an answer by an event comes, of which nothing was read before. */
export const UNREAD: Protocol = {
  ...PROTOCOL,
  carryOut: async (work, confirmations) => {
    const { request } = (await carryOut(ID, 'api', work, confirmations)).state;
    return request === undefined ? {} : { request };
  },
};

/** Somebody over HTTP, and what the answer to them must be true to. */
export interface Client {
  readonly name: string;
  readonly work: (draft: Draft) => void;
  /** What they have said, if it was an answer. */
  readonly says?: 'confirm' | 'reject';
}

/** Who acts, and what may go wrong meanwhile. */
export interface Scenario {
  readonly asked: Asked;
  readonly clients: readonly Client[];
  /** So many of those who act, the first attempt and then the clients, do so before the others begin. @default 0 */
  readonly before?: number;
  /** Instants after the start to which the clock may step at any moment; the last one is after everything. */
  readonly instantsMs: readonly number[];
  /** So many processes die, each at any moment. */
  readonly crashes: number;
  /** So many functions are so slow that Step Functions tries them again while they still run. */
  readonly slow: number;
}

export interface Explored {
  readonly states: number;
  readonly ends: number;
  /** The decisions with which workflows went on, and what those wait for that did not. */
  readonly outcomes: ReadonlySet<string>;
}

type Spec = { kind: 'store' | 'check'; event: unknown } | { kind: 'client'; client: Client };

/** What a process has seen so far; one object for each thing that can be seen. */
interface Seen {
  readonly number: number;
  readonly result: () => unknown;
  readonly nowMs: number;
  readonly before: Seen | undefined;
}

/** The next call of a process, or how it ended. */
type Next = ({ call: unknown } | { done: unknown } | { failed: unknown }) & { looksAtClock: boolean };

interface Process {
  readonly spec: Spec;
  readonly seen: Seen;
  /** Step Functions does not listen to it any more. */
  readonly isLate: boolean;
}

interface State {
  readonly s3: ReadonlyMap<string, string>;
  readonly sfn: StepFunctionsData;
  readonly instant: number;
  readonly processes: readonly Process[];
  readonly crashes: number;
  readonly slow: number;
  /** A client died and does not come again. */
  readonly isForgotten: boolean;
  readonly receipts: readonly string[];
  readonly path: Path | undefined;
}

interface Path {
  readonly step: string;
  readonly before: Path | undefined;
}

class Notified {
  readonly notices: readonly Notice[];
  constructor(notices: readonly Notice[]) {
    this.notices = notices;
  }
}

/**
 * Goes through every order of the calls of all who act at once, step by step, with every death and every slowness that the
 * scenario allows, and asserts in each state what must be true.
 *
 * A process depends on nothing but what its calls were answered with. So two orders that have led to the same objects, and
 * in which each process has seen the same, go on alike: they are gone through once, and the search ends.
 */
export async function explore(scenario: Scenario, protocol: Protocol = PROTOCOL): Promise<Explored> {
  const explorer = new Explorer(scenario, protocol);
  return await explorer.run();
}

/** Goes one way through what {@link explore} goes through wholly, to its end; `choose` says which of so many steps is next. */
export async function walk(scenario: Scenario, choose: (count: number) => number): Promise<void> {
  await new Explorer(scenario, PROTOCOL).walk(choose);
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #protocol: Protocol;
  readonly #numbers = new Map<unknown, number>();
  readonly #seen = new Map<string, Seen>();
  readonly #next = new Map<string, Promise<Next>>();
  readonly #visited = new Set<string>();
  readonly #requests = new Map<string, Request | undefined>();
  readonly #outcomes = new Set<string>();
  #ends = 0;

  constructor(scenario: Scenario, protocol: Protocol) {
    this.#scenario = scenario;
    this.#protocol = protocol;
  }

  async run(): Promise<Explored> {
    const stack = [await this.#begin()];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const key = this.#keyOf(state);
      if (this.#visited.has(key)) continue;
      this.#visited.add(key);
      stack.push(...(await this.#visit(state)));
    }
    return { states: this.#visited.size, ends: this.#ends, outcomes: this.#outcomes };
  }

  async walk(choose: (count: number) => number): Promise<void> {
    let state: State | undefined = await this.#begin();
    while (state !== undefined) {
      const next: State[] = await this.#visit(state);
      state = next[choose(next.length)];
    }
  }

  async #begin(): Promise<State> {
    const { asked, clients, crashes, slow, before = 0 } = this.#scenario;
    const sfn = new FakeStepFunctions(() => T0);
    sfn.start(asked);
    const event = sfn.beginAttempt(ID);
    // Each may make its first call whenever it likes, so all may begin at once.
    const all = [
      this.#process({ kind: 'store', event }, T0),
      ...clients.map((client) => this.#process({ kind: 'client', client }, T0)),
    ];
    let state: State = {
      s3: new Map(),
      sfn: withoutHistory(sfn),
      instant: 0,
      processes: [],
      crashes: 0,
      slow: 0,
      isForgotten: false,
      receipts: [],
      path: undefined,
    };
    for (const process of all.slice(0, before)) {
      state = { ...state, processes: [process] };
      while (state.processes.length > 0) state = (await this.#successors(state))[0] ?? assert.fail();
    }
    return { ...state, crashes, slow, processes: all.slice(before) };
  }

  async #visit(state: State): Promise<State[]> {
    try {
      this.#assertTrue(state);
      return await this.#successors(state);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${why}\nafter ${stepsOf(state.path).join('\n      ')}`, { cause: error });
    }
  }

  async #successors(state: State): Promise<State[]> {
    // What concerns nobody else happens at once: any other moment for it would come to the same.
    const move = this.#moveOfStepFunctions(state);
    if (move !== undefined) return [move];
    const steps: State[] = [];
    for (const process of state.processes) {
      const next = await this.#nextOf(process);
      const after = await this.#step(state, process, next);
      if (!('call' in next) || next.call instanceof Notified) return after;
      steps.push(...after);
    }
    if (state.processes.length === 0) await this.#assertQuiet(state);
    const isLast = state.instant === this.#scenario.instantsMs.length;
    if (!isLast) steps.push(this.#with(state, 'the clock steps', { instant: state.instant + 1 }));
    if (steps.length === 0) await this.#assertEnd(state);
    return steps;
  }

  /** What a process can do next: its call, or its end; and it may die before. */
  async #step(state: State, process: Process, next: Next): Promise<State[]> {
    const rest = state.processes.filter((one) => one !== process);
    if (!('call' in next)) return [this.#ended(state, process, next, rest), ...this.#deaths(state, process, rest)];

    const s3 = new FakeS3(state.s3);
    const sfn = next.call instanceof SendTaskSuccessCommand ? this.#stepFunctions(state) : undefined;
    const { result, label, name } = this.#perform(next.call, s3, sfn, state);
    const seen = await this.#see(process, { name, result, nowMs: this.#nowMs(state) });
    const went = this.#with(state, `${this.#nameOf(process)} ${label}`, {
      s3: s3.objects,
      ...(sfn && { sfn: withoutHistory(sfn) }),
      processes: [...rest, { ...process, seen }],
    });
    if (next.call instanceof Notified) return [went];
    return [went, ...this.#deaths(state, process, rest), ...this.#slowness(state, process, rest)];
  }

  #perform(call: unknown, s3: FakeS3, sfn: FakeStepFunctions | undefined, state: State) {
    if (call instanceof Notified) {
      this.#assertTold(state, call.notices);
      return { result: () => undefined, label: 'tells people', name: 'told' };
    }
    const command = this.#protocol.sent(call, s3);
    const label = `${(call as object).constructor.name} ${(call as { input: { Key?: string } }).input.Key ?? ''}`;
    try {
      const value = sfn === undefined ? s3.perform(command) : sfn.perform(command);
      return { result: () => value, label, name: JSON.stringify(value) };
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      const raise = () => {
        throw error;
      };
      const name = error instanceof Error ? error.name : String(error);
      return { result: raise, label: `${label} ${name}`, name };
    }
  }

  #ended(state: State, process: Process, next: Next, rest: readonly Process[]): State {
    const name = this.#nameOf(process);
    const { spec } = process;
    assert.ok(!('call' in next));
    if ('failed' in next) {
      const isAnswer =
        spec.kind === 'client' && (next.failed instanceof Refusal || next.failed instanceof InvalidRequest);
      if (!isAnswer) throw next.failed;
      return this.#with(state, `${name} is refused: ${(next.failed as Error).message}`, { processes: rest });
    }
    if (spec.kind === 'check' && !process.isLate) {
      const sfn = this.#stepFunctions(state);
      const message = next.done as Message;
      sfn.goOn(ID, message);
      return this.#with(state, `${name} gives ${message.decision}`, { processes: rest, sfn: withoutHistory(sfn) });
    }
    if (spec.kind !== 'client') return this.#with(state, `${name} ends`, { processes: rest });
    const { request } = next.done as { request?: Request };
    const receipt = JSON.stringify({
      name,
      says: spec.client.says,
      hash: request?.decided?.hash,
      decision: request?.decided?.decision,
      isEffective: request?.decided?.isEffective,
    });
    return this.#with(state, `${name} has a receipt`, {
      processes: rest,
      receipts: [...state.receipts, receipt].sort(),
    });
  }

  #deaths(state: State, process: Process, rest: readonly Process[]): State[] {
    if (state.crashes === 0) return [];
    const dead = { crashes: state.crashes - 1 };
    const { spec } = process;
    const name = `${this.#nameOf(process)} dies`;
    if (spec.kind === 'client') {
      return [
        this.#with(state, name, { ...dead, processes: [...rest, this.#process(spec, this.#nowMs(state))] }),
        this.#with(state, `${name} for good`, { ...dead, processes: rest, isForgotten: true }),
      ];
    }
    const again = process.isLate ? undefined : this.#again(state, process);
    const sfn = again === undefined ? {} : { sfn: again.sfn };
    const processes = again === undefined ? rest : [...rest, again.process];
    return [this.#with(state, name, { ...dead, ...sfn, processes })];
  }

  #slowness(state: State, process: Process, rest: readonly Process[]): State[] {
    if (state.slow === 0 || process.isLate) return [];
    const again = this.#again(state, process);
    if (again === undefined) return [];
    const processes = [...rest, { ...process, isLate: true }, again.process];
    return [this.#with(state, `${this.#nameOf(process)} is slow`, { slow: state.slow - 1, sfn: again.sfn, processes })];
  }

  /** Step Functions tries a function again, if its task still waits. */
  #again(state: State, { spec }: Process): { sfn: StepFunctionsData; process: Process } | undefined {
    const nowMs = this.#nowMs(state);
    const sfn = this.#stepFunctions(state);
    const { liveToken } = sfn.execution(ID);
    if (spec.kind === 'check') return { sfn: state.sfn, process: this.#process(spec, nowMs) };
    if (spec.kind === 'client' || liveToken === null || sfn.isOverdue(ID)) return undefined;
    if ((spec.event as { taskToken: string }).taskToken !== liveToken) return undefined;
    const event = sfn.beginAttempt(ID);
    return { process: this.#process({ kind: 'store', event }, nowMs), sfn: withoutHistory(sfn) };
  }

  #moveOfStepFunctions(state: State): State | undefined {
    const nowMs = this.#nowMs(state);
    const { state: name, attempts, liveToken, timesOutMs } = this.#execution(state);
    const isOverdue = liveToken !== null && timesOutMs !== null && timesOutMs <= nowMs;
    if (!isOverdue && !(name === 'KeepWaiting' && attempts === 0)) return undefined;
    const sfn = this.#stepFunctions(state);
    const process = isOverdue
      ? this.#process({ kind: 'check', event: sfn.timeOut(ID) }, nowMs)
      : this.#process({ kind: 'store', event: sfn.beginAttempt(ID) }, nowMs);
    // What the task that is over has called may still run; nobody listens to it.
    const late = state.processes.map((one) => (one.spec.kind === 'store' ? { ...one, isLate: true } : one));
    const step = isOverdue ? 'the task times out' : 'it waits on';
    return this.#with(state, step, { sfn: withoutHistory(sfn), processes: [...late, process] });
  }

  /** Runs a process on what it has seen, up to its next call. */
  #nextOf({ spec, seen }: Pick<Process, 'spec' | 'seen'>): Promise<Next> {
    const key = `${this.#number(spec)} ${seen.number}`;
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    const answers: Seen[] = [];
    for (let one: Seen | undefined = seen; one !== undefined; one = one.before) answers.unshift(one);
    const next = new Promise<Next>((resolve) => {
      let nowMs = answers.shift()?.nowMs ?? T0;
      let looksAtClock = false;
      const send = async (call: unknown) => {
        const answer = answers.shift();
        if (answer === undefined) {
          resolve({ call, looksAtClock });
          return await new Promise<never>(() => {});
        }
        nowMs = answer.nowMs;
        looksAtClock = false;
        return answer.result();
      };
      const confirmations = confirmationsOver(send, () => {
        looksAtClock = true;
        return nowMs;
      });
      this.#run(spec, confirmations).then(
        (done) => resolve({ done, looksAtClock }),
        (failed: unknown) => resolve({ failed, looksAtClock }),
      );
    });
    this.#next.set(key, next);
    return next;
  }

  #run(spec: Spec, confirmations: Confirmations): Promise<unknown> {
    if (spec.kind === 'client') return this.#protocol.carryOut(spec.client.work, confirmations);
    return this.#protocol[spec.kind](spec.event, confirmations);
  }

  // What must be true.

  #assertTrue(state: State): void {
    const request = this.#requestOf(state);
    const { outcome } = this.#execution(state);
    if (outcome !== null) {
      const told = { decision: outcome.decision, hash: outcome.receipt, isEffective: true };
      assert.deepEqual(told, pick(request), 'the workflow goes by the decision that is written');
    }
    for (const receipt of state.receipts) {
      const { says, hash, decision, isEffective } = JSON.parse(receipt);
      if (says !== undefined && decision !== undefined)
        assert.equal(decision, says, 'an answer that was taken is what was decided');
      if (isEffective) assert.equal(request?.decided?.hash, hash, 'a receipt stays true');
    }
  }

  #assertTold(state: State, notices: readonly Notice[]): void {
    const decided = this.#requestOf(state)?.decided;
    for (const { about, decision } of notices.filter((notice) => notice.about === 'decided')) {
      assert.ok(decided?.isEffective, `${about}: nobody is told of what is not decided`);
      assert.equal(decision, decided.decision, 'nobody is told of what was not decided');
    }
  }

  /** Nobody is at work: what is decided has arrived, and the workflow sleeps no longer than it may. */
  async #assertQuiet(state: State): Promise<void> {
    const { outcome, liveToken } = this.#execution(state);
    if (outcome !== null) return;
    const stored: { taskToken?: unknown } = JSON.parse(state.s3.get(WAIT) ?? '{}');
    assert.equal(stored.taskToken, liveToken, 'the token that is stored is the one that the workflow waits with');
    this.#assertSleepsNoLongerThanItMay(state.isForgotten ? await this.#reconciled(state) : state);
  }

  #assertSleepsNoLongerThanItMay(state: State): void {
    const { outcome, timesOutMs } = this.#execution(state);
    const request = this.#requestOf(state);
    if (outcome !== null || request === undefined) return;
    assert.ok(!request.decided?.isEffective, 'no wait stays open with a decision that holds');
    const dueMs = nextDueMs(request);
    if (timesOutMs === null || dueMs === undefined) return;
    // Whole seconds, and what a task may be late.
    assert.ok(
      timesOutMs <= Math.max(dueMs, this.#nowMs(state)) + 3_000,
      `the task sleeps until ${timesOutMs}, and something is due at ${dueMs}`,
    );
  }

  /** A client died and never came again: the reconciler brings what they have left. */
  async #reconciled(state: State): Promise<State> {
    const s3 = new FakeS3(state.s3);
    const now = () => this.#nowMs(state) + 2 * MINUTE;
    const sfn = new FakeStepFunctions(now, state.sfn);
    const confirmations = confirmationsOver(async (call) => {
      if (call instanceof Notified) return undefined;
      return 'Bucket' in (call as { input: object }).input ? s3.perform(call) : sfn.perform(call);
    }, now);
    const { send } = sfn.client(undisturbed);
    const work = { stateMachineArns: [STATE_MACHINE_ARN], endsAtMs: Infinity, pause: async () => {} };
    const { findings } = await reconcile(work, confirmations, executionsBy({ send }));
    assert.equal(findings.failed, undefined);
    const after = this.#with(state, 'the reconciler runs', { s3: s3.objects, sfn: withoutHistory(sfn) });
    this.#assertTrue(after);
    return after;
  }

  /** Nothing more can happen. */
  async #assertEnd(state: State): Promise<void> {
    const { outcome } = this.#execution(state);
    this.#ends += 1;
    this.#outcomes.add(await this.#outcomeOf(state));
    const hasDied = state.crashes < this.#scenario.crashes;
    if (hasDied || outcome === null) return;
    assert.ok(this.#requestOf(state)?.isDelivered, 'it is written that it was delivered');
    assert.ok(!state.s3.has(WAIT), 'no token stays');
  }

  /** How the workflow went on, or what it still waits for. */
  async #outcomeOf(state: State): Promise<string> {
    const { outcome } = this.#execution(state);
    if (outcome !== null) return outcome.decision;
    if (this.#requestOf(state)?.decided === undefined) return 'waits for an answer';
    const healed = state.isForgotten ? this.#execution(await this.#reconciled(state)).outcome : null;
    return healed === null ? 'waits for the end of the hold' : `${healed.decision}, by the reconciler`;
  }

  // The rest is book-keeping.

  #requestOf({ s3 }: State): Request | undefined {
    const body = s3.get(RECORD);
    if (body === undefined) return undefined;
    if (!this.#requests.has(body)) {
      const record = parseRecord(JSON.parse(body));
      assert.equal(findBreak(record), undefined, 'the chain holds');
      assert.ok(!body.includes('token-'), 'no token is in the record');
      this.#requests.set(body, stateOf(record).request);
    }
    return this.#requests.get(body);
  }

  #execution({ sfn }: State) {
    return sfn.executions[ID] ?? assert.fail();
  }

  #stepFunctions(state: State): FakeStepFunctions {
    return new FakeStepFunctions(() => this.#nowMs(state), state.sfn);
  }

  #nowMs({ instant }: Pick<State, 'instant'>): number {
    return T0 + (this.#scenario.instantsMs[instant - 1] ?? 0);
  }

  #process(spec: Spec, nowMs: number): Process {
    const seen = this.#intern(`begin ${nowMs}`, { result: () => undefined, nowMs, before: undefined });
    return { spec: this.#one(spec), seen, isLate: false };
  }

  readonly #specs = new Map<string, Spec>();

  #one(spec: Spec): Spec {
    const key = spec.kind === 'client' ? spec.client.name : `${spec.kind} ${JSON.stringify(spec.event)}`;
    const one = this.#specs.get(key) ?? spec;
    this.#specs.set(key, one);
    return one;
  }

  /** What a process has seen after one more answer. When that was matters only if it then looks at the clock. */
  async #see(
    { spec, seen: before }: Process,
    { name, result, nowMs }: { name: string; result: () => unknown; nowMs: number },
  ): Promise<Seen> {
    const key = `${before.number} ${name}`;
    const seen = this.#intern(`${key} ${nowMs}`, { result, nowMs, before });
    const { looksAtClock } = await this.#nextOf({ spec, seen });
    return looksAtClock ? seen : this.#intern(key, { result, nowMs, before });
  }

  #intern(key: string, seen: Omit<Seen, 'number'>): Seen {
    const known = this.#seen.get(key) ?? { ...seen, number: this.#seen.size };
    this.#seen.set(key, known);
    return known;
  }

  #with(state: State, step: string, change: Partial<State>): State {
    return { ...state, ...change, path: { step, before: state.path } };
  }

  #nameOf({ spec, isLate }: Process): string {
    const name = spec.kind === 'client' ? spec.client.name : spec.kind;
    return isLate ? `late ${name}` : name;
  }

  #number(value: unknown): number {
    const number = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, number);
    return number;
  }

  #keyOf({ s3, sfn, instant, processes, crashes, slow, isForgotten, receipts }: State): string {
    const objects = [...s3].map(([key, body]) => `${key} ${this.#number(body)}`).sort();
    const at = processes.map(({ spec, seen, isLate }) => `${this.#number(spec)} ${seen.number} ${isLate}`).sort();
    const { status, state, enteredMs, attempts, seconds, timesOutMs, liveToken, outcome } = sfn.executions[ID] ?? {};
    const execution = [status, state, enteredMs, attempts, seconds, timesOutMs, liveToken, outcome?.receipt];
    return JSON.stringify([objects, sfn.tokens.length, execution, instant, at, crashes, slow, isForgotten, receipts]);
  }
}

function stepsOf(path: Path | undefined): string[] {
  return path === undefined ? [] : [...stepsOf(path.before), path.step];
}

function pick(request: Request | undefined) {
  const { decision, hash, isEffective } = request?.decided ?? {};
  return { decision, hash, isEffective };
}

function withoutHistory({ data }: FakeStepFunctions): StepFunctionsData {
  for (const execution of Object.values(data.executions)) execution.history = [];
  return data;
}

function confirmationsOver(send: (call: unknown) => Promise<unknown>, now: () => number): Confirmations {
  const client = { send } as Parameters<typeof jsonObjects>[0] & Parameters<typeof sendTaskSuccessBy>[0];
  const objects = jsonObjects(client, 'bucket');
  return {
    waits: waitStore(objects),
    records: recordStore(objects, now),
    sendTaskSuccess: sendTaskSuccessBy(client),
    notify: async (notices) => {
      if (notices.length > 0) await send(new Notified(notices));
    },
    now,
    report: () => {},
  };
}
