import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from './crashes/server-process.ts';

const CONNECTIONS = 2_000;
const PATIENCE_MS = 60_000;

test('connections that rest keep nobody from being served, and their handles come back when they go', async (context) => {
  if (!existsSync('/proc/self/fd')) return context.skip('this machine does not tell which handles a process has');
  const folder = mkdtempSync(join(tmpdir(), 'resting-'));
  const server = await ServerProcess.start(join(folder, 'data'));
  const handles = (): number => readdirSync(`/proc/${server.pid}/fd`).length;
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    for (const endsAtMs = performance.now() + PATIENCE_MS; !isSo(); await sleep(20))
      assert.ok(performance.now() < endsAtMs, `within a minute: ${what}; there are ${handles()} handles`);
  };
  await server.ask('CreateActivity', { name: 'desk' });
  const before = handles();
  const resting = Array.from({ length: CONNECTIONS }, (_, number) => rest(server.url, number));
  try {
    await Promise.all(resting.map((socket) => once(socket, 'connect')));
    await until('all are accepted', () => handles() >= before + CONNECTIONS);
    for (let asked = 0; asked < 20; asked++) {
      const { activities } = await server.ask('ListActivities', {});
      assert.equal((activities as unknown[]).length, 1);
    }
  } finally {
    for (const socket of resting) socket.destroy();
  }
  await until('the handles are back', () => handles() <= before + 5);
  await server.kill();
  rmSync(folder, { recursive: true });
});

/** Some say nothing, others stop in the middle of what they say. */
function rest(url: string, number: number): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  if (number % 2 === 0) socket.write('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-le');
  return socket;
}
