import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ordersApiDouble, problem } from './orders-api-double.ts';
import { runCli } from './run-cli.ts';

const accepted = { orderId: 'apples-1', status: 'PROCESSING', links: { self: '/orders/apples-1' } };
const waiting = {
  orderId: 'apples-1',
  status: 'AWAITING_CONFIRMATION',
  orderDetails: 'two crates of apples',
  amount: { value: '120.00', currency: 'EUR' },
  acceptedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2999-01-01T00:00:00.000Z',
};
const pending = {
  deadline: '2999-01-01T00:00:00.000Z',
  approvers: { groups: ['managers'], people: ['dora'] },
  confirmations: { stage: 1, stages: 1, given: 1, needed: 2 },
  owner: 'managers',
  commentRequired: ['reject'],
  form: { type: 'object', properties: { invoice: {}, note: {} }, required: ['invoice'] },
  holdSeconds: 1800,
  mayAnswer: true,
};
const receipt = {
  id: 'apples-1',
  decision: 'confirm',
  decidedAt: '2026-01-01T00:00:00.000Z',
  status: 'CONFIRMED',
};

test('submit sends the order and says its id and what to do next', async () => {
  await using api = await ordersApiDouble(() => ({ status: 202, body: accepted }));
  const order = [
    'two crates of apples',
    '--id',
    'apples-1',
    '--item',
    'apple=48',
    '--item',
    'box=2',
    '--amount',
    '120.00EUR',
  ];
  const ended = await runCli(['orders', 'submit', ...order, '--idempotency-key', 'monday', '--url', api.url]);
  assert.deepEqual(ended, {
    code: 0,
    stdout: 'apples-1  PROCESSING\n',
    stderr: '→ countersign orders confirm apples-1\n',
  });
  assert.deepEqual(api.requests[0]?.body, {
    orderId: 'apples-1',
    orderDetails: 'two crates of apples',
    items: [
      { sku: 'apple', quantity: 48 },
      { sku: 'box', quantity: 2 },
    ],
    amount: { value: '120.00', currency: 'EUR' },
  });
  assert.equal(api.requests[0]?.headers['idempotency-key'], 'monday');
});

test('submit takes the whole order from a file or from stdin', async () => {
  await using api = await ordersApiDouble(() => ({ status: 202, body: accepted }));
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  const file = join(folder, 'order.json');
  writeFileSync(file, '{"orderDetails":"from a file"}');
  await runCli(['orders', 'submit', '--file', file, '--url', api.url]);
  await runCli(['orders', 'submit', '--file', '-', '--url', api.url], { stdin: '{"orderDetails":"from stdin"}' });
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    api.requests.map(({ body }) => body),
    [{ orderDetails: 'from a file' }, { orderDetails: 'from stdin' }],
  );
});

test('submit tells every fault the API names, and that it was wrong usage', async () => {
  const faults = [
    { pointer: '/items/0/quantity', detail: 'must be at least 1' },
    { pointer: '', detail: 'has an unknown member "colour"' },
  ];
  await using api = await ordersApiDouble(() => problem(400, 'The order has 2 faults.', faults));
  const { code, stdout, stderr } = await runCli(['orders', 'submit', 'apples', '--url', api.url]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    'error: The order has 2 faults.\n' +
      '  /items/0/quantity: must be at least 1\n' +
      '  the body: has an unknown member "colour"\n' +
      '→ `countersign orders submit --help` shows how an order is given.\n',
  );
});

for (const [title, args, message] of [
  ['no order at all', [], /needs details, or --file/],
  ['details beside --file', ['apples', '--file', 'x.json'], /--file is the whole order/],
  ['a file that is not there', ['--file', '/nowhere/x.json'], /x\.json cannot be read/],
  ['stdin that is no JSON', ['--file', '-'], /stdin holds no JSON/],
  ['an item without a number', ['apples', '--item', 'apple=none'], /apple=48/],
  ['an amount without a currency', ['apples', '--amount', '120'], /120\.00EUR/],
  ['a URL that is none', ['apples', '--url', 'here'], /http:\/\/127\.0\.0\.1:3000/],
] as const) {
  test(`submit refuses ${title} before it asks anybody`, async () => {
    const { code, stderr } = await runCli(['orders', 'submit', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.match(stderr, /^→ /m);
  });
}

test('list shows what waits as a table, and how to see more', async () => {
  const waitingSince = new Date(Date.now() - 3 * 3_600_000 - 60_000).toISOString();
  const orders = [{ ...waiting, waitingSince, pending }];
  await using api = await ordersApiDouble(() => ({ status: 200, body: { orders, nextCursor: 'page-2' } }));
  const { code, stdout, stderr } = await runCli([
    'orders',
    'list',
    '--limit',
    '1',
    '--cursor',
    'page-1',
    '--url',
    api.url,
  ]);
  assert.equal(code, 0);
  const [headings, row, ...rest] = stdout.trimEnd().split('\n');
  assert.match(headings ?? '', /^ORDER +WAITING SINCE +DEADLINE +APPROVERS +CONFIRMED +AMOUNT +DETAILS$/);
  assert.match(
    row ?? '',
    /^apples-1 +3 h 1 min ago +in \d+ d( \d+ h)? +group managers, dora +1\/2 +120\.00 EUR +two crates of apples$/,
  );
  assert.deepEqual(rest, []);
  assert.match(stderr, /--cursor page-2/);
  assert.equal(api.requests[0]?.path, '/orders?status=AWAITING_CONFIRMATION&limit=1&cursor=page-1');
});

test('an empty list says so on stderr and leaves stdout empty', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { orders: [] } }));
  const ended = await runCli(['orders', 'list', '--url', api.url]);
  assert.deepEqual(ended, { code: 0, stdout: '', stderr: 'No order waits for a confirmation.\n' });
});

test('a page may be empty and not be the last', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { orders: [], nextCursor: 'apples-9' } }));
  const { code, stdout, stderr } = await runCli(['orders', 'list', '--url', api.url]);
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /^→ there may be more: .*--cursor apples-9\n$/);
});

test('the address is taken as the stack puts it out, too: with /orders at its end', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: waiting }));
  await runCli(['orders', 'show', 'apples-1', '--url', `${api.url}/orders/`]);
  assert.equal(api.requests[0]?.path, '/orders/apples-1');
});

test('a bearer token comes from the environment and never shows', async () => {
  await using api = await ordersApiDouble(() => ({ status: 401, body: { message: 'Unauthorized' } }));
  const env = { COUNTERSIGN_BEARER_TOKEN: 'a-secret-token', COUNTERSIGN_URL: api.url };
  const { code, stdout, stderr } = await runCli(['orders', 'show', 'apples-1'], { env });
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer a-secret-token');
  assert.equal(code, 1);
  assert.equal(
    `${stdout}${stderr}`,
    'error: Unauthorized\n→ Set COUNTERSIGN_BEARER_TOKEN to a token of the identity provider that this API trusts.\n',
  );
});

test('show tells what is known of an order, one fact a line', async () => {
  const order = {
    ...waiting,
    status: 'REJECTED',
    items: [{ sku: 'apple', quantity: 48 }],
    confirmation: { decision: 'reject', comment: 'too late', decidedAt: '2026-01-02T00:00:00.000Z' },
  };
  await using api = await ordersApiDouble(() => ({ status: 200, body: order }));
  const { code, stdout } = await runCli(['orders', 'show', 'apples-1', '--url', api.url]);
  assert.equal(code, 0);
  for (const line of [
    /^Order +apples-1$/m,
    /^Status +REJECTED$/m,
    /^Items +48 × apple$/m,
    /^Comment +too late$/m,
    /^Decided +2026-01-02T00:00:00\.000Z \(\d+ d.* ago\)$/m,
  ]) {
    assert.match(stdout, line);
  }
});

test('show tells who is asked, how far it has come, and what an answer needs', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { ...waiting, requestedBy: 'rita', pending } }));
  const { stdout } = await runCli(['orders', 'show', 'apples-1', '--url', api.url]);
  for (const line of [
    /^Requested by +rita$/m,
    /^Deadline +2999-01-01T00:00:00\.000Z \(in \d+ d.*\)$/m,
    /^Approvers +group managers, dora$/m,
    /^Confirmed +1\/2$/m,
    /^Owner +managers$/m,
    /^Comment +needed to reject$/m,
    /^Form +invoice, note \(optional\)$/m,
    /^Undo +for 30 min after the decision$/m,
    /^You +may answer now$/m,
  ]) {
    assert.match(stdout, line);
  }
});

test('show tells who decided, until when it can be undone, and why an order was withdrawn', async () => {
  const confirmation = {
    decision: 'withdrawn',
    decidedAt: '2026-01-02T00:00:00.000Z',
    decidedBy: ['ben', 'chris'],
    reason: 'ordered twice',
    effectiveAt: '2999-01-02T00:00:00.000Z',
    data: { invoice: '17' },
  };
  const order = { ...waiting, status: 'WITHDRAWN', confirmation };
  await using api = await ordersApiDouble(() => ({ status: 200, body: order }));
  const { stdout } = await runCli(['orders', 'show', 'apples-1', '--url', api.url]);
  for (const line of [
    /^Status +WITHDRAWN$/m,
    /^By +ben, chris$/m,
    /^Reason +ordered twice$/m,
    /^Data +\{"invoice":"17"\}$/m,
    /^Undo until +2999-01-02T00:00:00\.000Z \(in /m,
  ]) {
    assert.match(stdout, line);
  }
});

test('show tells when a decision that was held took effect', async () => {
  const confirmation = { decision: 'confirm', effectiveAt: '2026-01-02T00:00:00.000Z' };
  await using api = await ordersApiDouble(() => ({ status: 200, body: { ...waiting, confirmation } }));
  const { stdout } = await runCli(['orders', 'show', 'apples-1', '--url', api.url]);
  assert.match(stdout, /^Took effect +2026-01-02T00:00:00\.000Z \(\d+ d.* ago\)$/m);
  assert.doesNotMatch(stdout, /Undo until/);
});

test('list --mine asks only for what one may answer', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { orders: [], nextCursor: 'apples-9' } }));
  const { stderr } = await runCli(['orders', 'list', '--mine', '--url', api.url]);
  assert.equal(api.requests[0]?.path, '/orders?status=AWAITING_CONFIRMATION&limit=50&mine=true');
  assert.match(stderr, /orders list --mine --limit 50 --cursor apples-9/);
});

test('an order id with strange characters cannot leave its place in the path', async () => {
  await using api = await ordersApiDouble(() => problem(404, 'There is no such order.'));
  await runCli(['orders', 'show', '../x?y#z', '--url', api.url]);
  assert.equal(api.requests[0]?.path, '/orders/..%2Fx%3Fy%23z');
});

for (const decision of ['confirm', 'reject']) {
  test(`${decision} sends the decision with its comment and prints the receipt`, async () => {
    await using api = await ordersApiDouble(() => ({
      status: 200,
      body: { ...receipt, decision, comment: 'checked' },
    }));
    const { code, stdout } = await runCli(['orders', decision, 'apples-1', '--comment', 'checked', '--url', api.url]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      new RegExp(
        `^Order +apples-1\nDecision +${decision}\nComment +checked\nDecided +2026-01-01T00:00:00.000Z\nStatus +CONFIRMED\n$`,
      ),
    );
    assert.deepEqual(api.requests[0]?.body, { decision, comment: 'checked' });
    assert.equal(api.requests[0]?.path, '/orders/apples-1/confirmation');
  });
}

for (const [status, code, meaning] of [
  [400, 2, 'wrong usage'],
  [404, 3, 'not found'],
  [409, 4, 'conflict'],
  [410, 5, 'expired'],
  [429, 1, 'failure'],
  [500, 1, 'failure'],
] as const) {
  test(`an answer ${status} ends a command with ${code}: ${meaning}`, async () => {
    await using api = await ordersApiDouble(() => problem(status, 'It was rejected on 2 May.'));
    const ended = await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
    assert.equal(ended.code, code);
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, /^error: It was rejected on 2 May\.\n→ .+\n$/);
  });
}

test('--json gives the API’s own answer on one line, and nothing else', async () => {
  const bodies = { POST: receipt, GET: { orders: [waiting] } };
  await using api = await ordersApiDouble((method) => ({
    status: 200,
    body: method === 'POST' ? bodies.POST : bodies.GET,
  }));
  for (const [args, body] of [
    [['orders', 'submit', 'apples'], bodies.POST],
    [['orders', 'confirm', 'apples-1'], bodies.POST],
    [['orders', 'list'], bodies.GET],
    [['orders', 'show', 'apples-1'], bodies.GET],
  ] as const) {
    assert.deepEqual(await runCli([...args, '--json', '--url', api.url]), {
      code: 0,
      stdout: `${JSON.stringify(body)}\n`,
      stderr: '',
    });
  }
});

test('--json gives a refusal as one JSON object on stderr', async () => {
  await using api = await ordersApiDouble(() => problem(404, 'There is no order "apples-9".'));
  const { code, stdout, stderr } = await runCli(['orders', 'show', 'apples-9', '--json', '--url', api.url]);
  assert.equal(code, 3);
  assert.equal(stdout, '');
  assert.deepEqual(JSON.parse(stderr), {
    error: 'There is no order "apples-9".',
    nextStep: '`countersign orders list` shows the orders that wait.',
    exitCode: 3,
  });
});

test('where nobody answers, a command says how to start', async () => {
  const { url } = await closedApi();
  const ended = await runCli(['orders', 'list'], { env: { COUNTERSIGN_URL: url } });
  assert.equal(ended.code, 1);
  assert.equal(
    ended.stderr,
    `error: No orders API answers at ${url}.\n→ \`countersign start\` starts one on this machine; --url or COUNTERSIGN_URL names another.\n`,
  );
});

test('where something else answers, a command says that it is no orders API', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: '<html>' }));
  const { code, stderr } = await runCli(['orders', 'list', '--url', api.url]);
  assert.equal(code, 1);
  assert.match(stderr, /is no orders API/);
});

test('escape sequences in an order never reach the terminal', async () => {
  const hostile = { ...waiting, orderDetails: 'apples\u001B[2J\u009B1m\u202Egnp', status: '\u001B]0;owned\u0007' };
  await using api = await ordersApiDouble(() => ({ status: 200, body: { orders: [hostile], ...hostile } }));
  for (const args of [['list'], ['show', 'x'], ['list', '--json'], ['show', 'x', '--json'], ['confirm', 'x']]) {
    const { stdout } = await runCli(['orders', ...args, '--url', api.url]);
    assert.doesNotMatch(stdout, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u, args.join(' '));
  }
});

async function closedApi(): Promise<{ url: string }> {
  await using api = await ordersApiDouble(() => problem(500, 'closed'));
  return { url: api.url };
}
