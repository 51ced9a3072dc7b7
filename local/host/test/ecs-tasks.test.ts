import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { silentLog } from '../src/log.ts';
import type { ContainerEnd } from '../src/services/container-process.ts';
import { openComputeTables } from '../src/services/compute-tables.ts';
import { newTask } from '../src/services/ecs-new-task.ts';
import type { Task } from '../src/services/ecs-task.ts';
import { createTaskStore } from '../src/services/ecs-task-store.ts';
import { createTasks } from '../src/services/ecs-tasks.ts';
import { createMessageWrites, openMessageDatabase } from '../src/services/message-store.ts';
import { until } from './test-host.ts';

/** Tasks whose containers do what the test says, and a disk that takes what the test lets it. */
function setUp(t: TestContext) {
  const database = openMessageDatabase(':memory:');
  t.after(() => database.close());
  openComputeTables(database);
  const store = createTaskStore(database);
  const disk = createMessageWrites(database);
  const starting = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<ContainerEnd>();
  const control = { faults: 0, startedCount: 0, stops: [] as number[], starting, ending };
  const tasks = createTasks({
    store,
    writes: {
      ...disk,
      write(change) {
        if (control.faults === 0) return disk.write(change);
        control.faults--;
        return Promise.reject(new Error('the disk is full'));
      },
    },
    runner: {
      use() {},
      prepare: () => Promise.resolve(),
      async start() {
        control.startedCount++;
        await starting.promise;
        return {
          ended: ending.promise,
          stop(graceMs) {
            control.stops.push(graceMs);
            ending.resolve({ kind: 'exited', exitCode: 143 });
          },
        };
      },
      remove: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    changed() {},
    now: () => 1000,
    tasksMax: 1,
    log: silentLog,
  });
  const add = async (): Promise<Task> => {
    const task = newTask(
      {
        clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/c',
        taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/d:1',
        group: 'family:d',
        cpu: 256,
        memoryMb: 512,
        containers: [
          {
            name: 'main',
            image: 'image',
            isEssential: true,
            environment: {},
            secrets: {},
            stopTimeoutSeconds: 30,
            memoryMb: 512,
          },
        ],
        overrides: {},
        tags: [],
        enableExecuteCommand: false,
        priority: 0,
      },
      1000,
    );
    await disk.write(() => tasks.add(task));
    return task;
  };
  const inStatus = (id: string, status: Task['lastStatus']) =>
    until(() => Promise.resolve(store.find(id)?.lastStatus === status ? store.find(id) : undefined));
  return { store, tasks, control, add, inStatus };
}

test('a disk that takes nothing for a while ends no task, and starts none twice', async (t) => {
  const { tasks, control, add, inStatus } = setUp(t);
  await tasks.start();
  const task = await add();
  await inStatus(task.id, 'PENDING');
  control.faults = 1;
  control.starting.resolve();
  await inStatus(task.id, 'RUNNING');
  control.faults = 1;
  control.ending.resolve({ kind: 'exited', exitCode: 0 });
  const stopped = await inStatus(task.id, 'STOPPED');
  assert.deepEqual([stopped.containers[0]?.exitCode, control.startedCount], [0, 1]);
  await tasks.close();
});

test('a host that closes waits for no container that was just starting, and leaves it to the next to say so', async (t) => {
  const { store, tasks, control, add, inStatus } = setUp(t);
  await tasks.start();
  const task = await add();
  await inStatus(task.id, 'PENDING');
  const closed = tasks.close();
  control.starting.resolve();
  await closed;
  assert.deepEqual(control.stops[0], 5000);
  assert.notEqual(store.find(task.id)?.lastStatus, 'STOPPED');
  assert.equal(store.begun().length, 1);
});

test('a task that is stopped while it starts is stopped when it has', async (t) => {
  const { tasks, control, add, inStatus } = setUp(t);
  await tasks.start();
  const task = await add();
  await inStatus(task.id, 'PENDING');
  tasks.stop(task.id, 'UserInitiated', 'too soon');
  control.starting.resolve();
  const stopped = await inStatus(task.id, 'STOPPED');
  assert.deepEqual(
    [stopped.stopCode, stopped.stoppedReason, stopped.containers[0]?.exitCode],
    ['UserInitiated', 'too soon', 143],
  );
  await tasks.close();
});
