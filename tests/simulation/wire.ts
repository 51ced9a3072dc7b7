import { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A request of the AWS JSON protocol to a listener of `node:http`, with no socket between them. `hangUp` is what a client does that waits no more. */
export function callOverWire(
  listener: RequestListener,
  action: string,
  parameters: object,
): { readonly answer: Promise<Answer>; readonly hangUp: () => void } {
  const body = Buffer.from(JSON.stringify(parameters));
  const request = Object.assign(new EventEmitter(), {
    method: 'POST',
    url: '/',
    headers: {
      host: '127.0.0.1',
      'content-type': 'application/x-amz-json-1.0',
      'content-length': String(body.length),
      'x-amz-target': `AWSStepFunctions.${action}`,
    },
    complete: true,
    readableEnded: true,
    socket: {},
    pause() {},
  });
  const { promise: answer, resolve } = Promise.withResolvers<Answer>();
  const response = Object.assign(new EventEmitter(), {
    closed: false,
    status: 0,
    writeHead(status: number) {
      response.status = status;
      return response;
    },
    end(text: string) {
      response.closed = true;
      resolve({ status: response.status, body: JSON.parse(text) as Record<string, unknown> });
    },
  });
  listener(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  request.emit('data', body);
  request.emit('end');
  return { answer, hangUp: () => void response.emit('close') };
}
