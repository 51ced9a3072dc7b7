import type { JsonObject } from '../../../asl/src/index.ts';

/** What the optimised integrations show of the reply itself. */
export function sdkMetadata(
  statusCode: number,
  headers: Readonly<Record<string, readonly string[]>>,
  requestId: string | undefined,
): JsonObject {
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: headers,
      HttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.at(-1) ?? ''])),
      HttpStatusCode: statusCode,
    },
    ...(requestId !== undefined && { SdkResponseMetadata: { RequestId: requestId } }),
  };
}
