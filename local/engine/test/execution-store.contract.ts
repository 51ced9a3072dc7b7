import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionStatus } from '../src/api.ts';
import type { ExecutionStore, StoredExecution } from '../src/execution-store.ts';

/** What every store must keep. `open` gives an empty one. */
export function executionStoreContract(name: string, open: () => ExecutionStore): void {
  const check = (title: string, body: (store: ExecutionStore) => void): void => {
    test(`${name}: ${title}`, () => {
      const store = open();
      try {
        body(store);
      } finally {
        store.close();
      }
    });
  };

  check('a transaction that throws has written nothing', (store) => {
    const boom = new Error('boom');
    assert.throws(
      () =>
        store.transact(() => {
          addMachine(store, 'm');
          store.putEffect(1, 1, 5, true);
          throw boom;
        }),
      boom,
    );
    assert.equal(store.resources.findStateMachine('m'), undefined);
    assert.deepEqual(store.effectsInFlight(10), []);
    assert.equal(store.commits, 0);
  });

  check('effects come in the order of their due times, and only when due', (store) => {
    store.transact(() => {
      store.putEffect(1, 1, 300, false);
      store.putEffect(2, 1, 100, false);
      store.putEffect(3, 1, 200, true);
    });
    assert.equal(store.nextDueAtMs(), 100);
    assert.deepEqual(store.nextEffects(2), [
      { executionId: 2, effectId: 1, dueAtMs: 100 },
      { executionId: 3, effectId: 1, dueAtMs: 200 },
    ]);
    assert.deepEqual(
      store.dueEffects(250, 10).map(({ executionId }) => executionId),
      [2, 3],
    );
    assert.equal(store.dueEffects(250, 1).length, 1);
    store.transact(() => {
      store.postponeEffect(2, 1, 1000);
      store.removeEffect(3, 1);
    });
    assert.equal(store.nextDueAtMs(), 300);
  });

  check('calls in flight are told from waits, and a call that was handed over is taken over once', (store) => {
    store.transact(() => {
      store.putEffect(7, 1, 100, true);
      store.putEffect(7, 2, 100, true);
      store.putEffect(7, 3, 100, false);
      store.handOver(7, 2, '{"call":1}');
    });
    assert.deepEqual(store.effectsInFlight(10), [{ executionId: 7, effectId: 1 }]);
    const taken = store.transact(() => store.takeOver());
    assert.deepEqual(taken, [{ executionId: 7, effectId: 2, call: '{"call":1}' }]);
    assert.deepEqual(
      store.transact(() => store.takeOver()),
      [],
    );
    assert.equal(store.effectsInFlight(10).length, 2);
  });

  check(
    'what waits is told from other effects, by machine and execution, until it is removed or does something else',
    (store) => {
      store.transact(() => {
        store.putWait(1, 1, 100, 20);
        store.putWait(2, 1, 100, 10);
        store.putWait(2, 3, 100, 10);
        store.putWait(3, 1, 100, 20);
        store.putWait(4, 1, 100, 10);
        store.putEffect(2, 2, 100, false);
        store.putEffect(4, 1, 100, true);
        store.postponeEffect(1, 1, 900);
        store.removeEffect(3, 1);
      });
      const places = (...args: Parameters<ExecutionStore['waits']>) =>
        store
          .waits(...args)
          .map(({ stateMachineId, executionId, effectId }) => [stateMachineId, executionId, effectId]);
      assert.deepEqual(places({}, undefined, 10), [
        [10, 2, 1],
        [10, 2, 3],
        [20, 1, 1],
      ]);
      assert.deepEqual(places({}, { stateMachineId: 10, executionId: 2, effectId: 1 }, 1), [[10, 2, 3]]);
      assert.deepEqual(places({ stateMachineId: 20 }, undefined, 10), [[20, 1, 1]]);
      assert.deepEqual(places({ executionId: 2 }, { stateMachineId: 10, executionId: 2, effectId: 1 }, 10), [
        [10, 2, 3],
      ]);
    },
  );

  check('events are read from the chunk that holds the first one asked for, forwards and backwards', (store) => {
    store.transact(() => {
      store.appendEvents(1, 1, 'a');
      store.appendEvents(1, 4, 'b');
      store.appendEvents(1, 6, 'c');
      store.appendEvents(2, 1, 'of another');
    });
    const texts = (from: number, backwards: boolean): string[] =>
      [...store.readEvents(1, from, backwards)].map(({ text }) => text);
    assert.deepEqual(texts(1, false), ['a', 'b', 'c']);
    assert.deepEqual(texts(5, false), ['b', 'c']);
    assert.deepEqual(texts(6, true), ['c', 'b', 'a']);
    assert.deepEqual(texts(5, true), ['b', 'a']);
  });

  check('lists are newest first, by status or over all, page by page', (store) => {
    const machine = store.transact(() => {
      const id = addMachine(store, 'm');
      const statuses: ExecutionStatus[] = ['SUCCEEDED', 'RUNNING', 'FAILED', 'RUNNING'];
      for (const [index, status] of statuses.entries()) store.insertExecution(execution(index + 1, id, status));
      return id;
    });
    const ids = (status: ExecutionStatus | undefined, before: number, limit: number): number[] =>
      store.listExecutions({ stateMachineId: machine }, status, before, limit).map(({ id }) => id);
    assert.deepEqual(ids(undefined, 99, 3), [4, 3, 2]);
    assert.deepEqual(ids(undefined, 2, 3), [1]);
    assert.deepEqual(ids('RUNNING', 99, 9), [4, 2]);
    assert.equal(store.hasRunningExecutions(machine), true);
    assert.equal(store.lastExecutionId(), 4);
  });

  check('the executions of a version or an alias are listed apart, newest first and page by page', (store) => {
    const machine = store.transact(() => {
      const id = addMachine(store, 'm');
      const startedBy = [
        { version: null, alias: null },
        { version: 1, alias: null },
        { version: 2, alias: 'PROD' },
        { version: 1, alias: 'PROD' },
        { version: 1, alias: 'TEST' },
      ];
      for (const [index, by] of startedBy.entries())
        store.insertExecution({ ...execution(index + 1, id, index === 3 ? 'FAILED' : 'RUNNING'), ...by });
      return id;
    });
    const ids = (
      of: { version?: number; alias?: string },
      status?: ExecutionStatus,
      before = 99,
      limit = 9,
    ): number[] => store.listExecutions({ stateMachineId: machine, ...of }, status, before, limit).map(({ id }) => id);
    assert.deepEqual(ids({}), [5, 4, 3, 2, 1]);
    assert.deepEqual(ids({ version: 1 }), [5, 4, 2]);
    assert.deepEqual(ids({ version: 1 }, undefined, 5, 1), [4]);
    assert.deepEqual(ids({ version: 1 }, 'RUNNING'), [5, 2]);
    assert.deepEqual(ids({ alias: 'PROD' }), [4, 3]);
    assert.deepEqual(ids({ alias: 'PROD' }, 'FAILED'), [4]);
    assert.deepEqual(ids({ version: 3 }), []);
    assert.equal(store.loadExecution(3)?.alias, 'PROD');
  });

  check('what an execution becomes is saved, what it was stays', (store) => {
    const machine = store.transact(() => addMachine(store, 'm'));
    const started = execution(1, machine, 'RUNNING');
    store.transact(() => store.insertExecution(started));
    const progress = {
      ...started,
      status: 'SUCCEEDED' as const,
      stoppedAtMs: 9,
      output: '"done"',
      lastEventId: 8,
      position: null,
    };
    store.transact(() => store.updateExecution(1, progress));
    assert.deepEqual(store.loadExecution(1), progress);
    assert.deepEqual(store.findExecution('m', 'order-1'), progress);
    assert.equal(store.findExecutionOf(machine, 'order-2'), undefined);
  });

  check('where an execution stands changes by itself', (store) => {
    const machine = store.transact(() => addMachine(store, 'm'));
    const started = execution(1, machine, 'RUNNING');
    const moved = { lastEventId: 8, lastEffectId: 3, position: '{}' };
    store.transact(() => store.insertExecution(started));
    store.transact(() => store.moveExecution(1, moved));
    assert.deepEqual(store.loadExecution(1), { ...started, ...moved });
  });

  check('a deleted name is free again, and the executions of the machine that had it stay findable', (store) => {
    const first = store.transact(() => addMachine(store, 'm'));
    store.transact(() => store.insertExecution(execution(1, first, 'SUCCEEDED')));
    store.transact(() => store.resources.setStateMachineStatus(first, 'DELETING'));
    assert.deepEqual(store.resources.stateMachinesBeingDeleted(), [first]);
    store.transact(() => store.resources.setStateMachineStatus(first, 'DELETED'));
    assert.equal(store.resources.findStateMachine('m'), undefined);
    const second = store.transact(() => addMachine(store, 'm'));
    assert.notEqual(second, first);
    assert.equal(store.findExecution('m', 'order-1')?.id, 1);
    assert.deepEqual(
      store.resources.listStateMachines(99, 9).map(({ id }) => id),
      [second],
    );
  });
}

function addMachine(store: ExecutionStore, name: string): number {
  const id = store.resources.insertStateMachine({ name, type: 'STANDARD', status: 'ACTIVE', createdAtMs: 1 });
  store.resources.insertRevision({
    stateMachineId: id,
    revisionId: 'r',
    definition: '{}',
    roleArn: 'role',
    settings: {},
    createdAtMs: 1,
  });
  return id;
}

function execution(id: number, stateMachineId: number, status: ExecutionStatus): StoredExecution {
  return {
    id,
    stateMachineId,
    revisionId: 1,
    version: null,
    alias: null,
    name: `order-${id}`,
    startedAtMs: id,
    input: '{}',
    traceHeader: null,
    status,
    stoppedAtMs: null,
    output: null,
    error: null,
    cause: null,
    lastEventId: 1,
    lastEffectId: 0,
    redriveCount: 0,
    position: '{}',
  };
}
