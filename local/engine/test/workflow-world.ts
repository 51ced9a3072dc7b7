import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isArray, isObject, jsonText, parseTaskResource, type Json } from '../../asl/src/index.ts';
import {
  memoryExecutionStore,
  openEngine,
  s3MapIo,
  seededEntropy,
  ServiceUnavailable,
  SteppedClock,
  type Engine,
  type ExecutionStore,
  type ListExecutions,
  type TaskCall,
  type TaskResult,
} from '../src/index.ts';
import type { S3Objects } from '../src/integrations/s3-objects.ts';
import { eventsOf, WHERE } from './map-run-bench.ts';
import { ownEvaluator } from './simulated-execution.ts';
import { definitionText, fits, type Answer, type Callback, type Child, type Run } from './workflow-script.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';
/** Nothing is under way when so many turns of the event loop brought no commit, no call and no expression. */
const QUIET_TURNS = 25;
/** Far more than any sample needs; whoever gets here goes in circles. */
const MOMENTS_MAX = 10_000;

/** What has become of an execution, and of what stands around it. */
export interface Ended {
  readonly engine: Engine;
  readonly executionArn: string;
  /** The lines of every object that the execution wrote, by `bucket/key`. */
  readonly written: Readonly<Record<string, readonly string[]>>;
  /** The states that were entered, `STATE MACHINE/STATE`, by whatever it started as well. Express workflows leave no history. */
  readonly entered: readonly string[];
}

/**
 * Runs a sample to its end, and whatever it started as well, in a world that answers by the script. Time passes only when
 * nothing else is left to happen.
 */
export async function runWorkflow(name: string, children: readonly Child[], run: Run): Promise<Ended> {
  return await runIn(new World(run), name, children);
}

/**
 * The same, by one engine after the other: whenever a history has grown, the engine is closed and another opened on what it has
 * left, unless a call is under way, which would be lost with the process.
 */
export async function runWorkflowRestarted(
  name: string,
  children: readonly Child[],
  run: Run,
): Promise<Ended & { readonly restarts: number }> {
  const world = new RestartingWorld(run);
  return { ...(await runIn(world, name, children)), restarts: world.restarts };
}

async function runIn(world: World, name: string, children: readonly Child[]): Promise<Ended> {
  try {
    return await world.run(name, children);
  } finally {
    await world.close();
  }
}

interface Due {
  readonly atMs: number;
  readonly act: () => Promise<void>;
}

class World {
  readonly #run: Run;
  readonly #store = memoryExecutionStore();
  readonly #entropy = seededEntropy(1);
  readonly #evaluate = ownEvaluator();
  #clock = new SteppedClock();
  #engine: Engine;
  readonly #objects: Map<string, string>;
  readonly #used = new Map<Answer, number>();
  readonly #faults: unknown[] = [];
  readonly #hungUp = new AbortController();
  readonly #workers: Promise<void>[] = [];
  /** Those whose executions have a history. */
  #machines: readonly string[] = [];
  #due: Due[] = [];
  #happened = 0;
  #evaluating = 0;
  #calling = 0;

  constructor(run: Run) {
    this.#run = run;
    this.#objects = new Map(Object.entries(run.objects ?? {}).map(([place, lines]) => [place, lines.join('\n')]));
    this.#engine = this.#open();
  }

  #open(): Engine {
    return openEngine({
      ...WHERE,
      store: outliving(this.#store),
      clock: this.#clock,
      entropy: this.#entropy,
      mapIo: s3MapIo(objectsIn(this.#objects, () => this.#clock.now())),
      evaluator: async (...request) => {
        this.#evaluating++;
        try {
          return await this.#evaluate(...request);
        } finally {
          this.#evaluating--;
        }
      },
      taskHandler: async (call) => {
        this.#calling++;
        try {
          return await this.#perform(call);
        } finally {
          this.#calling--;
        }
      },
    });
  }

  /** How many events the histories have that the sample's executions have left so far. */
  protected get events(): number {
    const executions = this.#machines.flatMap(
      (stateMachineArn) => this.#engine.listExecutions({ stateMachineArn }).items,
    );
    return executions.reduce((sum, { executionArn }) => sum + eventsOf(this.#engine, executionArn).length, 0);
  }

  /** After each turn in which something may have happened. */
  protected afterTurn(): Promise<void> {
    return Promise.resolve();
  }

  protected get isCalling(): boolean {
    return this.#calling > 0;
  }

  protected async restart(): Promise<void> {
    await this.#engine.close();
    const nowMs = this.#clock.now();
    this.#clock.stop();
    this.#clock = new SteppedClock(nowMs);
    this.#engine = this.#open();
  }

  async run(name: string, children: readonly Child[]): Promise<Ended> {
    const before = new Set(this.#objects.keys());
    for (const child of children) await this.#create(child);
    for (const activity of Object.keys(this.#run.activities ?? {})) await this.#employ(activity);
    const stateMachineArn = await this.#create({ name });
    const input = jsonText(this.#run.input);
    const started = children.filter(({ type }) => type !== 'EXPRESS').map((child) => machineArn(child.name));
    this.#machines = [stateMachineArn, ...started];
    const { executionArn } = await this.#engine.startExecution({ stateMachineArn, name: 'run', input });
    await this.#passTime();
    this.#checkScript(executionArn);
    const written = [...this.#objects].filter(([place]) => !before.has(place));
    return {
      engine: this.#engine,
      executionArn,
      written: Object.fromEntries(written.map(([place, text]) => [place, text.split('\n')])),
      entered: this.#machines.flatMap((arn) => this.#enteredBy({ stateMachineArn: arn }, arn.split(':').at(-1) ?? '')),
    };
  }

  /** Sends the workers home; the engine stays open for whoever looks at what has become of the execution. */
  async close(): Promise<void> {
    this.#hungUp.abort();
    await Promise.all(this.#workers);
  }

  async #create({ name, type = 'STANDARD' }: Child): Promise<string> {
    const definition = definitionText(name);
    const { stateMachineArn } = await this.#engine.createStateMachine({ name, definition, roleArn, type });
    assert.equal(stateMachineArn, machineArn(name));
    return stateMachineArn;
  }

  async #employ(activity: string): Promise<void> {
    const { activityArn } = await this.#engine.createActivity({ name: activity });
    const { signal } = this.#hungUp;
    const work = async (): Promise<void> => {
      for (;;) {
        const task = await this.#takeTask({ activityArn, workerName: activity, signal });
        if (task === undefined) return;
        const answer = this.#answerTo(this.#run.activities?.[activity], activity, JSON.parse(task.input) as Json);
        this.#promise(answer.later ?? [], task.taskToken);
      }
    };
    this.#workers.push(this.#watched(work()));
  }

  /** Whoever was asked by an engine that is closed asks the next one. */
  async #takeTask(request: Parameters<Engine['getActivityTask']>[0]): ReturnType<Engine['getActivityTask']> {
    for (;;) {
      const engine = this.#engine;
      try {
        const task = await engine.getActivityTask(request);
        if (task !== undefined || request.signal?.aborted === true) return task;
      } catch (error) {
        if (!(error instanceof ServiceUnavailable)) throw error;
      }
      while (engine === this.#engine) await nextTurn();
    }
  }

  async #passTime(): Promise<void> {
    for (let moment = 0; moment < MOMENTS_MAX; moment++) {
      await this.#settle();
      if (this.#faults.length > 0) throw this.#faults[0];
      if (this.#due.length === 0 && this.#machines.every((arn) => !this.#isRunning(arn))) return;
      const nextMs = Math.min(this.#clock.nextWakeMs() ?? Infinity, ...this.#due.map(({ atMs }) => atMs));
      assert.ok(Number.isFinite(nextMs), 'an execution waits for what will never be');
      this.#clock.advance(Math.max(0, nextMs - this.#clock.now()));
      const isDue = ({ atMs }: Due): boolean => atMs <= this.#clock.now();
      const now = this.#due.filter(isDue);
      this.#due = this.#due.filter((due) => !isDue(due));
      for (const { act } of now) await this.#watched(act());
    }
    throw new Error(`it has not ended after ${MOMENTS_MAX} moments`);
  }

  async #settle(): Promise<void> {
    let quiet = 0;
    for (let last = -1; quiet < QUIET_TURNS;) {
      await nextTurn();
      await this.afterTurn();
      const seen = this.#store.commits + this.#happened;
      quiet = seen === last && this.#evaluating === 0 ? quiet + 1 : 0;
      last = seen;
    }
  }

  #isRunning(stateMachineArn: string): boolean {
    return this.#engine.listExecutions({ stateMachineArn, statusFilter: 'RUNNING' }).items.length > 0;
  }

  #enteredBy(whose: ListExecutions, stateMachine: string): string[] {
    return this.#engine
      .listExecutions(whose)
      .items.flatMap(({ executionArn }) => [
        ...statesOf(this.#engine, executionArn).map((state) => `${stateMachine}/${state}`),
        ...this.#engine
          .listMapRuns({ executionArn })
          .items.flatMap(({ mapRunArn }) => this.#enteredBy({ mapRunArn }, stateMachine)),
      ]);
  }

  async #perform(call: TaskCall): Promise<TaskResult> {
    this.#happened++;
    const resource = parseTaskResource(call.resource);
    if (resource?.kind === 'service' && resource.service === 'aws-sdk:sfn')
      return await this.#stepFunctions(resource.action, call.parameters);
    const answer = this.#answerTo(this.#run.tasks?.[call.stateName], call.stateName, call.parameters);
    const token = taskTokenIn(call.parameters);
    if (answer.later !== undefined) {
      assert.ok(token !== undefined, `${call.stateName} is called back, and its parameters hold no TaskToken`);
      this.#promise(answer.later, token);
    }
    if (answer.takesSeconds !== undefined) await this.#after(answer.takesSeconds);
    if (answer.error !== undefined) return { error: answer.error, cause: answer.cause ?? '' };
    return { output: answer.output ?? {} };
  }

  /** The only service that is really there: this engine. */
  async #stepFunctions(action: string, parameters: Json): Promise<TaskResult> {
    const fields = parameters as Record<string, string>;
    try {
      switch (action) {
        case 'sendTaskSuccess':
          await this.#engine.sendTaskSuccess(fields['TaskToken'] ?? '', fields['Output'] ?? '');
          return { output: {} };
        case 'sendTaskFailure': {
          const { Error: error = '', Cause: cause = '' } = fields;
          await this.#engine.sendTaskFailure(fields['TaskToken'] ?? '', { error, cause });
          return { output: {} };
        }
        case 'startSyncExecution': {
          const { StateMachineArn: stateMachineArn = '', Input: input = '{}' } = fields;
          const ended = await this.#engine.startSyncExecution({ stateMachineArn, input });
          const { status: Status, output: Output = null, error: Failure = null, cause: Cause = null } = ended;
          return { output: { Status, Output, Error: Failure, Cause } };
        }
        default:
          throw new Error(`no sample calls ${action} of Step Functions`);
      }
    } catch (error) {
      this.#faults.push(error);
      throw error;
    }
  }

  #answerTo(answers: readonly Answer[] | undefined, whose: string, given: Json): Answer {
    const answer = answers?.find(
      (one) =>
        (this.#used.get(one) ?? 0) < (one.times ?? Infinity) && (one.when === undefined || fits(one.when, given)),
    );
    if (answer === undefined) {
      const fault = new Error(`the script has no answer for ${whose}, which was given ${hidden(jsonText(given))}`);
      this.#faults.push(fault);
      throw fault;
    }
    this.#used.set(answer, (this.#used.get(answer) ?? 0) + 1);
    return answer;
  }

  #promise(callbacks: readonly Callback[], token: string): void {
    for (const callback of callbacks) {
      const atMs = this.#clock.now() + callback.afterSeconds * 1000;
      this.#due.push({ atMs, act: () => this.#callBack(callback, token) });
    }
  }

  async #callBack({ success, failure, refused }: Callback, token: string): Promise<void> {
    const sent =
      success !== undefined
        ? this.#engine.sendTaskSuccess(token, jsonText(success))
        : failure !== undefined
          ? this.#engine.sendTaskFailure(token, failure)
          : this.#engine.sendTaskHeartbeat(token);
    if (refused === undefined) await sent;
    else await assert.rejects(sent, { name: refused });
  }

  #after(seconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const act = (): Promise<void> => {
      this.#happened++;
      resolve();
      return Promise.resolve();
    };
    this.#due.push({ atMs: this.#clock.now() + seconds * 1000, act });
    return promise;
  }

  /** What goes wrong on this side is a fault of the script, not an answer to the execution. */
  async #watched(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (fault) {
      this.#faults.push(fault);
    }
  }

  #checkScript(executionArn: string): void {
    const { tasks, activities } = this.#run;
    const { status, error = '', cause = '' } = this.#engine.describeExecution(executionArn);
    for (const [whose, answers] of [tasks, activities].flatMap((some) => Object.entries(some ?? {}))) {
      for (const answer of answers) {
        const times = this.#used.get(answer) ?? 0;
        const isUsed = times > 0 && times >= (answer.times ?? 1);
        const unused = `${whose} took ${times} times what the script has for it: ${jsonText(answer as Json)}`;
        assert.ok(isUsed, `${unused}; the execution ended as ${status} ${error} ${cause}`);
      }
    }
  }
}

class RestartingWorld extends World {
  restarts = 0;
  #eventsBefore = 0;

  protected override async afterTurn(): Promise<void> {
    // Not after each commit: that somebody asks for work is one as well, and to ask is all that they do with each engine anew.
    if (this.isCalling || this.events === this.#eventsBefore) return;
    this.#eventsBefore = this.events;
    await this.restart();
    this.restarts++;
  }
}

/** Closing the engine would end what is in memory. */
function outliving(store: ExecutionStore): ExecutionStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'close') return () => {};
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** The names of the states, in the order in which they were entered. */
export function statesOf(engine: Engine, executionArn: string): string[] {
  return eventsOf(engine, executionArn).flatMap(({ stateEnteredEventDetails: entered }) =>
    entered === undefined ? [] : [(entered as { name: string }).name],
  );
}

function machineArn(name: string): string {
  return `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
}

/** Wherever the author of the sample put it. */
function taskTokenIn(value: Json): string | undefined {
  if (isArray(value)) return value.map(taskTokenIn).find((token) => token !== undefined);
  if (!isObject(value)) return undefined;
  const { TaskToken: token } = value as { TaskToken?: Json };
  return typeof token === 'string' ? token : taskTokenIn(Object.values(value));
}

function hidden(text: string): string {
  return text.replaceAll(/"TaskToken":"[^"]*"/g, '"TaskToken":"…"');
}

/** Amazon S3 in memory, by `bucket/key`. */
function objectsIn(objects: Map<string, string>, now: () => number): S3Objects {
  return {
    getObjectPart: ({ bucket, key }) => {
      const text = objects.get(`${bucket}/${key}`);
      const missing = { error: 'S3.NoSuchKeyException', cause: 'The specified key does not exist.' };
      if (text === undefined) return Promise.resolve(missing);
      const bytes = Buffer.from(text);
      return Promise.resolve({ ok: { bytes, first: 0, totalBytes: bytes.length, etag: '"e"' } });
    },
    putObject: ({ bucket, key, text }) => {
      objects.set(`${bucket}/${key}`, text);
      return Promise.resolve({ ok: { etag: '"e"' } });
    },
    listObjects: ({ bucket, prefix = '', startAfter = '' }) => {
      const keys = [...objects.keys()].flatMap((place) =>
        place.startsWith(`${bucket}/${prefix}`) ? [place.slice(bucket.length + 1)] : [],
      );
      const listed = keys
        .filter((key) => key > startAfter)
        .sort()
        .map((key) => ({
          key,
          etag: '"e"',
          size: Buffer.byteLength(objects.get(`${bucket}/${key}`) ?? ''),
          lastModified: new Date(now()).toISOString(),
          storageClass: 'STANDARD',
        }));
      return Promise.resolve({ ok: { objects: listed, hasMore: false } });
    },
  };
}
