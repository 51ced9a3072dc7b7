import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Json, JsonObject } from '../../asl/src/index.ts';
import { serviceIntegrations, type ServiceIntegrationsOptions } from '../src/integrations/service-integrations.ts';
import type { TaskResult } from '../src/task-handler.ts';

export interface Received {
  readonly method: string;
  /** As it stood on the request line. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Loopback {
  readonly url: string;
  readonly received: readonly Received[];
}

/** A service on this machine that answers what the test says. */
export async function loopback(
  t: TestContext,
  answer: (request: Received, response: ServerResponse) => Reply | undefined,
): Promise<Loopback> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const got = { method, path: url, headers, body: Buffer.concat(parts).toString() };
      received.push(got);
      const reply = answer(got, response);
      if (reply === undefined) return;
      for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
      response.writeHead(reply.status ?? 200);
      response.end(reply.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export const EXECUTION_ARN = 'arn:aws:states:us-east-1:111111111111:execution:Orders:run-1';

type Options = Partial<ServiceIntegrationsOptions> & { readonly url?: string; readonly signal?: AbortSignal };

/** Runs one task with every service at `url`. */
export function runTask(resource: string, parameters: Json, options: Options = {}): Promise<TaskResult> {
  const { url, signal, ...given } = options;
  const handler = serviceIntegrations({
    lambda: () => Promise.reject(new Error('no function is called here')),
    endpoints: () => url,
    region: 'us-east-1',
    ...given,
  });
  const call = {
    executionArn: EXECUTION_ARN,
    stateName: 'Call',
    resource: `arn:aws:states:::${resource}`,
    parameters,
    roleArn: 'arn:aws:iam::111111111111:role/orders',
  };
  return handler(call, signal ?? new AbortController().signal);
}

export function outputOf(result: TaskResult): JsonObject {
  if ('error' in result) throw new Error(`the task failed: ${result.error}: ${result.cause}`);
  return result.output as JsonObject;
}
