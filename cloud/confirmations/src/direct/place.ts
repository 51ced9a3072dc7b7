import type { Scope } from './sign.ts';

/** Where a client of the SDK sends its requests, and for what it signs them. */
export interface Place {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number | undefined;
  /** What comes before the path of a call: `/bucket` where buckets are no host names, else nothing. */
  readonly basePath: string;
  readonly scope: Scope;
  /** What names the client, such as `user-agent`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK is about to send. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const NAMES_OF_CLIENT = ['user-agent', 'x-amz-user-agent'];

/** Signature Version 4 for one region. Others, as for S3 Express or access points of many regions, are left to the SDK. */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=[^\/]+\/\d{8}\/(?<region>[^\/]+)\/(?<service>[^\/]+)\/aws4_request,/v;

/**
 * Reads from a request of the SDK where it goes, so that whatever an environment says of regions and endpoints is the SDK's
 * to understand. Undefined where it is not as calls are made here.
 *
 * @param path the path of the call
 */
export function placeOf(request: unknown, path: string): Place | undefined {
  if (!isSdkRequest(request)) return undefined;
  const { protocol, hostname, port, headers } = request;
  const { region, service } = AUTHORIZATION.exec(headers['authorization'] ?? '')?.groups ?? {};
  const isPlain = (protocol === 'http:' || protocol === 'https:') && request.path.endsWith(path);
  if (!isPlain || region === undefined || service === undefined || headers['x-amz-s3session-token']) return undefined;
  return {
    protocol,
    hostname,
    port,
    basePath: request.path.slice(0, request.path.length - path.length),
    scope: { region, service },
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => NAMES_OF_CLIENT.includes(name))),
  };
}

function isSdkRequest(request: unknown): request is SdkRequest {
  return typeof request === 'object' && request !== null && 'hostname' in request && 'headers' in request;
}
