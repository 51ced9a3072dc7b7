import type { HttpTaskRequest, HttpTaskResponse, HttpWatch } from '../task-handler.ts';
import type { InspectionDataRequest, InspectionDataResponse } from './api.ts';
import type { Bench } from './bench.ts';

/** Notes what an HTTP task sends and gets, where the test asks for that. What a connection adds is shown only on demand. */
export function httpWatch({ inspection, test }: Bench): HttpWatch | undefined {
  if (test.inspectionLevel !== 'TRACE') return undefined;
  return ({ request, requestWithoutSecrets, response }) => {
    inspection.request = shownRequest(test.revealSecrets ? request : requestWithoutSecrets);
    if (response !== undefined) inspection.response = shownResponse(response);
  };
}

function shownRequest({ headers, body, ...request }: HttpTaskRequest): InspectionDataRequest {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return { ...request, headers: listed(lines), ...shownBody(body) };
}

function shownResponse({ statusCode, headers, body, ...response }: HttpTaskResponse): InspectionDataResponse {
  const lines = Object.entries(headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  return { ...response, statusCode: String(statusCode), headers: listed(lines), ...shownBody(body) };
}

function listed(lines: readonly string[]): string {
  return `[${lines.join(', ')}]`;
}

/** A member of InspectionData holds so many characters at most. */
const BODY_LENGTH_MAX = 262_144;

function shownBody(body: string): { readonly body?: string } {
  return body === '' ? {} : { body: body.slice(0, BODY_LENGTH_MAX) };
}
