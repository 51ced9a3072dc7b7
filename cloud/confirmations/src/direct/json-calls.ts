import type { DirectCall } from './direct-call.ts';

/** One call of a service that takes and gives JSON. A request that holds a date or bytes, which have a form of their own there, is the SDK's. */
function jsonCall(
  target: string,
  version: '1.0' | '1.1',
  toOutput: (answer: Readonly<Record<string, unknown>>) => object,
) {
  return {
    addressOf: () => ({ placeName: '', path: '/' }),
    toRequest: (input) => {
      if (!isAsInJson(input)) return undefined;
      const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
      return { method: 'POST', headers, body: JSON.stringify(input) };
    },
    toOutput: ({ status, body }) => {
      return status === 200 ? toOutput(JSON.parse(body) as Readonly<Record<string, unknown>>) : undefined;
    },
  } satisfies DirectCall;
}

export const STEP_FUNCTIONS_CALLS: Readonly<Record<string, DirectCall>> = {
  StartExecutionCommand: jsonCall('AWSStepFunctions.StartExecution', '1.0', ({ executionArn, startDate }) => ({
    executionArn,
    startDate: new Date(Number(startDate) * 1000),
  })),
  SendTaskSuccessCommand: jsonCall('AWSStepFunctions.SendTaskSuccess', '1.0', () => ({})),
};

export const EVENT_BRIDGE_CALLS: Readonly<Record<string, DirectCall>> = {
  PutEventsCommand: jsonCall('AWSEvents.PutEvents', '1.1', ({ FailedEntryCount, Entries }) => ({
    FailedEntryCount,
    Entries,
  })),
};

function isAsInJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).every(isAsInJson);
}
