import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { closedLoop, type ClosedLoop, type Latencies } from './closed-loop.ts';
import { inFolder } from './machine.ts';
import { checkResult, confirmation, order } from './order.ts';
import { RawPool } from './raw-http.ts';
import { Rendezvous } from './rendezvous.ts';

/** Restate with the one partition that is best on few cores, its handlers in a process of their own, and its documented HTTP API. */
export function restate(load: Pick<ClosedLoop, 'clients' | 'seconds' | 'warmUpSeconds'>): Promise<Latencies> {
  return inFolder(async (folder) => {
    const [node, ingress, admin, handlers] = await freePorts(4);
    const server = startServer(folder, { node, ingress, admin });
    const endpoint = fork(join(import.meta.dirname, 'peers', 'restate-handlers.mjs'), [String(handlers)]);
    try {
      await once(endpoint, 'message');
      await until(() => isWell(`http://127.0.0.1:${ingress}/restate/health`));
      await until(() => isWell(`http://127.0.0.1:${admin}/health`));
      await deploy(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${handlers}`);
      return await drive(endpoint, `http://127.0.0.1:${ingress}`, load);
    } finally {
      endpoint.kill();
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
  });
}

async function drive(
  endpoint: ChildProcess,
  url: string,
  load: Pick<ClosedLoop, 'clients' | 'seconds' | 'warmUpSeconds'>,
): Promise<Latencies> {
  const tokens = new Rendezvous<string>();
  endpoint.on('message', (told: { tokens?: [string, string][] }) => {
    for (const [id, token] of told.tokens ?? []) tokens.put(id, token);
  });
  // A call is held open until its order has ended, so confirmations go by connections of their own.
  const calls = new RawPool(url, load.clients);
  const confirmations = new RawPool(url, load.clients);
  let sequence = 0;
  try {
    return await closedLoop({
      ...load,
      trip: async () => {
        const id = `o-${++sequence}`;
        const ended = post(calls, '/Orders/process', order(id));
        const token = await Promise.race([tokens.take(id), ended.then(() => '')]);
        await post(confirmations, `/restate/awakeables/${token}/resolve`, confirmation(id));
        checkResult(await ended, id);
      },
    });
  } finally {
    calls.destroy();
    confirmations.destroy();
  }
}

function startServer(
  folder: string,
  ports: Readonly<Record<'node' | 'ingress' | 'admin', number | undefined>>,
): ChildProcess {
  const binary = `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;
  const listening = ['--bind-ip', '127.0.0.1', '--bind-port', String(ports.node), '--listen-mode', 'tcp'];
  return spawn(
    createRequire(join(import.meta.dirname, 'peers', 'package.json')).resolve(binary),
    ['--base-dir', folder, '--node-name', 'n1', '--no-logo', ...listening],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        RESTATE_INGRESS__BIND_PORT: String(ports.ingress),
        RESTATE_ADMIN__BIND_PORT: String(ports.admin),
        RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_DEFAULT_NUM_PARTITIONS: '1',
      },
    },
  );
}

async function deploy(admin: string, uri: string): Promise<void> {
  const pool = new RawPool(admin, 1);
  await post(pool, '/deployments', { uri });
  pool.destroy();
}

async function post(pool: RawPool, path: string, body: object): Promise<unknown> {
  const { status, text } = await pool.post(path, JSON.stringify(body), { 'content-type': 'application/json' });
  if (status >= 300) throw new Error(`${path} was answered ${status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function isWell(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => undefined))?.ok === true;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endsAtMs = Date.now() + 60_000; !(await isSo());) {
    if (Date.now() > endsAtMs) throw new Error('Restate was not ready within a minute');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}
