import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { served } from './served.ts';

export interface OrdersApiDouble extends AsyncDisposable {
  url: string;
  /** What it was asked, in order. */
  requests: { method: string; path: string; headers: IncomingMessage['headers']; body: unknown }[];
}

export interface Answer {
  status: number;
  body: unknown;
  /** What time it is for the API, as its `Date` says. @default as for everybody */
  date?: string;
  /** The connection ends before the answer has. */
  breaksOff?: true;
}

/**
 * An HTTP server on this machine that gives, to each request, what the test says the orders API would answer.
 * What the real service does is tested with the real service; here it is the command that is under test.
 */
export async function ordersApiDouble(
  answer: (method: string, path: string, body: unknown) => Answer,
): Promise<OrdersApiDouble> {
  const requests: OrdersApiDouble['requests'] = [];
  const server = await served((request, response) => void respond(request, response));
  return { ...server, requests };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const given = method === 'GET' ? undefined : await json(request);
    requests.push({ method, path, headers, body: given });
    const { status, body, date, breaksOff } = answer(method, path, given);
    if (date !== undefined) response.setHeader('date', date);
    response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    if (breaksOff) response.write(text, () => response.destroy());
    else response.end(text);
  }
}

/** A refusal in the form of RFC 9457. */
export function problem(
  status: number,
  detail: string,
  errors?: { pointer: string; detail: string }[],
  more: object = {},
): Answer {
  return {
    status,
    body: { type: 'about:blank', title: 'Refused', status, detail, ...(errors && { errors }), ...more },
  };
}
