// npm run bench [-- --clients 1,16,64 --seconds 5 --warm-up 10 --json]
// The durable callback round trip: StartExecution (1 KB) → a task → a task pauses with a token → SendTaskSuccess (200 B) → a last task →
// SUCCEEDED, each acknowledged step fsynced.
import { parseArgs } from 'node:util';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';
import { roundTrips } from './round-trips.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,16,64' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});

const rows: Record<string, object> = {};
for (const clients of options.clients.split(',').map(Number)) {
  rows[`${clients} client${clients === 1 ? '' : 's'}`] = await inFolder(async (folder) => {
    const engine = await EngineUnderTest.start(folder, clients);
    try {
      const times = { seconds: Number(options.seconds), warmUpSeconds: Number(options['warm-up']) };
      return await roundTrips(engine, await engine.createStateMachine('round-trip'), { clients, ...times });
    } finally {
      await engine.stop();
    }
  });
}
report('round-trip', 'The durable callback round trip.', rows, options.json);
