import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StateMachineDefinition } from '../../local/asl/src/index.ts';
import { examineExecutionStore, type TaskCall, type TaskResult } from '../../local/engine/src/index.ts';
import { Chance } from './chance.ts';
import { confirmation, Protocol } from './confirmations.ts';
import { Diary } from './diary.ts';
import { SimulatedDisk } from './disk.ts';
import { drawFaults, NONE, type Faults } from './faults.ts';
import { checkCalls, checkHistory, checkTokens, lateness, type Ended, type Event } from './history-promises.ts';
import { Ledger, replyOf } from './ledger.ts';
import { ConnectionLost, Machine, type Breakage } from './machine.ts';
import { Network } from './network.ts';
import { Timeline } from './timeline.ts';
import type { Answer } from './wire.ts';
import { ACTIVITY_ARN, drawWorkloads, type Workload } from './workloads.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Where the disk's files are; the simulation leaves them there. */
  readonly folder: string;
  readonly breakage?: Breakage;
  /** @see SimulatedDisk */
  readonly syncEvery?: number;
}

export interface Simulated {
  readonly seed: number;
  /** Of all that happened: the same seed gives the same. */
  readonly digest: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly executions: number;
  readonly elapsedMs: number;
  /** Empty where every promise was kept. */
  readonly violations: readonly string[];
  readonly diary: readonly string[];
}

const MINUTE = 60_000;
/** When nothing breaks any more, everything ends within this. */
const PATIENCE_MS = 4 * 60 * MINUTE;
/** So many turns of the event loop without a sign of life: nothing more happens until time passes. */
const QUIET_TURNS = 4;
/** What follows so closely may come while the engine is still at work. */
const SOON_MS = 10;
/** A Wait that nothing stood in the way of ends so soon after it is due. */
const LATE_MS_MAX = 100;

/** One run of the engine in a world that is against it, and the promises that it has to keep nevertheless. */
export class World {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #timeline: Timeline;
  readonly #diary: Diary;
  readonly #ledger: Ledger;
  readonly #disk: SimulatedDisk;
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #protocol: Protocol;
  readonly #workloads: readonly Workload[];
  readonly #faultsWhile: Faults;
  readonly #broken: unknown[] = [];
  /** Spans of time in which the machine could not do what was due. */
  readonly #outages: { fromMs: number; toMs: number }[] = [];
  #faults: Faults;
  #isOver = false;
  #wasClockSet = false;
  #clients = 0;

  constructor({ seed, folder, breakage = {}, syncEvery = 1 }: SimulationOptions) {
    this.#seed = seed;
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#timeline = new Timeline(chance);
    const timeline = this.#timeline;
    this.#diary = new Diary(() => timeline.elapsedMs);
    const diary = this.#diary;
    this.#faultsWhile = drawFaults(chance);
    this.#faults = this.#faultsWhile;
    const faults = () => this.#faults;
    this.#workloads = [confirmation, ...drawWorkloads(chance, seed)];
    this.#disk = new SimulatedDisk({ folder, chance, timeline, diary, faults, syncEvery });
    this.#ledger = new Ledger();
    this.#machine = new Machine({
      disk: this.#disk,
      timeline,
      diary,
      seed,
      breakage,
      handler: (call) => this.#perform(call),
      onFault: (event, fields) => this.#ledger.violate(`${event} ${JSON.stringify(fields)}`),
    });
    this.#network = new Network({
      machine: this.#machine,
      chance,
      timeline,
      diary,
      faults,
      onAnswer: (...asked) => this.#ledger.answered(...asked),
    });
    this.#protocol = new Protocol({
      chance,
      timeline,
      diary,
      faults,
      now: () => this.#machine.now(),
      request: (action, parameters) => this.#send(action, parameters),
    });
  }

  async run(): Promise<Simulated> {
    const uuid = mockUuids(new Chance(this.#seed + 1));
    try {
      this.#diary.write(`faults ${JSON.stringify(this.#faults)}`);
      this.#machine.start();
      this.#client(() => this.#operate());
      const trouble = this.#chance.between(5, 50) * MINUTE;
      await this.#live(() => this.#timeline.elapsedMs > trouble && this.#clients === 0, trouble + PATIENCE_MS);
      this.#calmDown();
      let isDone = false;
      this.#client(async () => {
        await this.#untilAllHaveEnded();
        isDone = true;
      });
      await this.#live(() => isDone, this.#timeline.elapsedMs + PATIENCE_MS);
      await this.#checkPromises();
    } catch (error) {
      this.#ledger.violate(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isOver = true;
      this.#machine.crash();
      await nextTurn();
      this.#disk.close();
      uuid.restore();
    }
    const { lines, faults } = this.#diary;
    return {
      seed: this.#seed,
      digest: this.#diary.digest(),
      faults,
      executions: this.#ledger.executions.size,
      elapsedMs: this.#timeline.elapsedMs,
      violations: this.#ledger.violations,
      diary: lines,
    };
  }

  // The world goes on.

  async #live(isDone: () => boolean, untilMs: number): Promise<void> {
    for (;;) {
      await this.#settle();
      if (this.#broken.length > 0) throw this.#broken[0];
      if (this.#ledger.violations.length > 0) throw new Error('a promise was broken');
      if (isDone()) return;
      if (this.#timeline.elapsedMs > untilMs)
        throw new Error(`after ${PATIENCE_MS} ms of calm, something has not ended: ${this.#whatRuns()}`);
      if (!this.#machine.isUp) this.#bringUp();
      if (!this.#timeline.step()) throw new Error('nothing will ever happen again');
    }
  }

  /** Sometimes what comes next does not wait until the engine has done with what came before. */
  async #settle(): Promise<void> {
    const isSoon = this.#timeline.untilNextMs() < SOON_MS;
    const isHasty = this.#chance.happens(0.4) && isSoon && this.#machine.evaluating === 0;
    for (let turns = 0; turns < (isHasty ? 1 : QUIET_TURNS); turns++) {
      const before = this.#machine.activity;
      await nextTurn();
      if (before !== this.#machine.activity || this.#machine.evaluating > 0) turns = -1;
      if (isHasty && this.#machine.evaluating === 0) return;
    }
  }

  #downSinceMs: number | undefined;

  #bringUp(): void {
    if (this.#downSinceMs !== undefined) return;
    const { elapsedMs } = this.#timeline;
    this.#downSinceMs = elapsedMs;
    this.#disk.loseWhatDoesNotLast();
    this.#timeline.after(this.#chance.between(10, 90_000), () => {
      this.#outages.push({ fromMs: this.#downSinceMs ?? elapsedMs, toMs: this.#timeline.elapsedMs + 1_000 });
      this.#downSinceMs = undefined;
      if (!this.#isOver) this.#machine.start();
    });
  }

  #calmDown(): void {
    this.#faults = NONE;
    this.#diary.write('calm');
  }

  /** Whoever does something on their own; a promise that they see broken ends the simulation. */
  #client(act: () => Promise<void>): void {
    this.#clients++;
    act()
      .catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) this.#broken.push(error);
      })
      .finally(() => this.#clients--);
  }

  /** In the background, for as long as the simulation goes on. */
  #background(act: () => Promise<void>): void {
    act().catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) this.#broken.push(error);
    });
  }

  // Those who are in it.

  async #operate(): Promise<void> {
    await this.#network.insist('CreateActivity', { name: 'desk' });
    for (const { name, definition } of this.#workloads) {
      const created = await this.#network.insist('CreateStateMachine', {
        name,
        definition: JSON.stringify(definition),
        roleArn: 'arn:aws:iam::000000000000:role/r',
      });
      if (created.status !== 200) throw new Error(`CreateStateMachine: ${JSON.stringify(created.body)}`);
    }
    for (let worker = 0; worker < 2; worker++) this.#background(() => this.#work(`worker-${worker}`));
    this.#background(() => this.#keepTrouble());
    this.#background(() => this.#keepReconciling());
    const count = this.#chance.between(2, 9);
    for (let number = 0; number < count; number++) this.#client(() => this.#startAndWatch(number));
  }

  async #startAndWatch(number: number): Promise<void> {
    const chance = this.#chance;
    await this.#timeline.pause(chance.between(0, 10 * MINUTE));
    const workload = chance.pick(this.#workloads.filter(({ startedBy }) => startedBy === undefined));
    const name = `${workload.name}-${number}`;
    const started = await this.#network.insist('StartExecution', {
      stateMachineArn: machineArn(workload.name),
      name,
      input: JSON.stringify(workload.input),
    });
    // Somebody whose answer was lost may ask again after it has ended.
    if (started.status !== 200 && !String(started.body['__type']).endsWith('ExecutionAlreadyExists'))
      throw new Error(`StartExecution: ${JSON.stringify(started.body)}`);
    const executionArn = executionArnOf(workload.name, name);
    if (workload === confirmation) this.#decide(name);
    for (let look = chance.between(0, 4); look > 0; look--) {
      await this.#timeline.pause(chance.between(0, 8 * MINUTE));
      await this.#network.insist('GetExecutionHistory', { executionArn, maxResults: 1_000 });
      await this.#network.insist('DescribeExecution', { executionArn });
    }
    if (chance.happens(0.15)) await this.#network.insist('StopExecution', { executionArn, error: 'Stopped' });
  }

  #decide(id: string): void {
    const chance = this.#chance;
    for (const person of ['anna', 'ben'].slice(0, chance.between(0, 2))) {
      const atMs = chance.between(0, 60 * MINUTE);
      this.#client(async () => {
        await this.#timeline.pause(atMs);
        await this.#protocol.decide(id, chance.pick(['confirm', 'reject']), person);
      });
    }
  }

  async #keepReconciling(): Promise<void> {
    for (; !this.#isOver; await this.#timeline.pause(5 * MINUTE)) {
      try {
        await this.#protocol.reconcile();
      } catch (error) {
        this.#diary.write(`the reconciler failed: ${(error as Error).message}`);
      }
    }
  }

  async #keepTrouble(): Promise<void> {
    for (; !this.#isOver; await this.#timeline.pause(this.#chance.between(100, 20_000))) {
      const { crashAnyTime, clockSet } = this.#faults;
      if (crashAnyTime > 0 && this.#chance.happens(crashAnyTime) && this.#machine.isUp) {
        this.#diary.fault('crash');
        this.#machine.crash();
      }
      if (clockSet > 0 && this.#chance.happens(clockSet)) this.#setClock();
      if (this.#machine.isUp && this.#chance.happens(0.02)) this.#disk.checkpoint();
    }
  }

  #setClock(): void {
    const byMs = this.#chance.between(-60 * MINUTE, 60 * MINUTE);
    this.#wasClockSet = true;
    this.#diary.fault('clock set', `${byMs}`);
    this.#machine.setClock(byMs);
  }

  async #work(workerName: string): Promise<void> {
    while (!this.#isOver) {
      try {
        const { body } = await this.#network.request(
          'GetActivityTask',
          { activityArn: ACTIVITY_ARN, workerName },
          MINUTE,
        );
        const token = body['taskToken'];
        if (typeof token === 'string') await this.#reply(token, workerName, this.#chance.between(0, 90_000));
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
      await this.#timeline.pause(this.#chance.between(10, 2_000));
    }
  }

  /** The call of a task's attempt. */
  async #perform(call: TaskCall): Promise<TaskResult> {
    const chance = this.#chance;
    const odds = this.#faults;
    this.#ledger.called(call);
    this.#diary.write(`call ${call.executionArn} ${call.stateName} ${JSON.stringify(call.parameters)}`);
    const token = /"token":"([^"]+)"/.exec(JSON.stringify(call.parameters))?.[1];
    if (token !== undefined) this.#ask(token);
    await this.#timeline.pause(
      chance.happens(odds.taskSlow) ? chance.between(1_000, 4 * MINUTE) : chance.between(1, 200),
    );
    if (chance.happens(odds.taskDies)) {
      this.#diary.fault('task dies', call.stateName);
      // Lambda ends a function after this long at most.
      await this.#timeline.pause(15 * MINUTE);
      return { error: 'Lambda.Unknown', cause: 'the function died' };
    }
    if (chance.happens(odds.taskFails)) {
      this.#diary.fault('task fails', call.stateName);
      return { error: chance.pick(['Lambda.ServiceException', 'Broken']), cause: 'by chance' };
    }
    const { FunctionName } = (call.parameters ?? {}) as { FunctionName?: string };
    if (FunctionName === 'storeTaskToken' || FunctionName === 'checkDeadline')
      return await this.#protocol.perform(call);
    return { output: { StatusCode: 200, dice: chance.between(1, 6) } };
  }

  /** Those who were asked answer, each for themselves, and one of them at least. */
  #ask(token: string): void {
    const chance = this.#chance;
    for (let person = chance.between(1, 3); person > 0; person--) {
      const afterMs = chance.between(0, chance.happens(0.8) ? 3 * MINUTE : 20 * MINUTE);
      this.#background(() => this.#reply(token, `person-${person}`, afterMs));
    }
  }

  async #reply(token: string, who: string, afterMs: number): Promise<void> {
    const chance = this.#chance;
    if (chance.happens(0.3)) {
      await this.#timeline.pause(afterMs / 2);
      await this.#network.insist('SendTaskHeartbeat', { taskToken: token });
    }
    await this.#timeline.pause(afterMs);
    const stamp = `${who}-${chance.between(0, 1e9)}`;
    if (chance.happens(0.8)) {
      const output = JSON.stringify({ stamp, dice: chance.between(1, 6) });
      await this.#insistOnReply('SendTaskSuccess', { taskToken: token, output });
    } else {
      await this.#insistOnReply('SendTaskFailure', { taskToken: token, error: stamp });
    }
  }

  async #insistOnReply(action: string, given: { readonly taskToken: string } & Record<string, unknown>): Promise<void> {
    this.#ledger.token(given.taskToken).sent.push(replyOf(action, given));
    await this.#network.insist(action, given);
  }

  async #send(action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (action === 'SendTaskSuccess')
      this.#ledger.token(String(parameters['taskToken'])).sent.push(replyOf(action, parameters));
    return await this.#network.request(action, parameters);
  }

  // What must be true in the end.

  async #untilAllHaveEnded(): Promise<void> {
    for (;;) {
      const running = await Promise.all(
        this.#workloads.map(({ name }) =>
          this.#network.insist('ListExecutions', { stateMachineArn: machineArn(name), statusFilter: 'RUNNING' }),
        ),
      );
      if (running.every(({ body }) => (body['executions'] as object[]).length === 0)) return;
      await this.#timeline.pause(MINUTE);
    }
  }

  #whatRuns(): string {
    return [...this.#ledger.executions.keys()].filter((arn) => !this.#ledger.ends.has(arn)).join(', ');
  }

  async #checkPromises(): Promise<void> {
    const ended = await this.#readAll();
    const known = new Set(ended.map(({ executionArn }) => executionArn));
    for (const { executionArn } of this.#ledger.executions.values())
      if (!known.has(executionArn)) throw new Error(`${executionArn} was accepted, and is not listed`);
    for (const one of ended) {
      checkHistory(one, this.#wasClockSet);
      this.#ledger.read(one.executionArn, one.events);
      await this.#checkEnd(one);
      this.#checkPunctual(one);
    }
    checkTokens(ended, this.#ledger, this.#wasClockSet);
    checkCalls(ended, this.#ledger);
    for (const { what } of examineExecutionStore(this.#disk.laidOut())) throw new Error(`the store: ${what}`);
  }

  async #checkEnd({ executionArn, events }: Ended): Promise<void> {
    const { body } = await this.#ask200('DescribeExecution', { executionArn });
    const { status, output, name } = body as { status: string; output?: string; name: string };
    const last = events.at(-1)?.type.replace('Execution', '').toUpperCase().replace('TIMEDOUT', 'TIMED_OUT');
    if (last !== status) throw new Error(`${executionArn} is ${status}, and its history ends with ${last}`);
    const workload = this.#workloads.find((one) => executionArn.includes(`:execution:${one.name}:`));
    const wasStopped = this.#ledger.stopped.has(executionArn);
    if (status === 'ABORTED' && !wasStopped && workload?.startedBy === undefined && !executionArn.includes('/'))
      throw new Error(`${executionArn} was aborted by nobody`);
    const mayEndOtherwise = workload?.ends === undefined || wasStopped;
    if (!mayEndOtherwise && status !== 'SUCCEEDED')
      throw new Error(`${executionArn} ended as ${status}: ${JSON.stringify(body)}`);
    if (workload === confirmation && status === 'SUCCEEDED') this.#protocol.check(name, output ?? '');
  }

  /** What nothing stood in the way of was in time. */
  #checkPunctual(ended: Ended): void {
    const { writeError, slowDisk, diskFull } = this.#faultsWhile;
    if (this.#wasClockSet || writeError + slowDisk + diskFull > 0) return;
    const startMs = this.#machine.now() - this.#timeline.elapsedMs;
    for (const { dueMs, leftMs, state } of lateness(ended)) {
      const [from, to] = [dueMs - startMs, leftMs - startMs];
      const isExcused = this.#outages.some(({ fromMs, toMs }) => fromMs <= to && toMs >= from);
      if (!isExcused && to - from > LATE_MS_MAX)
        throw new Error(`${state} of ${ended.executionArn} was ${to - from} ms late`);
    }
  }

  async #readAll(): Promise<Ended[]> {
    const ended: Ended[] = [];
    for (const { name, definition } of this.#workloads) {
      for (const executionArn of await this.#list({ stateMachineArn: machineArn(name) })) {
        ended.push(await this.#read(executionArn, definition as StateMachineDefinition));
        const runs = await this.#ask200('ListMapRuns', { executionArn });
        for (const { mapRunArn } of runs.body['mapRuns'] as { mapRunArn: string }[])
          for (const child of await this.#list({ mapRunArn }))
            ended.push(await this.#read(child, definition as StateMachineDefinition));
      }
    }
    return ended;
  }

  async #list(of: object): Promise<string[]> {
    const { body } = await this.#ask200('ListExecutions', { ...of, maxResults: 1_000 });
    return (body['executions'] as { executionArn: string }[]).map(({ executionArn }) => executionArn);
  }

  async #read(executionArn: string, definition: StateMachineDefinition): Promise<Ended> {
    const events: Event[] = [];
    for (let page: Record<string, unknown> = {}; ;) {
      const { body } = await this.#ask200('GetExecutionHistory', { executionArn, maxResults: 1_000, ...page });
      events.push(...(body['events'] as Event[]));
      if (body['nextToken'] === undefined)
        return { executionArn, definition: ofChild(definition, executionArn), events };
      page = { nextToken: body['nextToken'] };
    }
  }

  async #ask200(action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = await this.#machine.ask(action, parameters);
    if (answer.status !== 200)
      throw new Error(`${action} ${JSON.stringify(parameters)}: ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

/** A child of a Map Run runs the Map's processor. */
function ofChild(definition: StateMachineDefinition, executionArn: string): StateMachineDefinition {
  if (!/:execution:[^:]+\//.test(executionArn)) return definition;
  for (const state of Object.values(definition.States))
    if (state.Type === 'Map' && state.ItemProcessor !== undefined) return state.ItemProcessor;
  throw new Error(`${executionArn} is the child of no Map`);
}

function machineArn(name: string): string {
  return `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
}

function executionArnOf(machine: string, name: string): string {
  return `arn:aws:states:us-east-1:000000000000:execution:${machine}:${name}`;
}

/** Names that the engine makes up are the same for the same seed. */
function mockUuids(chance: Chance): { restore(): void } {
  const own = crypto.randomUUID.bind(crypto);
  crypto.randomUUID = () => {
    const hex = Array.from({ length: 32 }, () => chance.between(0, 15).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
  return { restore: () => void (crypto.randomUUID = own) };
}
