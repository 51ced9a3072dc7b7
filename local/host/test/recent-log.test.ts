import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startHttpServer } from '../src/http-server.ts';
import { silentLog } from '../src/log.ts';
import { createRecentLog } from '../src/services/recent-log.ts';

interface Page {
  readonly lines: readonly { sequence: number; at: string; level: string; event: string; fields: object }[];
  readonly last: number;
  readonly isAll: boolean;
}

async function kept(t: TestContext) {
  let heard = 0;
  const recent = createRecentLog({
    now: () => Date.UTC(2030, 0, 1),
    onLine: () => heard++,
    hide: (text) => text.replaceAll('secret', 'hidden'),
  });
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, purpose: 'the test', handle: recent.handle });
  t.after(() => server.close(0));
  const read = async (query = ''): Promise<Page> => (await (await fetch(server.url + query)).json()) as Page;
  return { log: recent.listening(silentLog), read, url: server.url, heard: () => heard };
}

test('lines are told from where somebody has read to, and what is only for finding faults is not', async (t) => {
  const { log, read, heard } = await kept(t);
  assert.deepEqual((await read()).lines, []);
  log.info('order.accepted', { orderId: 'apples-1' });
  log.debug('state.entered', { state: 'ProcessOrder' });
  const first = await read();
  assert.deepEqual(
    first.lines.map(({ at, level, event, fields }) => ({ at, level, event, fields })),
    [{ at: '2030-01-01T00:00:00.000Z', level: 'info', event: 'order.accepted', fields: { orderId: 'apples-1' } }],
  );
  assert.equal(first.isAll, true);
  log.error('task.failed', { error: new Error('no apples') });
  const [second] = (await read(`?after=${first.last}`)).lines;
  assert.deepEqual(second?.fields, { error: 'Error: no apples' });
  assert.equal(heard(), 2);
});

test('the newest lines are kept, page by page, and what is too long is cut', async (t) => {
  const { log, read } = await kept(t);
  for (let index = 0; index < 3_000; index++) log.info(`line-${index}`);
  log.warn('long', { message: 'a'.repeat(100_000) });
  const many = Array.from({ length: 1_000 }, (_, index) => [`field-${index}`, 'b'.repeat(100)] as const);
  log.warn('wide', Object.fromEntries(many));
  const newest = await read();
  assert.equal(newest.lines.length, 500);
  assert.equal(newest.lines.at(-1)?.event, 'wide');
  assert.ok(JSON.stringify(newest.lines.at(-1)).length < 8_200);
  assert.ok(JSON.stringify(newest.lines.at(-2)).length < 3_200);
  const events: string[] = [];
  let page: Page = await read('?after=0');
  events.push(...page.lines.map(({ event }) => event));
  while (!page.isAll) {
    page = await read(`?after=${page.last}`);
    events.push(...page.lines.map(({ event }) => event));
  }
  assert.equal(events.length, 2_000);
  assert.equal(events[0], 'line-1002');
});

test('what is to be hidden is hidden wherever a line has it, also where it would have been cut', async (t) => {
  const { log, read } = await kept(t);
  log.info('lambda.log', {
    message: `${'a'.repeat(2_997)}secret`,
    nested: { list: ['a secret'] },
    error: new Error('secret'),
  });
  const page = JSON.stringify(await read());
  assert.doesNotMatch(page, /sec/v);
  assert.equal(page.match(/hid/gv)?.length, 3);
});

test('a place that is none is refused', async (t) => {
  const { url } = await kept(t);
  for (const after of ['-1', 'x', '1e9', '']) assert.equal((await fetch(`${url}?after=${after}`)).status, 400, after);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
});
