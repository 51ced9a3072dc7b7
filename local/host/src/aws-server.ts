import type { IncomingMessage, RequestListener } from 'node:http';
import { refuse } from './http-server.ts';
import { findOwn, isVisit, type OwnServices } from './services/own-requests.ts';

/** Who answers which part of AWS. Every service is reached at one address, the value of `AWS_ENDPOINT_URL`. */
export interface AwsServices {
  readonly stepFunctions: RequestListener;
  readonly lambda?: RequestListener;
  readonly s3?: RequestListener;
  readonly events?: RequestListener;
  readonly ecs?: RequestListener;
  /** What a container asks about itself, at `/v4/`. */
  readonly ecsMetadata?: RequestListener;
  readonly batch?: RequestListener;
  readonly secrets?: RequestListener;
  readonly sns?: RequestListener;
  readonly ses?: { readonly handleV1: RequestListener; readonly handleV2: RequestListener };
  /** The answer to `GET /_countersign/health`. */
  readonly health: () => unknown;
  /** The answer to `GET /_countersign/identity`. */
  readonly identity?: () => unknown;
  /** What else is below `/_countersign/`. */
  readonly own?: OwnServices;
  /** What is at `/metrics`, where it is not S3 that is asked for a bucket of that name. */
  readonly metrics?: RequestListener;
}

/** Tells requests apart as AWS's own clients form them: by target header, by path, by signature, and what is left is S3. */
export function awsRequestListener(services: AwsServices): RequestListener {
  return (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const target = request.headers['x-amz-target'];
    if (isFromPage(request) && !isVisit(request))
      return refuse(response, 403, 'AccessDeniedException', 'Web pages have no access.');
    if (path === '/_countersign/health') return answerOwn(services.health(), request, response);
    if (path === '/_countersign/identity' && services.identity !== undefined) {
      return answerOwn(services.identity(), request, response);
    }
    const own = findOwn(services.own ?? new Map(), path);
    if (own !== undefined) return own(request, response);
    const service = typeof target === 'string' ? byTarget(services, target) : byPath(services, path, request);
    if (service !== undefined) return service(request, response);
    const name = typeof target === 'string' ? `The service of ${JSON.stringify(target.slice(0, 100))}` : 'This service';
    return refuse(response, 501, 'UnknownOperationException', `${name} does not run here.`);
  };
}

/** The JSON protocols name service and action in a header. */
function byTarget(services: AwsServices, target: string): RequestListener | undefined {
  const [prefix] = target.split('.', 1);
  if (prefix === 'AWSStepFunctions') return services.stepFunctions;
  if (prefix === 'AWSEvents') return services.events;
  if (prefix === 'AmazonEC2ContainerServiceV20141113') return services.ecs;
  return prefix === 'secretsmanager' ? services.secrets : undefined;
}

/** No bucket is called `v1`, `v2`, `v4` or by a date, for lack of letters; one called `metrics` is asked for with a signature. */
function byPath(services: AwsServices, path: string, request: IncomingMessage): RequestListener | undefined {
  const { authorization, 'content-type': type = '' } = request.headers;
  if (path.startsWith('/2015-03-31/')) return services.lambda;
  if (path.startsWith('/v1/')) return services.batch;
  if (path.startsWith('/v4/')) return services.ecsMetadata;
  if (path.startsWith('/v2/email/')) return services.ses?.handleV2;
  if (path === '/metrics' && authorization === undefined && services.metrics !== undefined) return services.metrics;
  if (path === '/' && request.method === 'POST' && type.startsWith('application/x-www-form-urlencoded')) {
    return byScope(services, authorization ?? '');
  }
  return services.s3;
}

/** A form of the query protocol says what is to be done and not to whom: that is in the scope of its signature. */
function byScope({ sns, ses }: AwsServices, authorization: string): RequestListener | undefined {
  const [, name] = /Credential=[^\/\s]+\/\d{8}\/[^\/\s]+\/([a-z0-9\-]+)\/aws4_request/v.exec(authorization) ?? [];
  if (name === 'sns') return sns;
  return name === 'ses' || name === 'email' ? ses?.handleV1 : undefined;
}

/**
 * SDK clients outside of browsers send neither header. Whoever brings no key is taken for the developer, so no page that
 * happens to be open in a browser may use what is meant for the app.
 */
function isFromPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin !== undefined || (site !== undefined && site !== 'same-origin' && site !== 'none');
}

function answerOwn(answer: unknown, request: IncomingMessage, response: Parameters<RequestListener>[1]): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(response, 405, 'MethodNotAllowed', 'This is read with GET.');
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(answer));
}
