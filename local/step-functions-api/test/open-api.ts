import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryExecutionStore, openEngine, type Engine, type TaskCall } from '../../engine/src/index.ts';
import { createStepFunctionsApi, type StepFunctionsApiOptions } from '../src/index.ts';

export interface OpenApi extends AsyncDisposable {
  readonly engine: Engine;
  readonly server: Server;
  readonly port: number;
  readonly endpoint: string;
  /** What tasks were called with, in order. */
  readonly calls: readonly TaskCall[];
  /** Sends an action's request as a client without an SDK would. */
  readonly call: (action: string, body: unknown) => Promise<RawAnswer>;
  readonly send: (raw: RawRequest) => Promise<RawAnswer>;
}

export interface RawRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}
export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export const ROLE_ARN = 'arn:aws:iam::123456789012:role/orders';
const JSON_1_0 = 'application/x-amz-json-1.0';

/** The API over a memory store, on a port of its own. Its tasks return at once and then wait for their token. */
export async function openApi(options?: StepFunctionsApiOptions): Promise<OpenApi> {
  const calls: TaskCall[] = [];
  const engine = openEngine({
    store: memoryExecutionStore(),
    region: 'eu-west-1',
    accountId: '123456789012',
    taskHandler: async (call) => {
      calls.push(call);
      return { output: {} };
    },
  });
  const server = createServer(createStepFunctionsApi(engine, options));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = (raw: RawRequest): Promise<RawAnswer> => exchange(port, raw);
  return {
    engine,
    server,
    port,
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    send,
    call: (action, body) => send({ headers: headersFor(action), body: JSON.stringify(body) }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await engine.close();
    },
  };
}

export function headersFor(action: string): Record<string, string> {
  return { 'content-type': JSON_1_0, 'x-amz-target': `AWSStepFunctions.${action}` };
}

/** A state machine that asks somebody and waits for the answer. */
export const WAITING_DEFINITION = JSON.stringify({
  StartAt: 'Confirm',
  States: {
    Confirm: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
      End: true,
    },
  },
});

export const PASSING_DEFINITION = JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } });

/** Looks again until there is something to see. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 6000; tries++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('what was waited for did not come within half a minute');
}

function exchange(port: number, { method = 'POST', path = '/', headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
