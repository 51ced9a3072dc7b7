import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeFolder, gone } from './lambda-fixture.ts';

const HOST = fileURLToPath(new URL('lambda-host.ts', import.meta.url));

/** Idle, awaiting something, and computing: the last two do not look whether their host still lives. */
const CODE = `
  let isFirst = true;
  export const handler = async ({ task }) => {
    console.log(process.pid);
    if (task === 'await') await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (task === 'compute') for (;;);
  };`;

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`no function outlives a host that ends by ${signal}`, async (t) => {
    const host = spawn(process.execPath, [HOST, codeFolder(t, { 'index.mjs': CODE })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => host.kill('SIGKILL'));
    const pids: number[] = [];
    for await (const line of createInterface(host.stdout)) {
      pids.push(Number(line));
      if (pids.length === 3) break;
    }
    assert.equal(new Set(pids).size, 3);
    for (const pid of pids) process.kill(pid, 0);
    host.kill(signal);
    await once(host, 'exit');
    await Promise.all(pids.map(gone));
  });
}
