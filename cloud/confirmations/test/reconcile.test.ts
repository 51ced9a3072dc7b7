import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { answer } from '../src/commands/answer.ts';
import { moveDeadline } from '../src/commands/move-deadline.ts';
import { executionsBy } from '../src/executions.ts';
import { reconcile, type Summary } from '../src/reconcile.ts';
import { type Around, Crash, crashAt, undisturbed } from './around.ts';
import { STATE_MACHINE_ARN } from './fake-step-functions.ts';
import {
  ASKED,
  CONFIRM,
  DAY,
  HOUR,
  ID,
  MINUTE,
  person,
  RECORD,
  T0,
  WAIT,
  World,
  worldThatRuns,
  worldThatWaits,
} from './world.ts';

const ANNA = person('anna');

async function heal(
  world: World,
  around: Around = undisturbed,
  more: { endsAtMs?: number; resumeAfter?: string } = {},
): Promise<Summary> {
  const work = { stateMachineArns: [STATE_MACHINE_ARN], endsAtMs: Infinity, pause: async () => {}, ...more };
  return await reconcile(work, world.confirmations(around), executionsBy(world.sfn.client(around)));
}

/** Anna's answer is written, and whoever wrote it died before anything else. */
async function answeredAndForgotten(): Promise<World> {
  const world = await worldThatWaits();
  await world.confirmations().records.append(ID, (draft) => answer(draft, { id: ID, answer: CONFIRM, by: ANNA }));
  world.nowMs += 5 * MINUTE;
  return world;
}

/** Anna's answer has moved the workflow on, and whoever sent it died before anything else. */
async function sentAndForgotten(): Promise<World> {
  const world = await worldThatWaits();
  await assert.rejects(world.answer(CONFIRM, ANNA, dieAfter('SendTaskSuccessCommand')));
  world.nowMs += 5 * MINUTE;
  return world;
}

function dieAfter(name: string): Around {
  return async (call, perform) => {
    const result = await perform();
    if (call === name) throw new Crash();
    return result;
  };
}

async function lostToken(): Promise<World> {
  const world = worldThatRuns();
  world.sfn.beginAttempt(ID);
  world.nowMs += 5 * MINUTE;
  return world;
}

async function stopped(): Promise<World> {
  const world = await worldThatWaits();
  world.nowMs += 5 * MINUTE;
  world.sfn.end(ID, 'ABORTED');
  return world;
}

/** The task does not end when it should have. */
async function overslept(): Promise<World> {
  const world = await worldThatWaits();
  world.sfn.execution(ID).timesOutMs = T0 + 4 * DAY;
  world.nowMs = T0 + 3 * DAY + 5 * MINUTE;
  return world;
}

async function movedAndForgotten(): Promise<World> {
  const world = await worldThatWaits();
  const to = new Date(T0 + HOUR).toISOString();
  const move = { id: ID, by: person('olga'), to };
  await world.confirmations().records.append(ID, (draft) => moveDeadline(draft, move));
  world.nowMs += 5 * MINUTE;
  return world;
}

async function untold(): Promise<World> {
  const world = await answeredAndForgotten();
  world.sfn.end(ID, 'ABORTED');
  return world;
}

interface Case {
  readonly make: () => Promise<World>;
  readonly findings: Summary['findings'];
  readonly assertHealed: (world: World) => Promise<void> | void;
}

function assertConfirmed(world: World): void {
  assert.equal(world.outcome()?.decision, 'confirm');
  assert.equal(world.request.isDelivered, true);
  assert.ok(world.told().includes('decided'));
  assert.deepEqual(world.keys(), [RECORD]);
}

const CASES: Record<string, Case> = {
  'a decision that nobody delivered': {
    make: answeredAndForgotten,
    findings: { undelivered: 1 },
    assertHealed: assertConfirmed,
  },
  'a decision that has arrived, and nobody knows': {
    make: sentAndForgotten,
    findings: { unmarked: 1, 'dead-token': 1 },
    assertHealed: assertConfirmed,
  },
  'a decision that has arrived at an execution that is over by now': {
    make: async () => {
      const world = await sentAndForgotten();
      world.sfn.end(ID, 'SUCCEEDED');
      return world;
    },
    findings: { unmarked: 1, 'dead-token': 1 },
    assertHealed: assertConfirmed,
  },
  'an execution that waits with a token that nobody stored': {
    make: lostToken,
    findings: { 'lost-token': 1 },
    assertHealed: async (world) => {
      assert.ok(world.keys().includes(WAIT));
      await world.answer(CONFIRM, ANNA);
      assertConfirmed(world);
    },
  },
  'a stored token whose successor was never stored': {
    make: async () => {
      const world = await worldThatWaits();
      world.sfn.beginAttempt(ID);
      await world.confirmations().records.append(ID, (draft) => answer(draft, { id: ID, answer: CONFIRM, by: ANNA }));
      world.nowMs += 5 * MINUTE;
      return world;
    },
    findings: { 'lost-token': 1 },
    assertHealed: assertConfirmed,
  },
  'a token of an execution that was stopped': {
    make: stopped,
    findings: { 'dead-token': 1 },
    assertHealed: (world) => {
      assert.deepEqual(world.keys(), [RECORD]);
      assert.ok(!world.told().includes('decided'));
    },
  },
  'a task that sleeps beyond its deadline': {
    make: overslept,
    findings: { overdue: 1 },
    assertHealed: async (world) => {
      await world.until(world.nowMs + 1_000);
      assert.equal(world.outcome()?.decision, 'expired');
    },
  },
  'a deadline that was moved to earlier, and the task does not know': {
    make: movedAndForgotten,
    findings: { undelivered: 1 },
    assertHealed: async (world) => {
      await world.until(T0 + HOUR);
      assert.equal(world.outcome()?.decision, 'expired');
    },
  },
  'a decision on what was stopped before it was told: nobody is told of it': {
    make: untold,
    findings: { unhealable: 1, 'dead-token': 1 },
    assertHealed: (world) => {
      assert.deepEqual(world.keys(), [RECORD]);
      assert.ok(!world.told().includes('decided'));
      assert.ok(world.events.some(({ event }) => event === 'message.undelivered'));
    },
  },
};

for (const [title, { make, findings, assertHealed }] of Object.entries(CASES)) {
  test(`the reconciler heals: ${title}`, async () => {
    const world = await make();
    const summary = await heal(world);
    assert.deepEqual(summary.findings, findings);
    assert.equal(summary.isComplete, true);
    await assertHealed(world);

    world.nowMs += 2 * MINUTE;
    await world.settle();
    assert.deepEqual((await heal(world)).findings, {}, 'nothing is left to heal');
  });

  test(`the reconciler may die anywhere: ${title}`, async () => {
    for (let nth = 0; ; nth += 1) {
      const worlds = [];
      for (const when of ['before', 'after'] as const) {
        const world = await make();
        const around = crashAt(nth, when);
        await heal(world, around);
        if (!around.crashed()) continue;
        worlds.push(world);
        await heal(world);
        await assertHealed(world);
      }
      if (worlds.length === 0) break;
      assert.ok(nth < 60);
    }
  });
}

test('where all is well, the reconciler changes nothing, and says for how long the oldest has waited', async () => {
  const empty = new World();
  assert.deepEqual(await heal(empty), {
    waits: 0,
    running: 0,
    findings: {},
    oldestPendingSeconds: 0,
    isComplete: true,
    resumeAfter: undefined,
  });

  const world = await worldThatWaits();
  world.nowMs += 90 * MINUTE;
  const before = [...world.s3.objects];
  const summary = await heal(world);
  assert.deepEqual([summary.findings, summary.oldestPendingSeconds], [{}, 90 * 60]);
  assert.deepEqual([...world.s3.objects], before);
});

test('whoever has just begun is left alone', async () => {
  const world = worldThatRuns();
  world.sfn.beginAttempt(ID);
  world.nowMs += 10_000;
  assert.deepEqual((await heal(world)).findings, {});
  assert.deepEqual(world.keys(), []);
});

async function manyThatWait(count: number): Promise<World> {
  const world = new World();
  for (let n = 0; n < count; n += 1) {
    const id = `order-${String(n).padStart(4, '0')}`;
    world.sfn.start({ ...ASKED, id });
    await world.store(world.sfn.beginAttempt(id));
    const given = { id, answer: CONFIRM, by: ANNA };
    await world.confirmations().records.append(id, (draft) => answer(draft, given));
  }
  world.nowMs += 5 * MINUTE;
  return world;
}

test('one that cannot be healed does not stop the others', async () => {
  const world = await manyThatWait(5);
  world.s3.objects.set('records/order-0002.json', '{"version":2}');
  const summary = await heal(world);
  assert.deepEqual(summary.findings, { undelivered: 4, failed: 1 });
  assert.equal(summary.isComplete, false);
  assert.ok(world.events.some(({ event, fields }) => event === 'reconciled' && fields.error !== undefined));
});

test('who cannot look does not say that nothing waits', async () => {
  const world = await manyThatWait(1);
  const blind: Around = async (call, perform) => {
    if (call === 'ListObjectsV2Command') throw new Error('Please reduce your request rate.');
    return perform();
  };
  const { oldestPendingSeconds, findings } = await heal(world, blind);
  assert.deepEqual([oldestPendingSeconds, findings], [undefined, { failed: 1 }]);
});

test('more than a page of waits and of executions is gone through', async () => {
  const world = await manyThatWait(1_003);
  const { findings, running } = await heal(world);
  assert.deepEqual([findings, running], [{ undelivered: 1_003 }, 1_003]);
});

test('a run whose time is over says where the next one goes on', async () => {
  const world = await manyThatWait(6);
  const endsAtMs = world.nowMs + 2_500;
  // A second for each call of Step Functions: one to list, and one for each decision.
  const slow: Around = async (call, perform) => {
    if (call.endsWith('ExecutionsCommand') || call === 'SendTaskSuccessCommand') world.nowMs += 1_000;
    return perform();
  };
  const first = await heal(world, slow, { endsAtMs });
  assert.deepEqual([first.findings, first.isComplete, first.resumeAfter], [{ undelivered: 2 }, false, 'order-0001']);
  const second = await heal(world, undisturbed, { resumeAfter: 'order-0001' });
  assert.deepEqual([second.findings, second.resumeAfter], [{ undelivered: 4 }, undefined]);
});

test('an execution that waits with what cannot be read is reported, and its token is not', async () => {
  const world = await lostToken();
  for (const event of world.sfn.execution(ID).history) {
    const details = event.taskScheduledEventDetails;
    if (details?.parameters !== undefined) details.parameters = details.parameters.replace(`"id":"${ID}"`, '"id":7');
  }
  assert.deepEqual((await heal(world)).findings, { unhealable: 1 });

  const other = await lostToken();
  for (const event of other.sfn.execution(ID).history) {
    const details = event.taskScheduledEventDetails;
    if (details?.parameters !== undefined) details.parameters = details.parameters.replace('"attempt":', '"atempt":');
  }
  assert.deepEqual((await heal(other)).findings, { failed: 1 });
  for (const token of [...world.sfn.data.tokens, ...other.sfn.data.tokens]) {
    assert.ok(!inspect([world.events, other.events, world.notices], { depth: 9 }).includes(token));
  }
});
