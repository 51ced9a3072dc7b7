import { createServer } from 'node:http';
import { silentLog } from '../src/log.ts';
import { openS3 } from '../src/services/s3.ts';
import { Bucket } from './s3-fixture.ts';

// An S3 in a process of its own, for tests that kill it. Says its port in one line.
const service = openS3({ file: String(process.argv[2]), region: 'eu-west-1', log: silentLog });
service.createBucket(Bucket);
const server = createServer((message, response) => service.handle(message, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
