import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { undo } from '../src/commands/undo.ts';
import { withdraw } from '../src/commands/withdraw.ts';
import { type Around, crashAt } from './around.ts';
import {
  ASKED,
  CONFIRM,
  DAY,
  ID,
  MINUTE,
  person,
  RECORD,
  refused,
  REJECT,
  T0,
  WAIT,
  World,
  worldThatRuns,
  worldThatWaits,
} from './world.ts';

const ANNA = person('anna');
const BEN = person('ben');

test('the workflow is told the decision, by whom, when and why, and nothing else', async () => {
  const world = await worldThatWaits();
  await world.answer({ decision: 'confirm', comment: 'go ahead' }, ANNA);
  const { hash: receipt, decidedAt } = world.request.decided ?? assert.fail();
  assert.deepEqual(world.outcome(), {
    decision: 'confirm',
    decidedAt,
    decidedBy: ['anna'],
    comment: 'go ahead',
    receipt,
  });
  assert.deepEqual(world.types(), ['requested', 'opened', 'answered', 'decided', 'delivered']);
  assert.deepEqual(world.told(), ['requested', 'decided']);
  assert.deepEqual(world.keys(), [RECORD], 'a used token is gone, the record stays');
});

test('an answer that comes before the wait is kept, and nobody is asked any more', async () => {
  const world = worldThatRuns();
  await world.answer(REJECT, ANNA);
  await world.wait();
  assert.equal(world.outcome()?.decision, 'reject');
  assert.deepEqual(world.told(), ['decided']);
  assert.deepEqual(world.keys(), [RECORD]);
});

test('a slow first attempt does not overwrite the token of the second, and leaves nothing behind', async () => {
  const world = worldThatRuns();
  const slow = world.sfn.beginAttempt(ID);
  await world.wait();
  const stored = world.s3.objects.get(WAIT);
  await world.store(slow);
  assert.equal(world.s3.objects.get(WAIT), stored);
  assert.ok(world.events.some(({ event }) => event === 'wait.superseded'));
  await world.answer(CONFIRM, ANNA);
  await world.store(slow);
  assert.equal(world.outcome()?.decision, 'confirm');
  assert.deepEqual(world.keys(), [RECORD]);
});

test('an execution that began earlier never takes the place of a later one with the same id', async () => {
  const world = await worldThatWaits();
  world.nowMs += MINUTE;
  world.sfn.start(ASKED, 'another-run');
  await world.store(world.sfn.beginAttempt('another-run'));
  const stored = world.s3.objects.get(WAIT);
  world.nowMs += MINUTE;
  world.sfn.goOn(ID, { decision: 'wait', seconds: 60 });
  await world.wait();
  assert.equal(world.s3.objects.get(WAIT), stored, 'although its state was entered later');
  await world.answer(CONFIRM, ANNA);
  assert.equal(world.sfn.execution('another-run').outcome?.decision, 'confirm');
  assert.equal(world.outcome(), null);
});

test('what is refused after the deadline still ends the wait, is counted, and nobody is told otherwise', async () => {
  const world = await worldThatWaits();
  world.sfn.execution(ID).timesOutMs = T0 + 4 * DAY;
  world.nowMs = T0 + 3 * DAY;
  await assert.rejects(world.answer(CONFIRM, ANNA), refused('deadline-passed'));
  assert.equal(world.outcome()?.decision, 'expired');
  assert.ok(world.events.some(({ event }) => event === 'request.decided.expired'));
});

test('a withdrawal ends the wait', async () => {
  const world = await worldThatWaits();
  await world.do((draft) => withdraw(draft, { id: ID, by: person('rita'), reason: 'not needed' }));
  assert.equal(world.outcome()?.decision, 'withdrawn');
  assert.equal(world.outcome()?.reason, 'not needed');
});

test('an answer that was held and taken back leaves the wait open, for another answer', async () => {
  const world = await worldThatWaits({ ...ASKED, policy: { holdSeconds: 300 } });
  await world.answer(CONFIRM, ANNA);
  await world.until(T0 + MINUTE);
  await world.do((draft) => undo(draft, { id: ID, by: ANNA }));
  await world.until(T0 + 10 * MINUTE);
  assert.equal(world.outcome(), null);
  await world.answer(REJECT, BEN);
  await world.until(T0 + 20 * MINUTE);
  assert.equal(world.outcome()?.decision, 'reject');
  assert.deepEqual(world.told(), ['requested', 'decided']);
});

/** Lets something die at each of its calls, before and after it: between two calls nothing outlives a process. */
async function atEachCrash(
  make: () => Promise<World>,
  act: (world: World, around: Around) => Promise<unknown>,
  heal: (world: World) => Promise<void>,
): Promise<void> {
  let crashes = 0;
  for (let nth = 0; ; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const world = await make();
      const around = crashAt(nth, when);
      await act(world, around).catch(() => {});
      if (!around.crashed()) {
        assert.ok(crashes >= 6, `only ${crashes} places to die were found`);
        return;
      }
      crashes += 1;
      await heal(world).catch((error: unknown) => {
        throw new Error(`after a death ${when} call ${nth}`, { cause: error });
      });
    }
  }
}

const answers = (world: World, around: Around) => world.answer(CONFIRM, ANNA, around);

test('an answer that dies anywhere is completed by sending it again', async () => {
  await atEachCrash(worldThatWaits, answers, async (world) => {
    await world.answer(CONFIRM, ANNA);
    assert.equal(world.outcome()?.decision, 'confirm');
    assert.equal(world.types().filter((type) => type === 'answered').length, 1);
  });
});

test('an answer that dies anywhere and is forgotten by everybody holds at the deadline, if it was written', async () => {
  await atEachCrash(worldThatWaits, answers, async (world) => {
    const wasWritten = world.types().includes('decided');
    await world.until(T0 + 4 * DAY);
    assert.equal(world.outcome()?.decision, wasWritten ? 'confirm' : 'expired');
  });
});

test('storeTaskToken may die anywhere: the next attempt opens the wait, and tells people', async () => {
  await atEachCrash(
    async () => worldThatRuns(),
    (world, around) => world.wait(around),
    async (world) => {
      await world.wait();
      assert.ok(world.told().includes('requested'));
      await world.answer(CONFIRM, ANNA);
      assert.equal(world.outcome()?.decision, 'confirm');
      assert.deepEqual(world.keys(), [RECORD]);
    },
  );
});

test('storeTaskToken may die anywhere while an answer is there already', async () => {
  const make = async () => {
    const world = worldThatRuns();
    await world.answer(CONFIRM, ANNA);
    return world;
  };
  await atEachCrash(
    make,
    (world, around) => world.wait(around),
    async (world) => {
      if (world.outcome() === null) await world.wait();
      assert.equal(world.outcome()?.decision, 'confirm');
    },
  );
});

test('a reminder may die anywhere: it is sent again, and never not at all', async () => {
  const asked = {
    ...ASKED,
    schedule: { deadline: { days: 3 }, reminders: { first: { days: 1 } } },
    timeoutSeconds: DAY / 1000,
  };
  const make = async () => {
    const world = await worldThatWaits(asked);
    world.nowMs += DAY;
    world.sfn.timeOut(ID);
    return world;
  };
  await atEachCrash(
    make,
    (world, around) => world.check(world.sfn.checkEvent(ID), around),
    async (world) => {
      await world.settle();
      assert.ok(world.told('reminder').length >= 1);
      assert.equal(world.types().filter((type) => type === 'reminded').length, 1);
      assert.equal(world.sfn.execution(ID).state, 'KeepWaiting');
    },
  );
});

test('the end at the deadline may die anywhere: it comes to the same', async () => {
  const make = async () => {
    const world = await worldThatWaits();
    world.nowMs += 3 * DAY;
    world.sfn.timeOut(ID);
    return world;
  };
  await atEachCrash(
    make,
    (world, around) => world.check(world.sfn.checkEvent(ID), around),
    async (world) => {
      await world.settle();
      assert.equal(world.outcome()?.decision, 'expired');
      assert.equal(world.types().filter((type) => type === 'decided').length, 1);
      assert.ok(world.told().includes('decided'));
      assert.deepEqual(world.keys(), [RECORD]);
      await assert.rejects(world.answer(CONFIRM, ANNA), refused('deadline-passed'));
    },
  );
});

test('a token is in no record, no notice and no report, whatever happens', async () => {
  const world = worldThatRuns({ ...ASKED, policy: { holdSeconds: 60 } });
  const failures: unknown[] = [];
  await world.store({ ...world.sfn.beginAttempt(ID), attempt: 7 }).catch((error: unknown) => failures.push(error));
  await world.wait();
  for (let nth = 0; nth < 8; nth += 1) {
    await world.answer(CONFIRM, ANNA, crashAt(nth, 'after')).catch((error: unknown) => failures.push(error));
    await world.answer(REJECT, BEN).catch((error: unknown) => failures.push(error));
  }
  await world.until(T0 + 4 * DAY);
  assert.ok(failures.length > 5 && world.sfn.data.tokens.length >= 3);
  const everything = inspect([world.record, world.notices, world.events, failures, world.outcome()], { depth: 12 });
  for (const token of world.sfn.data.tokens) assert.ok(!everything.includes(token));
});
