import { Logger } from '@aws-lambda-powertools/logger';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { parseWaitEvent, reportTo } from '../../confirmations/src/index.ts';
import { crashAt } from '../../confirmations/test/around.ts';
import { DEADLINE_SECONDS } from './fake-step-functions.ts';
import { type Answer, ID, World } from './world.ts';

/** A logger as the functions have it, whose lines are kept. */
function keptLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  class KeptLogger extends Logger {
    constructor() {
      super({ serviceName: 'orders' });
      const keep = (line: string) => lines.push(line);
      Object.assign(this['console'], { info: keep, error: keep, warn: keep });
    }
  }
  return { logger: new KeptLogger(), lines };
}

test('a task token is in no log line, no answer, no metric and no trace, whatever happens to its order', async () => {
  const world = new World();
  const { logger, lines } = keptLogger();
  const told: unknown[] = [];
  const count = { addMetric: (...args: unknown[]) => told.push(args) };
  const trace = { putAnnotation: (...args: unknown[]) => told.push(args) };
  world.report = reportTo(logger, count, trace, 'orderId');
  const answers: Answer[] = [];
  const everyAnswer = async () => {
    for (const path of [`/orders/${ID}`, '/orders?status=AWAITING_CONFIRMATION']) answers.push(await world.get(path));
    for (const decision of ['confirm', 'reject'] as const) answers.push(await world.confirm({ decision }));
  };

  await world.submit();
  const slow = world.sfn.beginAttempt(ID);
  await world.wait();
  await world.store(slow);
  answers.push(await world.get('/orders?status=AWAITING_CONFIRMATION'));
  for (let nth = 0; nth < 6; nth += 1)
    answers.push(await world.confirm({ decision: 'confirm' }, crashAt(nth, 'after')));
  answers.push(
    await world.get(`/orders/${ID}`, async (call, perform) => {
      if (call === 'SendTaskSuccessCommand') throw new Error('rate exceeded');
      return perform();
    }),
  );
  await everyAnswer();
  world.finish();
  await everyAnswer();
  for (const failure of world.failures) logger.error('function.failed', { error: failure as Error });

  assert.equal(world.sfn.tokens.length, 2);
  assert.ok(lines.length >= 6, 'there are log lines to look at');
  const everything = [
    ...lines,
    ...answers.map(({ text }) => text),
    inspect([told, world.failures, lines], { depth: 9 }),
  ];
  for (const token of world.sfn.tokens) {
    for (const text of everything) assert.ok(!text.includes(token), text);
  }
});

test('every log line is one JSON object with the name of its event, its order and its execution', async () => {
  const world = new World();
  const { logger, lines } = keptLogger();
  world.report = reportTo(logger, { addMetric: () => {} }, { putAnnotation: () => {} }, 'orderId');
  await world.submit();
  await world.wait();
  await world.confirm({ decision: 'confirm', comment: 'a line\nbreak and \u001b[31mcolour' });
  assert.ok(lines.length >= 4);
  for (const line of lines) {
    assert.ok(!line.includes('\n') && !line.includes('\u001b'), line);
    const { message, orderId, executionArn } = JSON.parse(line);
    assert.match(message, /^(order|wait|request|message)\.[a-z.-]+$/);
    assert.equal(orderId, ID);
    assert.match(executionArn, new RegExp(`:execution:Orders:${ID}$`));
  }
});

test('the events that matter are counted', async () => {
  const world = new World();
  const counted: string[] = [];
  const log = { info: () => {}, error: () => {} };
  world.report = reportTo(log, { addMetric: (name) => counted.push(name) }, { putAnnotation: () => {} }, 'orderId');
  await world.submit();
  await world.wait();
  await world.confirm({ decision: 'confirm' });
  await world.confirm({ decision: 'reject' });
  assert.deepEqual(counted, ['OrdersAccepted', 'ConfirmationsRequested', 'ConfirmationsConfirmed', 'SecondsToDecide']);

  const late = new World();
  const expired: string[] = [];
  late.report = reportTo(log, { addMetric: (name) => expired.push(name) }, { putAnnotation: () => {} }, 'orderId');
  await late.submit();
  await late.wait();
  late.nowMs += DEADLINE_SECONDS * 1000;
  await late.close(late.sfn.timeOut(ID));
  assert.deepEqual(expired, ['OrdersAccepted', 'ConfirmationsRequested', 'ConfirmationsExpired', 'SecondsToDecide']);
});

test('a task token shows itself to nobody by accident', async () => {
  const world = new World();
  await world.submit();
  const { taskToken } = parseWaitEvent(world.sfn.beginAttempt(ID)).wait;
  const [token] = world.sfn.tokens;
  assert.ok(token !== undefined);
  assert.equal(taskToken.reveal(), token);
  for (const shown of [JSON.stringify({ taskToken }), inspect({ taskToken }), String(taskToken)]) {
    assert.ok(!shown.includes(token), shown);
  }
});

test('an event that is not what it should be is refused without repeating its token', () => {
  const event = { taskToken: 'a-token-that-nobody-may-see', input: { orderId: '!' }, attempt: 7 };
  assert.throws(
    () => parseWaitEvent(event),
    (error) => {
      assert.ok(error instanceof Error);
      assert.doesNotMatch(inspect(error), /nobody-may-see/);
      assert.match(error.message, /\/attempt/);
      return true;
    },
  );
});
