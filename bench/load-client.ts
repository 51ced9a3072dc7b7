import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** How often each answer came: `ok`, or the name of an error. */
export type Answers = Record<string, number>;

/** Asks Step Functions with a key of its own, over so many connections at most. */
export function apiClient(url: string, accessKeyId: string, maxSockets: number) {
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets });
  const exchange = async (action: string, body: object): Promise<string> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AWSStepFunctions.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/states/aws4_request`,
    };
    const sent = request(url, { method: 'POST', headers, agent });
    sent.end(JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const told = await text(response);
    return response.statusCode === 200 ? 'ok' : (/#(\w+)"/.exec(told)?.[1] ?? `status ${response.statusCode}`);
  };
  return {
    /** @returns `ok`, or the name of the error, which may be one of the connection */
    ask: (action: string, body: object): Promise<string> =>
      exchange(action, body).catch((error: NodeJS.ErrnoException) => error.code ?? error.message),
    close: () => agent.destroy(),
  };
}
