import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { served } from './served.ts';

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
  const server = await served((request, response) => void respond(request, response));
  return { ...server, requests };

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
