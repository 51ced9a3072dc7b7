import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Around, crashAt } from './around.ts';
import { DEADLINE_SECONDS } from './fake-step-functions.ts';
import { type Answer, ID, type World, worldWithOrder } from './world.ts';

const DECISION = `decisions/${ID}.json`;
const WAIT = `waits/${ID}.json`;

/** Where each of those who act at the same time dies, if it does. Calls are counted from 0; none makes as many as 12. */
const crash = fc.record({ nth: fc.nat(11), when: fc.constantFrom('before' as const, 'after' as const) });
const crashes = fc.oneof(fc.array(fc.option(crash), { maxLength: 4 }), fc.constant<null[]>([]));

const plan = fc.record({
  scheduler: fc.scheduler(),
  crashes,
  isConfirmedEarly: fc.boolean(),
  timesOut: fc.boolean(),
});

/**
 * A slow first attempt, the second attempt, two people who disagree and maybe the deadline, all at once: in any order of
 * their calls to AWS, and with each of them dying anywhere or not at all.
 */
test('however the calls of those who act at once are interleaved, one decision holds and reaches the workflow', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ scheduler, crashes, isConfirmedEarly, timesOut }) => {
      runs += 1;
      const world = await worldWithOrder();
      if (isConfirmedEarly) await world.confirm({ decision: 'confirm' });
      const slow = world.sfn.beginAttempt(ID);
      const current = world.sfn.beginAttempt(ID);

      const actor = (index: number): Around => {
        const at = crashes[index] ?? null;
        const die: Around = at === null ? async (_call, perform) => perform() : crashAt(at.nth, at.when);
        return async (call, perform) => {
          await scheduler.schedule(Promise.resolve(), `${index} ${call}`);
          return die(call, perform);
        };
      };
      const [, , one, other] = await scheduler.waitFor(
        Promise.all([
          world.store(slow, actor(0)).catch(() => {}),
          world.store(current, actor(1)).catch(() => {}),
          world.confirm({ decision: 'confirm' }, actor(2)),
          world.confirm({ decision: 'reject' }, actor(3)),
          timesOut && pass(world, scheduler),
        ]),
      );
      if (crashes.every((at) => at === null)) assertDelivered(world);
      await settle(world);
      assertOneDecision(world, [one, other]);
    }),
    { numRuns: 500, endOnFailure: true },
  );
  assert.equal(runs, 500);
});

/** The deadline passes while the others are at work, unless the wait has been answered. */
async function pass(world: World, scheduler: fc.Scheduler): Promise<void> {
  await scheduler.schedule(Promise.resolve(), 'deadline');
  if (world.sfn.answerOf(ID) !== undefined) return;
  world.nowMs += DEADLINE_SECONDS * 1000;
  const event = world.sfn.timeOut(ID);
  const decision = await world.close(event, async (call, perform) => {
    await scheduler.schedule(Promise.resolve(), `close ${call}`);
    return perform();
  });
  world.sfn.end(ID, decision);
}

/** Where nobody died, nobody has to look for the decision to arrive. */
function assertDelivered(world: World): void {
  const { answer, status } = world.sfn.executions.get(ID) ?? assert.fail();
  assert.ok(answer !== undefined || status === 'SUCCEEDED', 'the decision has reached the workflow');
}

/** Those who died are tried again, as Step Functions does, and somebody looks at the order. */
async function settle(world: World): Promise<void> {
  const isRunning = world.sfn.executions.get(ID)?.status === 'RUNNING';
  if (isRunning && world.sfn.answerOf(ID) === undefined) await world.wait();
  await world.get(`/orders/${ID}`);
  await world.get('/orders?status=AWAITING_CONFIRMATION');
}

function assertOneDecision(world: World, answers: Answer[]): void {
  const stored = world.s3.objects.get(DECISION);
  const decision = stored === undefined ? undefined : JSON.parse(stored);
  const execution = world.sfn.executions.get(ID) ?? assert.fail();
  const reached = execution.answer ?? JSON.parse(execution.output ?? '{}').confirmation;
  assert.deepEqual(reached, decision, 'the workflow goes by the decision that is stored');

  for (const { status, body } of answers) {
    if (status === 200) assert.deepEqual(pick(body), pick(decision), 'a receipt tells of the decision that holds');
    else if (status === 409) assert.equal(body['decidedAt'], decision.decidedAt);
    else assert.ok(status === 503 || (status === 410 && decision?.decision === 'expired'), `${status}`);
  }
  assert.equal(world.s3.objects.has(WAIT), decision === undefined, 'a token is stored as long as it may be used');
}

function pick({ decision, decidedAt }: Record<string, unknown>) {
  return { decision, decidedAt };
}
