// npm run bench:functions [-- --clients 1,64 --seconds 5 --json]
// The durable callback round trip with its three functions in processes of their own, as `countersign start` runs those of an app.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { inParallel } from './closed-loop.ts';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';
import { roundTrips } from './round-trips.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:round-trip';

// The tokens do not pass through the host a second time: Restate's handlers in bench/peers give theirs to the driver, too.
let putToken = (_orderId: string, _token: string): void => undefined;
const tokens = createServer((socket) => {
  createInterface({ input: socket }).on('line', (line) => putToken(...(JSON.parse(line) as [string, string])));
}).listen(0, '127.0.0.1');
await once(tokens, 'listening');
const tokensPort = String((tokens.address() as AddressInfo).port);

const rows: Record<string, object> = {};
for (const clients of options.clients.split(',').map(Number)) {
  rows[`${clients} client${clients === 1 ? '' : 's'}`] = await inFolder(async (folder) => {
    const host = await EngineUnderTest.start(folder, clients, 'functions-process.ts', tokensPort);
    putToken = (orderId, token) => host.tokens.put(orderId, token);
    try {
      // The first instances of each function are started.
      await inParallel(clients * 3, clients, () => host.trip(stateMachineArn));
      const load = { clients, seconds: Number(options.seconds), warmUpSeconds: 3 };
      const { roundTripsPerSecond, p50Ms, p99Ms, ...more } = await roundTrips(host, stateMachineArn, load);
      const cpuMicrosecondsPerTrip = more.engineCpuMicrosecondsPerTrip;
      return { roundTripsPerSecond, p50Ms, p99Ms, cpuMicrosecondsPerTrip, hostRssMegabytes: more.rssMegabytes };
    } finally {
      await host.stop();
    }
  });
}
tokens.close();
report('functions', 'The durable callback round trip, with functions in processes of their own.', rows, options.json);
