import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderIdFromKey } from '../src/order.ts';
import { crashAt, undisturbed } from '../../confirmations/test/around.ts';
import { progressKey, readProgressIn } from '../../long-tasks/src/index.ts';
import { DEADLINE_SECONDS } from './fake-step-functions.ts';
import { type Answer, ID, ORDER, World, worldWithOrder, worldWithWaitingOrder } from './world.ts';

const LINKS = {
  self: `/orders/${ID}`,
  confirmation: `/orders/${ID}/confirmation`,
  receipt: `/orders/${ID}/receipt`,
};
const JSON_TYPE = { 'content-type': 'application/json' };

/** Of a request that anybody may answer. */
function pendingUntil(deadline: string) {
  const confirmations = { stage: 1, stages: 1, given: 0, needed: 1 };
  return { deadline, approvers: {}, confirmations, owner: 'managers', mayAnswer: true };
}

function assertProblem(answer: Answer, status: number, type: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.body['type'], `urn:countersign:problem:${type}`);
  assert.equal(answer.body['status'], status);
  for (const member of ['title', 'detail']) assert.equal(typeof answer.body[member], 'string');
}

test('an order is accepted, and where to look for it is told', async () => {
  const world = new World();
  const { status, headers, body } = await world.submit();
  assert.equal(status, 202);
  assert.equal(headers.get('location'), LINKS.self);
  assert.deepEqual(body, { orderId: ID, status: 'PROCESSING', links: LINKS });
  assert.deepEqual(world.sfn.order(ID), ORDER);
});

test('the same order again gets the same answer and starts nothing', async () => {
  const world = await worldWithWaitingOrder();
  const again = await world.submit(Object.fromEntries(Object.entries(ORDER).reverse()));
  assert.equal(again.status, 202);
  assert.deepEqual(again.body, { orderId: ID, status: 'PROCESSING', links: LINKS });
  assert.equal(world.sfn.executions.size, 1);
});

test('the same order after it has ended gets its true status', async () => {
  const world = await worldWithWaitingOrder();
  await world.confirm({ decision: 'reject' });
  world.finish();
  const again = await world.submit();
  assert.equal(again.status, 202);
  assert.equal(again.body['status'], 'REJECTED');
});

test('another order under the same id is refused, while the first one runs and after it', async () => {
  const world = await worldWithWaitingOrder();
  const other = { ...ORDER, orderDetails: 'Three chairs' };
  assertProblem(await world.submit(other), 409, 'order-id-taken');
  await world.confirm({ decision: 'confirm' });
  world.finish();
  assertProblem(await world.submit(other), 409, 'order-id-taken');
});

test('an order without an id gets one: the same for the same idempotency key', async () => {
  const world = new World();
  const { orderId: _, ...order } = ORDER;
  const send = (key?: string) =>
    world.request('POST', '/orders', {
      headers: key === undefined ? JSON_TYPE : { ...JSON_TYPE, 'idempotency-key': key },
      body: JSON.stringify(order),
    });
  assert.equal((await send()).body['orderId'], 'a-random-id');
  assert.equal((await send('key-1')).body['orderId'], orderIdFromKey('key-1'));
  assert.equal((await send('key-1')).body['orderId'], orderIdFromKey('key-1'));
  assert.equal((await send('key-2')).body['orderId'], orderIdFromKey('key-2'));
  assertProblem(await send('x'.repeat(256)), 400, 'malformed-request');
});

test('an order tells where it stands, from its acceptance to its end', async () => {
  const world = await worldWithOrder();
  const acceptedAt = new Date(world.nowMs).toISOString();
  const view = async () => (await world.get(`/orders/${ID}`)).body;
  const always = { ...ORDER, acceptedAt, links: LINKS };
  assert.deepEqual(await view(), { ...always, status: 'PROCESSING' });

  world.nowMs += 1000;
  await world.wait();
  const expiresAt = new Date(world.nowMs + DEADLINE_SECONDS * 1000).toISOString();
  const pending = pendingUntil(expiresAt);
  assert.deepEqual(await view(), { ...always, status: 'AWAITING_CONFIRMATION', expiresAt, pending });

  world.nowMs += 1000;
  await world.confirm({ decision: 'confirm', comment: 'go' });
  const confirmation = { decision: 'confirm', comment: 'go', decidedAt: new Date(world.nowMs).toISOString() };
  assert.deepEqual(await view(), { ...always, status: 'CONFIRMED', confirmation });

  world.nowMs += 1000;
  world.finish();
  const endedAt = new Date(world.nowMs).toISOString();
  assert.deepEqual(await view(), { ...always, status: 'COMPLETED', confirmation, endedAt });
});

test('an order that expired has no confirmation', async () => {
  const world = await worldWithWaitingOrder();
  world.nowMs += DEADLINE_SECONDS * 1000;
  const decision = await world.close(world.sfn.timeOut(ID));
  assert.equal((await world.get(`/orders/${ID}`)).body['status'], 'EXPIRED');
  world.sfn.end(ID, decision);
  const { body } = await world.get(`/orders/${ID}`);
  assert.equal(body['status'], 'EXPIRED');
  assert.equal(body['confirmation'], undefined);
});

test('an order that failed tells why, and not where in our code', async () => {
  const failures = [
    {
      given: { status: 'FAILED' as const, error: 'Error', cause: '{"errorMessage":"no stock","trace":["at x.ts:1"]}' },
      shown: { error: 'Error', cause: 'no stock' },
    },
    { given: { status: 'FAILED' as const, error: 'E', cause: 'plain' }, shown: { error: 'E', cause: 'plain' } },
    {
      given: {
        status: 'FAILED' as const,
        error: 'States.TaskFailed',
        cause:
          '{"JobId":"1","JobDefinition":"arn:aws:batch:…","StatusReason":"Essential container in task exited",' +
          '"Container":{"ExitCode":3,"JobRoleArn":"arn:aws:iam::…"}}',
      },
      shown: { error: 'States.TaskFailed', cause: 'Essential container in task exited: exit code 3' },
    },
    { given: { status: 'ABORTED' as const }, shown: { error: 'ABORTED', cause: 'The execution was stopped.' } },
  ];
  for (const { given, shown } of failures) {
    const world = await worldWithOrder();
    world.sfn.fail(ID, given);
    const { body } = await world.get(`/orders/${ID}`);
    assert.equal(body['status'], 'FAILED');
    assert.deepEqual(body['failure'], shown);
  }
});

test('an execution that somebody started by hand is no order', async () => {
  const world = await worldWithOrder();
  const execution = world.sfn.executions.get(ID) ?? assert.fail();
  world.sfn.executions.set('by-hand', { ...execution, input: '{}' });
  world.sfn.executions.set('renamed', execution);
  for (const name of ['by-hand', 'renamed']) assertProblem(await world.get(`/orders/${name}`), 404, 'unknown-order');
});

test('an execution that Step Functions does not show at once is found', async () => {
  const world = await worldWithOrder();
  const execution = world.sfn.executions.get(ID) ?? assert.fail();
  world.sfn.executions.clear();
  let looks = 0;
  const answer = await world.get(`/orders/${ID}`, async (call, perform) => {
    if (call === 'DescribeExecutionCommand' && (looks += 1) === 3) world.sfn.executions.set(ID, execution);
    return perform();
  });
  assert.equal(answer.status, 200);
});

test('the orders that wait are listed by id, page by page, and those that do not are not', async () => {
  const world = new World();
  const ids = ['a', 'a-b', 'b', 'c', 'd'];
  for (const orderId of ids) {
    await world.submit({ ...ORDER, orderId });
    await world.store(world.sfn.beginAttempt(orderId));
  }
  await world.submit({ ...ORDER, orderId: 'still-processing' });
  await world.post('/orders/b/confirmation', { decision: 'confirm' });

  const seen: unknown[] = [];
  let path: string | undefined = '/orders?status=AWAITING_CONFIRMATION&limit=2';
  for (let pages = 0; path !== undefined; pages += 1) {
    assert.ok(pages < 5);
    const { status, body }: Answer = await world.get(path);
    assert.equal(status, 200);
    const { orders, nextCursor } = body as { orders: { orderId: string }[]; nextCursor?: string };
    seen.push(...orders.map(({ orderId }) => orderId));
    path = nextCursor && `/orders?status=AWAITING_CONFIRMATION&limit=2&cursor=${nextCursor}`;
  }
  assert.deepEqual(seen, ['a-b', 'a', 'c', 'd']);
});

test('an order in the list shows what a person needs to decide, and until when', async () => {
  const world = await worldWithWaitingOrder();
  const { body } = await world.get('/orders?status=AWAITING_CONFIRMATION');
  const waitingSince = new Date(world.nowMs).toISOString();
  const expiresAt = new Date(world.nowMs + DEADLINE_SECONDS * 1000).toISOString();
  const pending = pendingUntil(expiresAt);
  const order = { ...ORDER, status: 'AWAITING_CONFIRMATION', waitingSince, expiresAt, pending, links: LINKS };
  assert.deepEqual(body, { orders: [order] });

  world.nowMs += DEADLINE_SECONDS * 1000;
  assert.deepEqual((await world.get('/orders?status=AWAITING_CONFIRMATION')).body, { orders: [] });
});

for (const query of [
  '',
  '?status=COMPLETED',
  '?status=AWAITING_CONFIRMATION&limit=0',
  '?status=AWAITING_CONFIRMATION&limit=101',
  '?status=AWAITING_CONFIRMATION&limit=x',
  '?status=AWAITING_CONFIRMATION&cursor=..%2F',
]) {
  test(`GET /orders${query} is refused`, async () => {
    assertProblem(await new World().get(`/orders${query}`), 400, 'malformed-request');
  });
}

test('a body with faults is refused with all of them', async () => {
  const answer = await new World().submit({ orderId: '!', amount: {} });
  assertProblem(answer, 400, 'invalid-request');
  const pointers = (answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
  assert.deepEqual(pointers.sort(), ['/amount/currency', '/amount/value', '/orderDetails', '/orderId']);
});

const MALFORMED: [why: string, init: RequestInit, status: number, type: string][] = [
  ['no JSON', { headers: JSON_TYPE, body: '{"orderDetails":' }, 400, 'malformed-request'],
  ['no UTF-8', { headers: JSON_TYPE, body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'malformed-request'],
  ['nothing', { headers: JSON_TYPE }, 400, 'malformed-request'],
  [
    'a form',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
    415,
    'unsupported-media-type',
  ],
  ['plain text', { headers: { 'content-type': 'text/plain' }, body: '{}' }, 415, 'unsupported-media-type'],
  ['no type', { body: new Uint8Array([0x7b, 0x7d]) }, 415, 'unsupported-media-type'],
  ['zipped', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: '{}' }, 415, 'unsupported-media-type'],
  ['65 KiB', { headers: JSON_TYPE, body: `"${'x'.repeat(65 * 1024)}"` }, 413, 'body-too-large'],
  ['64 KiB of nesting', { headers: JSON_TYPE, body: '['.repeat(32_768) + ']'.repeat(32_768) }, 400, 'invalid-request'],
];

for (const path of ['/orders', `/orders/${ID}/confirmation`]) {
  for (const [why, init, status, type] of MALFORMED) {
    test(`POST ${path} refuses a body that is ${why}`, async () => {
      assertProblem(await (await worldWithOrder()).request('POST', path, init), status, type);
    });
  }
}

test('the media type may name its character set', async () => {
  const init = { headers: { 'content-type': 'Application/JSON; charset=utf-8' }, body: JSON.stringify(ORDER) };
  assert.equal((await new World().request('POST', '/orders', init)).status, 202);
});

test('unknown orders and unknown routes are told apart', async () => {
  const world = new World();
  assertProblem(await world.get('/orders/nobody'), 404, 'unknown-order');
  assertProblem(await world.get('/orders/..%2Fwaits'), 404, 'unknown-order');
  assertProblem(await world.post('/orders/%E0%A4%A/confirmation', { decision: 'confirm' }), 404, 'unknown-order');
  for (const path of ['/', '/order', '/orders/', '/orders/a/b']) {
    assertProblem(await world.get(path), 404, 'unknown-route');
  }
});

const METHODS: [method: string, path: string, allow: string][] = [
  ['DELETE', '/orders', 'GET, HEAD, POST'],
  ['PUT', `/orders/${ID}`, 'GET, HEAD'],
  ['GET', `/orders/${ID}/confirmation`, 'POST'],
  ['HEAD', `/orders/${ID}/confirmation`, 'POST'],
  ['PATCH', `/orders/${ID}/confirmation`, 'POST'],
];

for (const [method, path, allow] of METHODS) {
  test(`${method} ${path} is refused and changes nothing`, async () => {
    const world = await worldWithWaitingOrder();
    const answer = await world.request(method, path);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), allow);
    assert.equal(world.sfn.answerOf(ID), undefined);
  });
}

test('looking at an order, however often, decides nothing', async () => {
  const world = await worldWithWaitingOrder();
  const before = [...world.s3.objects];
  for (const method of ['GET', 'HEAD']) {
    for (const path of [`/orders/${ID}`, '/orders?status=AWAITING_CONFIRMATION']) {
      for (let times = 0; times < 5; times += 1) assert.equal((await world.request(method, path)).status, 200);
    }
  }
  assert.deepEqual([...world.s3.objects], before);
  assert.equal(world.sfn.answerOf(ID), undefined);
});

test('no answer is kept by a cache', async () => {
  const world = await worldWithOrder();
  for (const path of [`/orders/${ID}`, '/orders/nobody', '/nowhere']) {
    assert.equal((await world.get(path)).headers.get('cache-control'), 'no-store');
  }
});

test('what fails inside is told to the log and not to the client, who may try again', async () => {
  const world = await worldWithWaitingOrder();
  const answer = await world.confirm({ decision: 'confirm' }, async (call, perform) => {
    if (call === 'SendTaskSuccessCommand') throw new Error('states: ThrottlingException: rate exceeded');
    return perform();
  });
  assertProblem(answer, 503, 'unavailable');
  assert.equal(answer.headers.get('retry-after'), '1');
  assert.doesNotMatch(answer.text, /states|Throttling/i);
  assert.match(String(world.failures[0]), /rate exceeded/);

  assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
});

test('an order can be looked at while its decision cannot be delivered', async () => {
  const world = await worldWithWaitingOrder();
  await world.confirm({ decision: 'confirm' }, crashAt(4, 'before'));
  const failing = async (call: string, perform: () => unknown) => {
    if (call === 'SendTaskSuccessCommand') throw new Error('rate exceeded');
    return perform();
  };
  const answer = await world.get(`/orders/${ID}`, failing);
  assert.equal(answer.status, 200);
  assert.equal(answer.body['status'], 'CONFIRMED');
  assert.ok(world.eventNames().includes('message.undelivered'));
});

test('an order that is processed as a long task says how far it has come, until it has been processed', async () => {
  const world = await worldWithOrder();
  world.readProgress = readProgressIn('long-tasks', world.s3.client(undisturbed));
  const progress = async () => (await world.get(`/orders/${ID}`)).body['progress'];
  assert.equal(await progress(), undefined, 'its program has not said anything');
  const said = { percent: 40, at: '2026-11-23T08:00:05.000Z', message: 'frames' };
  world.s3.objects.set(progressKey(ID), JSON.stringify(said));
  assert.deepEqual(await progress(), said);
  world.s3.objects.set(progressKey(ID), JSON.stringify({ ...said, at: '2026-08-01T08:00:00.000Z' }));
  assert.equal(await progress(), undefined, 'an order of that id three months ago');
  world.s3.objects.set(progressKey(ID), JSON.stringify(said));
  await world.wait();
  assert.equal(await progress(), undefined, 'it waits for people now');
});
