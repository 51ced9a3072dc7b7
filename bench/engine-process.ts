// The process under test: the engine on a store of its own, behind the Step Functions API, with its two task handlers registered in it.
// It tells the driver, by process messages, each token that a task was given and each execution that has ended on disk.
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openEngine, openSqliteExecutionStore, type TaskHandler } from '../local/engine/src/index.ts';
import { createStepFunctionsApi } from '../local/step-functions-api/src/index.ts';

interface Order {
  readonly orderId: string;
  readonly lines: readonly { readonly qty: number; readonly unitPrice: number }[];
}

const folder = process.argv[2] ?? '.';
const store = openSqliteExecutionStore(join(folder, 'engine.sqlite'));
const loopDelay = monitorEventLoopDelay({ resolution: 1 });

let outbox: { tokens: [string, string][]; ended: string[] } = { tokens: [], ended: [] };
let scheduled = false;
/** One message a turn, however much happened in it. */
function tell(change: (message: typeof outbox) => void): void {
  change(outbox);
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    process.send?.(outbox);
    outbox = { tokens: [], ended: [] };
  });
}

const taskHandler: TaskHandler = ({ stateName, parameters }) => {
  if (stateName === 'Reserve') {
    const { orderId, lines } = parameters as unknown as Order;
    const total = lines.reduce((sum, { qty, unitPrice }) => sum + qty * unitPrice, 0);
    return Promise.resolve({ output: { orderId, reserved: true, total, items: lines.length } });
  }
  if (stateName === 'Confirm') {
    const { Payload } = parameters as { Payload: { orderId: string; token: string } };
    tell(({ tokens }) => tokens.push([Payload.orderId, Payload.token]));
    return Promise.resolve({ output: {} });
  }
  const { orderId, total, confirmation } = parameters as {
    orderId: string;
    total: number;
    confirmation: { approved: boolean; ref: string };
  };
  return Promise.resolve({
    output: {
      orderId,
      status: confirmation.approved ? 'SHIPPED' : 'REJECTED',
      total,
      ref: confirmation.ref.slice(0, 32),
    },
  });
};

const engine = openEngine({
  store,
  taskHandler,
  region: 'us-east-1',
  accountId: '000000000000',
  log: (event, fields) => {
    if (event === 'execution.succeeded')
      tell(({ ended }) => ended.push(String(fields['executionArn']).split(':').at(-1) ?? ''));
  },
});

const server = createServer(createStepFunctionsApi(engine)).listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

process.on('message', (request: 'begin' | 'measure' | 'stop') => {
  if (request === 'stop') {
    server.closeAllConnections();
    server.close();
    void engine.close().then(() => process.disconnect());
    return;
  }
  if (request === 'begin') loopDelay.reset();
  loopDelay.enable();
  const { user, system } = process.cpuUsage();
  process.send?.({
    usage: {
      cpuMicroseconds: user + system,
      rssBytes: process.memoryUsage().rss,
      commits: store.commits,
      diskBytes: readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
      loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
    },
  });
});
process.on('disconnect', () => process.exit());
