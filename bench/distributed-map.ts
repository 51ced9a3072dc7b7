// node scripts/run.mjs bench/distributed-map.ts [--json] [--items N]
// A distributed Map over 100,000 items of an object in Amazon S3, each item an execution with one task, the results written back:
// once from JSON Lines and once from CSV. The engine is a process of its own on a file that is synced at each commit; the objects
// are served by this one. Another state machine's executions run all the while, one after the other, and their time is taken.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measured } from './distributed-map-engine.ts';

const { values: given } = parseArgs({
  options: { json: { type: 'boolean', default: false }, items: { type: 'string', default: '100000' } },
});
const items = Number(given.items);
const note = 'what an order line says of itself, at some length';
const formats = {
  JSONL: lines((n) => JSON.stringify({ id: n, sku: `sku-${n % 977}`, quantity: (n % 9) + 1, note })),
  CSV: `id,sku,quantity,note\n${lines((n) => `${n},sku-${n % 977},${(n % 9) + 1},"${note}"`)}`,
};
const objects = new Map(Object.entries(formats).map(([format, text]) => [`/orders/${format}`, Buffer.from(text)]));

let writtenBytes = 0;
const s3 = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
await once(s3, 'listening');
const endpoint = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
const rows: (Measured & { format: string; readMB: number; writtenMB: number })[] = [];
try {
  for (const [format, text] of Object.entries(formats)) {
    writtenBytes = 0;
    const measured = await measure(format);
    rows.push({ format, ...measured, readMB: megabytes(text.length), writtenMB: megabytes(writtenBytes) });
  }
} finally {
  s3.closeAllConnections();
  s3.close();
}
if (given.json) console.log(JSON.stringify({ items, runs: rows }));
else {
  console.log(`A distributed Map over ${items} items, on Node ${process.version}`);
  console.table(rows);
}

async function measure(format: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-map-'));
  try {
    const engine = fork(join(import.meta.dirname, 'distributed-map-engine.ts'), [folder, endpoint, format]);
    const ended = once(engine, 'exit');
    const [measured] = (await Promise.race([once(engine, 'message'), ended.then(() => [undefined])])) as [unknown];
    await ended;
    if (measured === undefined) throw new Error('the engine ended before its Map did');
    return measured as Measured;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As much of Amazon S3 as a Map needs: an object or a range of it, and a place to put objects. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let received = 0;
  for await (const part of request as AsyncIterable<Buffer>) received += part.length;
  if (request.method === 'PUT') {
    writtenBytes += received;
    response.writeHead(200, { etag: '"0"' }).end();
    return;
  }
  const object = objects.get(new URL(request.url ?? '/', endpoint).pathname);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (object === undefined) response.writeHead(404).end();
  else if (first === undefined) response.writeHead(200, { etag: '"0"' }).end(object);
  else {
    const part = object.subarray(Number(first), Number(last) + 1);
    const contentRange = `bytes ${first}-${Number(first) + part.length - 1}/${object.length}`;
    response.writeHead(206, { etag: '"0"', 'content-range': contentRange }).end(part);
  }
}

function lines(line: (n: number) => string): string {
  return Array.from({ length: items }, (_, n) => `${line(n)}\n`).join('');
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
