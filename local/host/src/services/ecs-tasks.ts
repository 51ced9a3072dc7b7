import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { ContainerEnd, RunningContainer } from './container-process.ts';
import { CannotStart } from './container-image.ts';
import type { ContainerRunner } from './container-runner.ts';
import type { StopCode, Task, TaskContainer } from './ecs-task.ts';
import type { TaskStore } from './ecs-task-store.ts';
import type { MessageWrites } from './message-store.ts';

/**
 * Runs tasks, so many at a time; what exceeds that waits as a row.
 *
 * Every change of a task is on disk before anything follows from it. A task is started once: it is marked as begun before its
 * first process is, and one that had begun when the host died is ended as one whose host was lost.
 */
export interface Tasks {
  /** In a transaction under way. The tasks wait for a place once it is on disk. */
  add(task: Task): void;
  /** In a transaction under way. A task that runs is asked to end once it is on disk; one that waits has ended. */
  stop(id: string, code: StopCode, reason: string): Task | undefined;
  /** Ends what an earlier host left running, and takes what waits. */
  start(): Promise<void>;
  /** No task runs or waits. */
  isResting(): boolean;
  /** Ends what runs, as the loss of the host would: the next start says so. */
  close(): Promise<void>;
}

export interface TasksOptions {
  readonly store: TaskStore;
  readonly writes: MessageWrites;
  readonly runner: ContainerRunner;
  /** Called within the transaction of each change; what it writes is kept with it. */
  readonly changed: (task: Task, before: Task | undefined) => void;
  readonly now: () => number;
  /** How many run at a time. */
  readonly tasksMax: number;
  readonly log: Log;
}

interface Running {
  containers: readonly RunningContainer[];
  /** Asks all containers to end. */
  stop: () => void;
  readonly done: Promise<void>;
}

/** Of a host that is closing; then it is killed. */
const CLOSE_GRACE_MS = 5000;

/** What the disk does not take is tried again so much later. */
const RETRY_MS = 1000;

const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage';
const SIGKILL_EXIT_CODE = 137;

export function createTasks(options: TasksOptions): Tasks {
  const { store, writes, runner, changed, now, tasksMax, log } = options;
  const running = new Map<string, Running>();
  let isOpen = false;
  let isClosing = false;

  /** Within a transaction. */
  function change(before: Task, changes: Partial<Task>): Task {
    const task = { ...before, ...changes, version: before.version + 1 };
    store.update(task);
    changed(task, before);
    return task;
  }

  /** What the disk does not take now is tried again: the containers go on meanwhile, and so must their task. */
  async function keep<T>(work: () => T): Promise<T> {
    for (;;) {
      try {
        return await writes.write(work);
      } catch (error) {
        if (isClosing) throw error;
        log.error('ecs.not-kept', { error });
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  function look(): void {
    if (!isOpen) return;
    while (running.size < tasksMax) {
      const task = store.nextWaiting(new Set(running.keys()));
      if (task === undefined) return;
      begin(task.id);
    }
  }

  function begin(id: string): void {
    const done = live(id)
      .catch((error: unknown) => {
        // A host that closes cannot keep it any more; the row says that the task has begun, and the next host ends it.
        if (!isClosing) log.error('ecs.failed', { task: id, error });
      })
      .finally(() => {
        running.delete(id);
        look();
      });
    running.set(id, { containers: [], stop() {}, done });
  }

  async function live(id: string): Promise<void> {
    const task = await keep(() => {
      const waiting = store.find(id);
      return waiting?.lastStatus === 'PROVISIONING'
        ? change(waiting, { lastStatus: 'PENDING', pullStartedAtMs: now() })
        : undefined;
    });
    if (task === undefined || isClosing) return;
    const containers = await startAll(task);
    if (containers instanceof Error) {
      await keep(() => fail(id, containers.message));
      return;
    }
    const entry = running.get(id);
    if (entry !== undefined) {
      entry.containers = containers;
      entry.stop = () => stopAll(task, containers);
    }
    if (isClosing) endForClose(containers);
    const started = await keep(() => hasStarted(id));
    if (started === undefined || started.desiredStatus === 'STOPPED') stopAll(task, containers);
    await firstEssential(task, containers);
    stopAll(task, containers);
    const ends = await Promise.all(containers.map(({ ended }) => ended));
    // The host is about to end, and took them with it. The next one finds the task as it is, and says so.
    if (isClosing) return;
    await keep(() => end(id, ends));
    await remove(task);
  }

  /** What is left of a task that has ended is in nobody's way, and goes at the next start. */
  async function remove(task: Task): Promise<void> {
    await runner.remove(task).catch((error: unknown) => log.warn('ecs.not-removed', { task: task.id, error }));
  }

  async function startAll(task: Task): Promise<RunningContainer[] | Error> {
    const started: RunningContainer[] = [];
    try {
      for (const container of task.containers) started.push(await runner.start(task, container));
      return started;
    } catch (error) {
      for (const container of started) container.stop(0);
      await Promise.all(started.map(({ ended }) => ended));
      await remove(task);
      if (!(error instanceof CannotStart)) log.error('ecs.start-failed', { task: task.id, error });
      const why = error instanceof Error ? error.message : String(error);
      // Some faults have a name of their own.
      return new Error(/^[A-Z]\w+Error: /v.test(why) ? why : `CannotStartContainerError: ${why}`);
    }
  }

  function hasStarted(id: string): Task | undefined {
    const task = store.find(id);
    if (task === undefined) return undefined;
    const containers = task.containers.map((container) => ({ ...container, lastStatus: 'RUNNING' as const }));
    return change(task, { lastStatus: 'RUNNING', pullStoppedAtMs: now(), startedAtMs: now(), containers });
  }

  function fail(id: string, reason: string): void {
    const task = store.find(id);
    if (task === undefined) return;
    const containers = task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' as const, reason }));
    const code = { stopCode: 'TaskFailedToStart' as const, stoppedReason: reason };
    change(task, { ...stopped(now()), ...code, ...stopCodeOf(task), containers });
  }

  function end(id: string, ends: readonly ContainerEnd[]): void {
    const task = store.find(id);
    if (task === undefined) return;
    const notStarted = ends.find((one) => one.kind === 'notStarted');
    const why =
      notStarted === undefined
        ? { stopCode: 'EssentialContainerExited' as const, stoppedReason: 'Essential container in task exited' }
        : { stopCode: 'TaskFailedToStart' as const, stoppedReason: `CannotStartContainerError: ${notStarted.reason}` };
    const containers = task.containers.map((container, index) => endedContainer(container, ends[index]));
    change(task, { ...stopped(now()), executionStoppedAtMs: now(), ...why, ...stopCodeOf(task), containers });
  }

  return {
    add(task) {
      store.insert(task);
      changed(task, undefined);
      writes.afterCommit(look);
    },
    stop(id, stopCode, stoppedReason) {
      const task = store.find(id);
      if (task === undefined || task.desiredStatus === 'STOPPED') return task;
      const asked = { desiredStatus: 'STOPPED' as const, stopCode, stoppedReason, stoppingAtMs: now() };
      if (task.lastStatus === 'PROVISIONING') {
        const containers = task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' as const }));
        return change(task, { ...asked, lastStatus: 'STOPPED', stoppedAtMs: now(), containers });
      }
      writes.afterCommit(() => running.get(id)?.stop());
      return change(task, asked);
    },
    async start() {
      await writes.write(() => store.begun().forEach(lose));
      isOpen = true;
      look();
    },
    isResting: () => running.size === 0 && !hasWaiting(),
    async close() {
      isOpen = false;
      isClosing = true;
      for (const { containers } of running.values()) endForClose(containers);
      await Promise.all([...running.values()].map(({ done }) => done));
      await runner.close();
    },
  };

  function hasWaiting(): boolean {
    return isOpen && store.nextWaiting(new Set()) !== undefined;
  }

  /** As AWS shows a task whose machine is gone. */
  function lose(task: Task): void {
    const stoppedReason = `Host EC2 (instance i-${randomBytes(9).toString('hex').slice(0, 17)}) terminated.`;
    const containers = task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' as const }));
    log.warn('ecs.task-lost', { task: task.id });
    change(task, { ...stopped(now()), stopCode: 'TerminationNotice', stoppedReason, ...stopCodeOf(task), containers });
  }
}

function stopped(atMs: number) {
  return { lastStatus: 'STOPPED' as const, desiredStatus: 'STOPPED' as const, stoppingAtMs: atMs, stoppedAtMs: atMs };
}

/** Why it stops was settled when it was asked to, whatever came then. */
function stopCodeOf({ stopCode, stoppedReason, stoppingAtMs }: Task): Partial<Task> {
  return {
    ...(stopCode !== undefined && { stopCode }),
    ...(stoppedReason !== undefined && { stoppedReason }),
    ...(stoppingAtMs !== undefined && { stoppingAtMs }),
  };
}

function endedContainer(container: TaskContainer, end: ContainerEnd | undefined): TaskContainer {
  const lastStatus = 'STOPPED';
  if (end === undefined || end.kind === 'notStarted') {
    return { ...container, lastStatus, reason: `CannotStartContainerError: ${end?.reason ?? 'it was not reached'}` };
  }
  if (end.kind === 'outOfMemory')
    return { ...container, lastStatus, exitCode: SIGKILL_EXIT_CODE, reason: OUT_OF_MEMORY };
  return { ...container, lastStatus, exitCode: end.exitCode };
}

async function firstEssential(task: Task, containers: readonly RunningContainer[]): Promise<void> {
  const essential = containers.filter((_, index) => task.containers[index]?.isEssential ?? true);
  await Promise.race(essential.map(({ ended }) => ended));
}

function endForClose(containers: readonly RunningContainer[]): void {
  for (const container of containers) container.stop(CLOSE_GRACE_MS);
}

function stopAll(task: Task, containers: readonly RunningContainer[]): void {
  containers.forEach((container, index) => container.stop((task.containers[index]?.stopTimeoutSeconds ?? 30) * 1000));
}
