import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Check, ok, warn } from './check.ts';
import { ownHealth } from './own-health.ts';

/** Those that `start` listens at: the API, the AWS endpoint, and who signs people in, at the port after that. */
export const ports: Check = {
  name: 'Ports',
  async look({ port, awsPort }) {
    const wanted = [...(port > 0 ? [port] : []), ...(awsPort > 0 ? [awsPort, awsPort + 1] : [])];
    if (wanted.length === 0) return ok('any that are free');
    const taken: number[] = [];
    for (const each of wanted) if (!(await isFree(each))) taken.push(each);
    if (taken.length === 0) return ok(`free: ${wanted.join(', ')}`);
    for (const scheme of ['http', 'https']) {
      const health = await ownHealth(`${scheme}://127.0.0.1:${awsPort}`).catch(() => undefined);
      if (health !== undefined) return ok('in use, by a host of this program');
    }
    return warn(
      `not to be had, in use or not allowed: ${taken.join(', ')}`,
      'Stop what uses them, or choose others: countersign start --port 0 --aws-port 0 takes any that are free.',
    );
  },
};

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
