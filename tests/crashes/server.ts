// A process with Step Functions on a data folder, for others to kill.
//   node server.ts FOLDER
import { silentLog, startEngineServer } from '../../local/host/src/index.ts';

const [dataDir = '.'] = process.argv.slice(2);
const { url } = await startEngineServer({ host: '127.0.0.1', port: 0, dataDir, log: silentLog });
process.stdout.write(`${url}\n`);
