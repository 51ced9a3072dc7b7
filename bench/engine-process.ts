// The process under test: the engine on a store of its own, behind the Step Functions API, with its task handlers registered in it.
// It tells the driver, by process messages, each token that a task was given and each execution that has ended on disk.
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { openEngine, openExecutionStore, settleExecutionStore, type TaskHandler } from '../local/engine/src/index.ts';
import { createStepFunctionsApi } from '../local/step-functions-api/src/index.ts';
import { inParallel } from './closed-loop.ts';
import type { Filling, Request, Told, Usage } from './engine-under-test.ts';
import { finalize, order, reserve, type Confirmation, type Order, type Reservation } from './order.ts';

const folder = process.argv[2] ?? '.';
const file = join(folder, 'engine.sqlite');
const store = openExecutionStore(file);
const loopDelay = monitorEventLoopDelay({ resolution: 1 });

const emptyOutbox = () => ({ tokens: [] as [string, string][], ended: [] as string[] });
let outbox = emptyOutbox();
let scheduled = false;
/** So many executions have to end until the driver is told. */
let awaited = 0;
/** While a store is filled nobody is told: what waits is for later. */
let filling = false;

const taskHandler: TaskHandler = ({ stateName, parameters }) => {
  if (stateName === 'Reserve') return Promise.resolve({ output: { ...reserve(parameters as unknown as Order) } });
  if (stateName === 'Confirm') {
    const { Payload } = parameters as { Payload: { orderId: string; token: string } };
    if (!filling) tell(({ tokens }) => tokens.push([Payload.orderId, Payload.token]));
    return Promise.resolve({ output: {} });
  }
  const { confirmation, ...reservation } = parameters as unknown as Reservation & { confirmation: Confirmation };
  return Promise.resolve({ output: finalize(reservation, confirmation) });
};

const engine = openEngine({
  store,
  taskHandler,
  region: 'us-east-1',
  accountId: '000000000000',
  log: (event, fields) => {
    if (event !== 'execution.succeeded') return;
    if (awaited > 0 && --awaited === 0) send({ allEnded: true });
    const name = String(fields['executionArn']).split(':').at(-1) ?? '';
    if (name.startsWith('o-')) tell(({ ended }) => ended.push(name));
  },
});

const server = createServer(createStepFunctionsApi(engine)).listen(0, '127.0.0.1', () => {
  send({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

// As the host has it: connections may rest for longer than a measurement lasts.
server.keepAliveTimeout = 75_000;

process.on('message', (request: Request) => {
  if (request === 'stop') {
    server.closeAllConnections();
    server.close();
    void engine.close().then(() => process.disconnect());
  } else if (request === 'begin') {
    loopDelay.reset();
    loopDelay.enable();
    send({ usage: usage() });
  } else if (request === 'measure') send({ usage: usage() });
  else if (request === 'collect') send({ usage: collected() });
  else if ('awaitEndOf' in request) awaited = request.awaitEndOf;
  else void fill(request).then(() => send({ filled: true }));
});
process.on('disconnect', () => process.exit());

/** One message a turn, however much happened in it. */
function tell(change: (message: typeof outbox) => void): void {
  change(outbox);
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    send(outbox);
    outbox = emptyOutbox();
  });
}

function send(message: Told): void {
  process.send?.(message);
}

function usage(): Usage {
  return { ...usageButDisk(), diskBytes: keptBytes() };
}

function usageButDisk(): Omit<Usage, 'diskBytes'> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpuMicroseconds: user + system,
    rssBytes: rss,
    heapBytes: heapUsed,
    commits: store.commits,
    loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
  };
}

/** When all that is not used any more has gone. The delay is that of the time before, and is counted anew from now on. */
function collected(): Usage {
  const { loopDelayP99Ms } = usageButDisk();
  globalThis.gc?.();
  loopDelay.reset();
  loopDelay.enable();
  const diskBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { ...usageButDisk(), diskBytes, loopDelayP99Ms };
}

/** The database with all that it has to be told; what is beside it is written over and over. */
function keptBytes(): number {
  settleExecutionStore(file);
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  return statSync(file).size;
}

/** Starts executions from within, which spares the driver's time. */
async function fill({ stateMachineArn, count, prefix, input }: Filling): Promise<void> {
  filling = true;
  await inParallel(count, 1_000, async (index) => {
    const name = `${prefix}${index}`;
    await engine.startExecution({ stateMachineArn, name, input: input ?? JSON.stringify(order(name)) });
  });
  while (!engine.isResting()) await new Promise((resolve) => setTimeout(resolve, 50));
  filling = false;
}
