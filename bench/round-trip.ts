// npm run bench [-- --clients 1,16,64 --seconds 5 --warm-up 2 --json]
// The durable callback round trip: StartExecution (1 KB) → a task → a task pauses with a token → SendTaskSuccess (200 B) → a last task →
// SUCCEEDED, each acknowledged step fsynced. Closed loop: each client begins its next trip when its last has ended.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { Rendezvous } from './rendezvous.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,16,64' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});

interface Usage {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  readonly commits: number;
  readonly diskBytes: number;
  readonly loopDelayP99Ms: number;
}
interface Level {
  readonly clients: number;
  readonly roundTripsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly engineCpuMicrosecondsPerTrip: number;
  readonly commitsPerTrip: number;
  readonly bytesOnDiskPerTrip: number;
  readonly rssMegabytes: number;
  readonly loopDelayP99Ms: number;
}

const definition = {
  StartAt: 'Reserve',
  States: {
    Reserve: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:reserve', Next: 'Confirm' },
    Confirm: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'confirm', Payload: { 'orderId.$': '$.orderId', 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 259_200,
      ResultPath: '$.confirmation',
      Next: 'Finalize',
    },
    Finalize: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:finalize', End: true },
  },
};

const levels: Level[] = [];
for (const clients of options.clients.split(',').map(Number))
  levels.push(await measure(clients, Number(options.seconds), Number(options['warm-up'])));

const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model.trim(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
if (options.json) {
  console.log(JSON.stringify({ benchmark: 'round-trip', machine, levels }));
} else {
  console.log(
    `The durable callback round trip on ${machine.cores} × ${machine.model}, Node ${machine.node}; the driver shares the cores.`,
  );
  console.table(
    Object.fromEntries(
      levels.map(({ clients, ...figures }) => [`${clients} client${clients === 1 ? '' : 's'}`, figures]),
    ),
  );
}

async function measure(clients: number, seconds: number, warmUpSeconds: number): Promise<Level> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const child = fork(join(import.meta.dirname, 'engine-process.ts'), [folder]);
  try {
    return await drive(child, clients, seconds, warmUpSeconds);
  } finally {
    child.send('stop');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true });
  }
}

async function drive(child: ChildProcess, clients: number, seconds: number, warmUpSeconds: number): Promise<Level> {
  const tokens = new Rendezvous<string>();
  const ended = new Rendezvous<undefined>();
  const { promise: url, resolve: listening } = Promise.withResolvers<string>();
  let usageArrived: (usage: Usage) => void = () => {};
  child.on('message', (message: { url?: string; usage?: Usage; tokens?: [string, string][]; ended?: string[] }) => {
    if (message.url !== undefined) listening(message.url);
    if (message.usage !== undefined) usageArrived(message.usage);
    for (const [id, token] of message.tokens ?? []) tokens.put(id, token);
    for (const id of message.ended ?? []) ended.put(id, undefined);
  });
  const usage = (request: 'begin' | 'measure'): Promise<Usage> =>
    new Promise((resolve) => {
      usageArrived = resolve;
      child.send(request);
    });

  const pool = new Pool(await url, { connections: clients, pipelining: 1 });
  const call = async (action: string, body: object): Promise<Record<string, unknown>> => {
    const response = await pool.request({
      path: '/',
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
      body: JSON.stringify(body),
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`${action} was answered ${response.statusCode}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const { stateMachineArn } = await call('CreateStateMachine', {
    name: 'round-trip',
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::000000000000:role/bench',
  });

  let sequence = 0;
  const trip = async (): Promise<void> => {
    const id = `o-${++sequence}`;
    const { executionArn } = await call('StartExecution', {
      stateMachineArn,
      name: id,
      input: JSON.stringify(order(id)),
    });
    const token = await tokens.take(id);
    await call('SendTaskSuccess', { taskToken: token, output: JSON.stringify(confirmation(id)) });
    await ended.take(id);
    if (sequence % 50 !== 0) return;
    const { status, output } = await call('DescribeExecution', { executionArn });
    const result = JSON.parse(String(output)) as { orderId?: string; status?: string; total?: number };
    if (status !== 'SUCCEEDED' || result.orderId !== id || result.status !== 'SHIPPED' || result.total !== 23_048) {
      throw new Error(`${id} ended wrongly: ${String(output)}`);
    }
  };

  const beginMs = performance.now() + warmUpSeconds * 1000;
  const endMs = beginMs + seconds * 1000;
  const latencies: number[] = [];
  const client = async (): Promise<void> => {
    for (;;) {
      const startedMs = performance.now();
      if (startedMs >= endMs) return;
      await trip();
      const endedMs = performance.now();
      if (startedMs >= beginMs && endedMs <= endMs) latencies.push(endedMs - startedMs);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  await new Promise((resolve) => setTimeout(resolve, beginMs - performance.now()));
  const before = await usage('begin');
  const tripsBefore = sequence;
  await new Promise((resolve) => setTimeout(resolve, endMs - performance.now()));
  const after = await usage('measure');
  const trips = sequence - tripsBefore;
  await running;
  await pool.close();

  latencies.sort((left, right) => left - right);
  const quantile = (share: number): number => latencies[Math.floor(share * latencies.length)] ?? NaN;
  return {
    clients,
    roundTripsPerSecond: Math.round(latencies.length / seconds),
    p50Ms: round(quantile(0.5)),
    p99Ms: round(quantile(0.99)),
    engineCpuMicrosecondsPerTrip: Math.round((after.cpuMicroseconds - before.cpuMicroseconds) / trips),
    commitsPerTrip: round((after.commits - before.commits) / trips),
    bytesOnDiskPerTrip: Math.round((after.diskBytes - before.diskBytes) / trips),
    rssMegabytes: Math.round(after.rssBytes / 2 ** 20),
    loopDelayP99Ms: round(after.loopDelayP99Ms),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An order of 1,024 bytes. */
function order(orderId: string): object {
  const lines = [
    { sku: 'KEYBOARD-87', qty: 2, unitPrice: 1999 },
    { sku: 'DOCK-8', qty: 1, unitPrice: 4550 },
    { sku: 'CABLE-1M', qty: 5, unitPrice: 320 },
    { sku: 'ARM-DUAL', qty: 1, unitPrice: 12_900 },
  ];
  return padded({ orderId, currency: 'EUR', lines }, 1024);
}

/** A confirmation of 200 bytes. */
function confirmation(orderId: string): object {
  return padded({ orderId, approved: true, ref: 'confirmed by the driver of the benchmark' }, 200);
}

function padded(value: object, bytes: number): object {
  const missing = bytes - JSON.stringify({ ...value, note: '' }).length;
  return { ...value, note: 'x'.repeat(Math.max(0, missing)) };
}
