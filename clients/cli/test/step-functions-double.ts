import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

type Json = Record<string, unknown>;

export interface StepFunctionsDouble extends AsyncDisposable {
  url: string;
  /** What it was asked, in order. */
  requests: { action: string; body: Json; authorization: string; userAgent: string }[];
}

/** The Step Functions wire (AWS JSON 1.0) in front of what the test says the service would answer. */
export async function stepFunctionsDouble(
  answers: Readonly<Record<string, (body: Json) => Json>>,
): Promise<StepFunctionsDouble> {
  const requests: StepFunctionsDouble['requests'] = [];
  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = String(request.headers['x-amz-target']).replace('AWSStepFunctions.', '');
    const body: Json = Object(await json(request));
    const { authorization = '', 'user-agent': userAgent = '' } = request.headers;
    requests.push({ action, body, authorization, userAgent });
    const answer = answers[action]?.(body) ?? { __type: 'UnknownOperationException', message: action };
    response.writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer));
  }
}
