import { isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { plainText } from './aws/scalars.ts';
import type { HttpReply } from './http-exchange.ts';

/** What a task that calls an HTTP API gives. */
export function httpTaskResult(reply: HttpReply): JsonObject {
  return {
    Headers: reply.headers,
    ResponseBody: bodyValue(reply.body.toString(), reply.header('content-type') ?? ''),
    StatusCode: reply.statusCode,
    StatusText: reply.statusText,
  };
}

function bodyValue(text: string, contentType: string): Json {
  if (!/\bjson\b/i.test(contentType)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Members that are null are not sent, in any depth. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutNulls(member)]));
}

/** A list gives its name as many times as it has items. */
export function queryPairsOf(parameters: Json | undefined): [string, string][] {
  if (!isObject(parameters)) return [];
  return Object.entries(parameters).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item): [string, string] => [name, textOf(item as Json)]),
  );
}

export function headersOf(parameters: Json | undefined): Record<string, string> {
  if (!isObject(parameters)) return {};
  const entries = Object.entries(parameters).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name.toLowerCase(),
      (Array.isArray(value) ? value : [value]).map((item) => textOf(item as Json)).join(','),
    ]),
  );
}

function textOf(value: Json): string {
  return value === null ? '' : plainText(value);
}
