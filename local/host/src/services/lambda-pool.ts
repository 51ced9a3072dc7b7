import { availableParallelism, totalmem } from 'node:os';
import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import { ServiceException, TooManyRequestsException } from './lambda-errors.ts';
import type { FunctionConfiguration } from './lambda-function.ts';
import { FunctionInstance } from './lambda-instance.ts';
import type { Invocation, InvocationResult } from './lambda-instance.ts';
import { startWarden } from './lambda-warden.ts';
import type { Warden } from './lambda-warden.ts';

export interface PoolOptions {
  log: Log;
  /** How many instances may live at a time, of all functions together. */
  instancesMax: number;
  compileCacheDir: string | undefined;
  time: HostTime;
  /** How many cores of the machine have had nothing to do lately. */
  spareCores: () => number;
}

/** One instance of a small function holds some 60 MB. Half the memory of the machine may go to instances. */
export function defaultInstancesMax(): number {
  return Math.min(1000, Math.max(8, Math.floor(totalmem() / 2 / (64 * 1024 * 1024))));
}

/** Starting costs a processor for some 40 ms: more starts at a time make each of them later, and the host slower. */
const STARTING_MAX = availableParallelism();

/** Whoever waits for less than a start takes gains nothing by one: the next instance to get free is sooner. */
const WORTH_A_START_MS = 50;

/** How often it is looked whether something is worth a start by now. */
const LOOK_MS = 20;

/** So many of a function are no question. */
const FEW_INSTANCES = availableParallelism();

/**
 * Beyond them, one more instance makes a function faster only where there is a core for it to run on. Elsewhere it takes time
 * from those that are there, for its start and for the turns between them; and it takes invocations from them, so that it is long
 * before the code of any is warm. On 2 cores an order took 28 ms of CPU with 4 processes a function, and 20 with 2.
 */
const SPARE_CORES_FOR_A_START = 0.5;

/** So long what a start has cost, and what its instance takes, is not seen in what cores had to spare: else one start leads to the next. */
const SETTLING_MS = 500;

/**
 * After so long without an instance that got free or was started, one is all the same: those that run may wait for those
 * that wait, as where a function calls itself.
 */
const STARVED_MS = 1000;

/** AWS keeps an idle environment for some minutes and promises nothing. */
const IDLE_MS_MAX = 5 * 60_000;
const IDLE_CHECK_MS = 30_000;

/** A function that fills its buffers takes some 100 MB in this time. */
const MEMORY_CHECK_MS = 100;

/** Events that wait for an instance are held in memory; beyond this much the invoker is told to slow down. */
const WAITING_BYTES_MAX = 256 * 1024 * 1024;
const WAITING_OVERHEAD_BYTES = 1024;

interface Waiting {
  invocation: Invocation;
  bytes: number;
  sinceMs: number;
  resolve: (result: InvocationResult | Promise<InvocationResult>) => void;
  reject: (error: unknown) => void;
}

/** A function as it was last configured, with its instances and the invocations that wait for one. */
interface Fleet {
  configuration: FunctionConfiguration;
  instances: Set<FunctionInstance>;
  /** The last to become idle is the first to work again, so that those too many stay idle and can be retired. */
  idle: FunctionInstance[];
  waiting: Waiting[];
  startingCount: number;
  runningCount: number;
  /** When an instance last got free or was started. */
  hopeAtMs: number;
  isReplaced: boolean;
}

/**
 * Gives each invocation an instance of its function: an idle one, else the first that gets free or is started.
 *
 * The first instance of a function is started at once; another when an invocation has waited longer than a start takes.
 * Beyond one a core, the machine must also have a core to spare, or none has got free for a second. On AWS each caller gets
 * an environment of its own, for there is always another machine. An invocation is not tied to the start it caused. So a
 * burst of short invocations is served by few instances, and one of long invocations gets many.
 */
export class InstancePool {
  readonly #options: PoolOptions;
  readonly #fleets = new Map<string, Fleet>();
  readonly #instances = new Set<FunctionInstance>();
  readonly #timers: NodeJS.Timeout[];
  #warden: Warden | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #startingCount = 0;
  /** When the last instances were started, the first of them first. */
  #startedAtMs: number[] = [];
  #waitingCount = 0;
  #waitingBytes = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => this.#retireIdle(), IDLE_CHECK_MS),
      setInterval(() => this.#limitMemory(), MEMORY_CHECK_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** No invocation waits, and no code of a function runs. */
  get isResting(): boolean {
    return this.#waitingCount === 0 && [...this.#instances].every((instance) => !instance.isBusy);
  }

  /** From now on invocations get this configuration, those that wait included; those that run go on as they began. */
  configure(configuration: FunctionConfiguration): void {
    const replaced = this.#fleets.get(configuration.functionName);
    const fleet: Fleet = {
      configuration,
      instances: new Set(),
      idle: [],
      waiting: replaced?.waiting ?? [],
      startingCount: 0,
      runningCount: 0,
      hopeAtMs: 0,
      isReplaced: false,
    };
    this.#fleets.set(configuration.functionName, fleet);
    if (replaced === undefined) return;
    replaced.isReplaced = true;
    replaced.waiting = [];
    for (const instance of replaced.instances) if (!instance.isRunning) void instance.dismiss();
    this.#startWhereNeeded();
  }

  configurationOf(functionName: string): FunctionConfiguration | undefined {
    return this.#fleets.get(functionName)?.configuration;
  }

  /**
   * @throws {TooManyRequestsException} if the function's reserved concurrency is used up, or too much waits already.
   * @throws {ServiceException} if no instance could be started, or the pool was closed.
   */
  run(functionName: string, invocation: Invocation): Promise<InvocationResult> {
    const fleet = this.#fleets.get(functionName);
    if (this.#isClosed || fleet === undefined) throw new ServiceException('The Lambda service is closed.');
    const reserved = fleet.configuration.reservedConcurrency ?? Number.POSITIVE_INFINITY;
    if (fleet.runningCount + fleet.waiting.length >= reserved) {
      throw new TooManyRequestsException('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    const idle = takeUsable(fleet);
    return idle === undefined ? this.#wait(fleet, invocation) : this.#runIn(fleet, idle, invocation);
  }

  /** Takes back an invocation that still waits. One that runs goes on, as on AWS when its invoker hangs up. */
  withdraw(functionName: string, requestId: string): void {
    const fleet = this.#fleets.get(functionName);
    const at = fleet?.waiting.findIndex(({ invocation }) => invocation.requestId === requestId) ?? -1;
    const [withdrawn] = at === -1 ? [] : (fleet?.waiting.splice(at, 1) ?? []);
    if (withdrawn !== undefined) this.#noLongerWaits(withdrawn);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#nextLook);
    for (const fleet of this.#fleets.values()) {
      for (const waiting of fleet.waiting.splice(0))
        waiting.reject(new ServiceException('The Lambda service was closed.'));
    }
    await Promise.all([...this.#instances].map((instance) => instance.dismiss()));
    await this.#warden?.close();
  }

  #wait(fleet: Fleet, invocation: Invocation): Promise<InvocationResult> {
    const bytes = WAITING_OVERHEAD_BYTES + invocation.payload.length;
    if (this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      throw new TooManyRequestsException('ConcurrentInvocationLimitExceeded');
    }
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>();
    fleet.waiting.push({ invocation, bytes, sinceMs: performance.now(), resolve, reject });
    this.#waitingCount += 1;
    this.#waitingBytes += bytes;
    this.#startWhereNeeded();
    return promise;
  }

  #takeWaiting(fleet: Fleet): Waiting | undefined {
    const waiting = fleet.waiting.shift();
    if (waiting !== undefined) this.#noLongerWaits(waiting);
    return waiting;
  }

  #noLongerWaits({ bytes }: Waiting): void {
    this.#waitingCount -= 1;
    this.#waitingBytes -= bytes;
  }

  async #runIn(fleet: Fleet, instance: FunctionInstance, invocation: Invocation): Promise<InvocationResult> {
    fleet.runningCount += 1;
    try {
      return await instance.run(invocation);
    } finally {
      fleet.runningCount -= 1;
      this.#giveWork(fleet, instance);
    }
  }

  /** What an instance does that has nothing to do: the next invocation, or nothing, or it makes place for another function. */
  #giveWork(fleet: Fleet, instance: FunctionInstance): void {
    fleet.hopeAtMs = performance.now();
    if (instance.isUsable && (fleet.isReplaced || this.#owesItsPlace(fleet))) void instance.dismiss();
    if (instance.isUsable) {
      const next = this.#takeWaiting(fleet);
      if (next !== undefined) return next.resolve(this.#runIn(fleet, instance, next.invocation));
      instance.idleSinceMs = performance.now();
      fleet.idle.push(instance);
    }
    return this.#startWhereNeeded();
  }

  #startWhereNeeded(): void {
    while (this.#waitingCount > 0 && this.#startingCount < STARTING_MAX && !this.#isClosed) {
      const fleet = this.#neediest();
      if (fleet === undefined || !this.#hasPlace()) break;
      void this.#start(fleet);
    }
    if (this.#waitingCount > 0 && !this.#isClosed) {
      this.#nextLook ??= setTimeout(() => {
        this.#nextLook = undefined;
        this.#startWhereNeeded();
      }, LOOK_MS);
    }
  }

  /** Of the functions that gain by a start, the one with the fewest instances. */
  #neediest(): Fleet | undefined {
    const now = performance.now();
    this.#startedAtMs = this.#startedAtMs.filter((atMs) => now - atMs < SETTLING_MS);
    // Those that start take a core each, and those that were started lately what they were started for.
    const takenCores = this.#startingCount + this.#startedAtMs.length * SPARE_CORES_FOR_A_START;
    const isToSpare = this.#options.spareCores() - takenCores >= SPARE_CORES_FOR_A_START;
    const inNeed = [...this.#fleets.values()].filter(({ waiting, startingCount, instances, hopeAtMs }) => {
      const hasWaitedMs = now - (waiting[0]?.sinceMs ?? now);
      // One that starts is hope, however long it takes on a machine that has too much to do.
      const isStarved = startingCount === 0 && now - hopeAtMs > STARVED_MS;
      const isHelped = instances.size < FEW_INSTANCES || isToSpare || isStarved;
      const isWorthIt = instances.size === 0 || (hasWaitedMs > WORTH_A_START_MS && isHelped);
      return waiting.length > startingCount && isWorthIt;
    });
    return inNeed.reduce<Fleet | undefined>((least, fleet) => {
      return least === undefined || fleet.instances.size < least.instances.size ? fleet : least;
    }, undefined);
  }

  /** True if one more instance may live. If need be, the instance that has been idle longest is retired for it. */
  #hasPlace(): boolean {
    if (this.#instances.size < this.#options.instancesMax) return true;
    const longestIdle = [...this.#fleets.values()]
      .flatMap((fleet) => fleet.idle.slice(0, 1))
      .sort((one, other) => one.idleSinceMs - other.idleSinceMs)[0];
    // It leaves the count when its process has ended, which calls us again.
    void longestIdle?.dismiss();
    return false;
  }

  /**
   * When no more instances may live, functions that are asked for share the places: who has more than its share gives one
   * up when it gets free. A function without any comes before one whose invocations have waited less.
   */
  #owesItsPlace(fleet: Fleet): boolean {
    if (this.#waitingCount === fleet.waiting.length || this.#instances.size < this.#options.instancesMax) return false;
    const wanted = [...this.#fleets.values()].filter(
      (other) => other.waiting.length + other.runningCount > 0 || other === fleet,
    );
    const share = Math.max(1, Math.floor(this.#options.instancesMax / wanted.length));
    const ownWaitsSince = fleet.waiting[0]?.sinceMs ?? Number.POSITIVE_INFINITY;
    return wanted.some((other) => {
      const waitsSince = other.waiting[0]?.sinceMs;
      if (other === fleet || waitsSince === undefined) return false;
      const isBelowShare = fleet.instances.size > share && other.instances.size < share;
      return isBelowShare || (other.instances.size === 0 && waitsSince < ownWaitsSince);
    });
  }

  async #start(fleet: Fleet): Promise<void> {
    this.#warden ??= startWarden();
    const { log, compileCacheDir, time } = this.#options;
    const instance = new FunctionInstance(fleet.configuration, log, { warden: this.#warden, compileCacheDir, time });
    this.#instances.add(instance);
    fleet.instances.add(instance);
    fleet.hopeAtMs = performance.now();
    fleet.startingCount += 1;
    this.#startingCount += 1;
    void instance.ended.then(() => this.#forget(fleet, instance));
    await instance.started;
    fleet.startingCount -= 1;
    this.#startingCount -= 1;
    this.#startedAtMs.push(performance.now());
    // The reason of a failed start is told to one invocation. If it was started in vain, the next start tells it again.
    const first = instance.isUsable || fleet.isReplaced ? undefined : this.#takeWaiting(fleet);
    if (first === undefined) this.#giveWork(fleet, instance);
    else first.resolve(this.#runIn(fleet, instance, first.invocation));
  }

  #forget(fleet: Fleet, instance: FunctionInstance): void {
    this.#instances.delete(instance);
    fleet.instances.delete(instance);
    fleet.idle = fleet.idle.filter((idle) => idle !== instance);
    this.#startWhereNeeded();
  }

  #retireIdle(): void {
    const longAgo = performance.now() - IDLE_MS_MAX;
    for (const { idle } of this.#fleets.values()) {
      for (const instance of idle) if (instance.idleSinceMs < longAgo) void instance.dismiss();
    }
  }

  #limitMemory(): void {
    for (const instance of this.#instances) if (instance.isBusy) instance.limitMemory();
  }
}

function takeUsable(fleet: Fleet): FunctionInstance | undefined {
  for (let idle = fleet.idle.pop(); idle !== undefined; idle = fleet.idle.pop()) if (idle.isUsable) return idle;
  return undefined;
}
