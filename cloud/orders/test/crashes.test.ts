import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashAt } from './around.ts';
import { DEADLINE_SECONDS } from './fake-step-functions.ts';
import { ID, type World, worldWithOrder, worldWithWaitingOrder } from './world.ts';

const DECISION = `decisions/${ID}.json`;

/**
 * Runs something once for each call it makes to AWS, and lets it die there, before the call and after it. Between two calls
 * nothing outlives a process, so these are all the places where it can die.
 */
async function atEachCrash(
  prepare: () => Promise<World>,
  act: (world: World, around: ReturnType<typeof crashAt>) => Promise<unknown>,
  heal: (world: World) => Promise<void>,
): Promise<void> {
  let crashes = 0;
  for (let nth = 0; ; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const world = await prepare();
      const around = crashAt(nth, when);
      await act(world, around).catch(() => {});
      if (!around.crashed()) {
        assert.ok(crashes >= 4, `only ${crashes} places to crash were found`);
        return;
      }
      crashes += 1;
      try {
        await heal(world);
      } catch (error) {
        throw new Error(`after a crash ${when} call ${nth}`, { cause: error });
      }
    }
  }
}

/** Step Functions tries again what failed, unless it has been answered meanwhile. */
async function retryWait(world: World): Promise<void> {
  if (world.sfn.answerOf(ID) === undefined) await world.wait();
}

async function assertConfirmedAndClean(world: World): Promise<void> {
  assert.equal(world.sfn.answerOf(ID)?.decision, 'confirm');
  assert.deepEqual(world.keys(), [DECISION]);
}

async function earlyConfirmed(): Promise<World> {
  const world = await worldWithOrder();
  assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
  return world;
}

const confirm = (world: World, around: ReturnType<typeof crashAt>) => world.confirm({ decision: 'confirm' }, around);

test('a confirmation that crashes anywhere is completed by sending it again', async () => {
  await atEachCrash(worldWithWaitingOrder, confirm, async (world) => {
    assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
    await assertConfirmedAndClean(world);
  });
});

test('a confirmation that crashes anywhere and is not sent again is completed by the next look, if it was recorded', async () => {
  for (const path of [`/orders/${ID}`, '/orders?status=AWAITING_CONFIRMATION']) {
    await atEachCrash(worldWithWaitingOrder, confirm, async (world) => {
      const wasRecorded = world.keys().includes(DECISION);
      assert.equal((await world.get(path)).status, 200);
      if (wasRecorded) await assertConfirmedAndClean(world);
      else assert.equal((await world.get(`/orders/${ID}`)).body['status'], 'AWAITING_CONFIRMATION');
    });
  }
});

test('a confirmation that crashes anywhere and is forgotten by everybody holds at the deadline, if it was recorded', async () => {
  await atEachCrash(worldWithWaitingOrder, confirm, async (world) => {
    if (world.sfn.answerOf(ID) !== undefined) return;
    const wasRecorded = world.keys().includes(DECISION);
    world.nowMs += DEADLINE_SECONDS * 1000;
    const { decision } = await world.close(world.sfn.timeOut(ID));
    assert.equal(decision, wasRecorded ? 'confirm' : 'expired');
    assert.deepEqual(world.keys(), [DECISION]);
  });
});

test('an early confirmation that crashes anywhere is applied by the wait, or can be sent again', async () => {
  await atEachCrash(worldWithOrder, confirm, async (world) => {
    await world.wait();
    assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
    await assertConfirmedAndClean(world);
  });
});

test('storeTaskToken may crash anywhere: the next attempt opens the wait', async () => {
  await atEachCrash(
    worldWithOrder,
    (world, around) => world.wait(around),
    async (world) => {
      await retryWait(world);
      assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
      await assertConfirmedAndClean(world);
    },
  );
});

test('storeTaskToken may crash anywhere while a decision is there already: the decision is applied', async () => {
  await atEachCrash(
    earlyConfirmed,
    (world, around) => world.wait(around),
    async (world) => {
      await retryWait(world);
      await world.get(`/orders/${ID}`);
      await assertConfirmedAndClean(world);
    },
  );
});

test('a second attempt may crash anywhere beside a confirmation: the third one opens the wait', async () => {
  await atEachCrash(
    worldWithWaitingOrder,
    (world, around) => world.wait(around),
    async (world) => {
      assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
      await retryWait(world);
      await assertConfirmedAndClean(world);
    },
  );
});

test('closing an expired order may crash anywhere: closing it again gives the same end', async () => {
  const expired = async () => {
    const world = await worldWithWaitingOrder();
    world.nowMs += DEADLINE_SECONDS * 1000;
    return world;
  };
  await atEachCrash(
    expired,
    (world, around) => world.close(world.sfn.timeOut(ID), around),
    async (world) => {
      assert.equal((await world.close(world.sfn.timeOut(ID))).decision, 'expired');
      assert.deepEqual(world.keys(), [DECISION]);
      assert.equal((await world.confirm({ decision: 'confirm' })).status, 410);
    },
  );
});

test('sending an order may crash anywhere: sending it again starts it once', async () => {
  for (const when of ['before', 'after'] as const) {
    const world = await worldWithOrder();
    world.sfn.executions.clear();
    const path = '/orders';
    const order = { orderId: ID, orderDetails: 'Two chairs' };
    assert.equal((await world.post(path, order, crashAt(0, when))).status, 503);
    assert.equal((await world.post(path, order)).status, 202);
    assert.deepEqual([...world.sfn.executions.keys()], [ID]);
  }
});
