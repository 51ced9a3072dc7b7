import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PagesNeighbours } from '../src/index.ts';
import { PARCELS } from './assembly-files.ts';
import { keysFile } from './keys-file.ts';
import { startTestHost } from './test-host.ts';

async function startWithPages(host: string) {
  let beside: PagesNeighbours | undefined;
  const files = new Map([['', { headers: { 'content-type': 'text/html' }, body: 'the page' }]]);
  const running = await startTestHost({
    assemblyDir: PARCELS,
    host,
    ...(host === '127.0.0.1' ? { timeTravel: true } : { credentialsFile: keysFile(), iam: 'enforced' }),
    pages: {
      path: '/pages/',
      site(neighbours) {
        beside = neighbours;
        return Promise.resolve({ path: '/pages/', files });
      },
    },
  });
  const [api] = running.apis;
  assert.ok(api !== undefined);
  const get = async (url: string, path: string) => {
    const response = await fetch(`${url}/_countersign/${path}`);
    await response.body?.cancel();
    return { status: response.status, type: response.headers.get('content-type') ?? '' };
  };
  return {
    running,
    beside,
    atPages: (path: string) => get(api.url, path),
    atAws: (path: string) => get(running.awsUrl, path),
  };
}

test('pages find beside them what the machine offers, and are told that it is there', async () => {
  const { beside, running, atPages } = await startWithPages('127.0.0.1');
  assert.deepEqual(beside?.machine, { timeTravel: true });
  assert.equal((await atPages('changes')).type, 'text/event-stream');
  for (const path of ['log', 'time']) assert.deepEqual(await atPages(path), { status: 200, type: 'application/json' });
  assert.match((await atPages('outbox')).type, /^text\/html/v);
  assert.equal((await atPages('nothing')).status, 404);
  await running.close();
});

test('where others can reach the pages, there is nothing of it, nor at the endpoint of AWS', async () => {
  const { beside, running, atPages, atAws } = await startWithPages('0.0.0.0');
  assert.equal(beside?.machine, undefined);
  for (const path of ['changes', 'log', 'time', 'outbox', 'tasks', 'states/ListStateMachines']) {
    assert.ok((await atPages(path)).status >= 400, path);
  }
  for (const path of ['changes', 'log', 'time', 'tasks', 'states/ListStateMachines']) {
    assert.ok((await atAws(path)).status >= 400, path);
  }
  await running.close();
});
