/** A host for `container-crash.test.ts`, to be killed: says where it is, and all that it logs. */
import { createLog } from '../src/log.ts';
import { startHost } from '../src/host.ts';

const [assemblyDir = '', dataDir = ''] = process.argv.slice(2);
const log = createLog({ write: (line) => process.stdout.write(line), form: 'json', level: 'debug' });
const host = await startHost({ assemblyDir, dataDir, host: '127.0.0.1', port: 0, awsPort: 0, tasksMax: 2, log });
process.stdout.write(`${JSON.stringify({ event: 'ready', awsUrl: host.awsUrl })}\n`);
