// The order on DBOS, with the driver in the same process and no HTTP between them, which is its fastest way:
// `node dbos.mjs DATABASE_URL`, then a message with the load.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { closedLoop } from '../closed-loop.ts';
import { checkResult, confirmation, finalize, order, reserve } from '../order.ts';
import { Rendezvous } from '../rendezvous.ts';

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
DBOS.setConfig({
  name: 'countersign-bench',
  systemDatabaseUrl: process.argv[2],
  logger: quiet,
  logLevel: 'error',
  runAdminServer: false,
  enableOTLP: false,
});
const tokens = new Rendezvous();
const processOrder = DBOS.registerWorkflow(
  async (given) => {
    const reservation = await DBOS.runStep(async () => reserve(given), { name: 'reserve' });
    tokens.put(given.orderId, DBOS.workflowID);
    const confirmed = await DBOS.recv('confirm', 86_400);
    return await DBOS.runStep(async () => finalize(reservation, confirmed), { name: 'finalize' });
  },
  { name: 'processOrder' },
);
await DBOS.launch();

let sequence = 0;
async function trip() {
  const id = `o-${++sequence}`;
  const handle = await DBOS.startWorkflow(processOrder, { workflowID: id })(order(id));
  await DBOS.send(await tokens.take(id), confirmation(id), 'confirm');
  checkResult(await handle.getResult(), id);
}
process.on('message', async (load) => process.send({ measured: await closedLoop({ ...load, trip }) }));
process.on('disconnect', () => process.exit());
process.send('ready');
