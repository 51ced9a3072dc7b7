// npm run bench:orders [-- --clients 32 --seconds 10 --warm-up 15 --json]
// Whole orders through the deployed app as `countersign start` runs it: POST an order, wait until it awaits its confirmation, confirm it,
// wait until it is completed. The API, its functions in processes of their own, S3 and Step Functions are all in it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { closedLoop, inParallel, round } from './closed-loop.ts';
import { cpuSecondsByKind } from './process-tree.ts';
import { inFolder, report } from './machine.ts';
import { Rendezvous } from './rendezvous.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '10' },
    // Code is warm after some thousand orders.
    'warm-up': { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const clients = Number(options.clients);
const main = join(import.meta.dirname, '../clients/cli/src/main.ts');

const row = await inFolder(async (folder) => {
  const free = ['--port', '0', '--aws-port', '0'];
  const app = spawn(process.execPath, [main, 'start', ...free, '--data', folder, '--no-auth', '--json', '--verbose'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The log tells what becomes of an order, so that asking for it does not cost what is measured.
  const reached = new Rendezvous<undefined>();
  const { promise: url, resolve: ready } = Promise.withResolvers<string>();
  createInterface({ input: app.stdout }).on('line', (text) => {
    const { event, executionArn, ordersUrl } = JSON.parse(text) as Record<string, unknown>;
    if (event === 'ready') ready(String(ordersUrl));
    else if (event === 'task.waiting' || event === 'execution.succeeded')
      reached.put(`${event} ${String(executionArn).split(':').at(-1)}`, undefined);
  });
  const pool = new Pool(await url, { connections: clients });
  let sequence = 0;
  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const response = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(body) });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`POST ${path} was answered ${response.statusCode}: ${text}`);
  };
  const trip = async (): Promise<void> => {
    const orderId = `o-${++sequence}`;
    await post('/orders', { orderId, orderDetails: 'two crates of apples' });
    await reached.take(`task.waiting ${orderId}`);
    await post(`/orders/${orderId}/confirmation`, { decision: 'confirm' });
    await reached.take(`execution.succeeded ${orderId}`);
  };
  const looks: { readonly cpu: ReadonlyMap<string, number>; readonly orders: number }[] = [];
  const look = async (): Promise<void> => {
    looks.push({ cpu: await cpuSecondsByKind(app.pid ?? 0), orders: sequence });
  };
  try {
    // The first instances of each function are started.
    await inParallel(clients * 3, clients, trip);
    const measured = await closedLoop({
      clients,
      warmUpSeconds: Number(options['warm-up']),
      seconds: Number(options.seconds),
      trip,
      onBegin: look,
      onEnd: look,
    });
    const [before, after] = looks;
    if (before === undefined || after === undefined) throw new Error('what the processes use was not looked at');
    const orders = after.orders - before.orders;
    const msPerOrder = [...after.cpu].map(([kind, seconds]): [string, number] => {
      return [kind, round(((seconds - (before.cpu.get(kind) ?? 0)) * 1000) / orders)];
    });
    const cpuMillisecondsPerOrder = round(msPerOrder.reduce((sum, [, ms]) => sum + ms, 0));
    return { ...measured, cpuMillisecondsPerOrder, ...Object.fromEntries(msPerOrder) };
  } finally {
    await pool.destroy();
    app.kill('SIGINT');
    await once(app, 'exit');
  }
});
report('orders', 'Whole orders over HTTP.', { [`${clients} clients`]: row }, options.json);
