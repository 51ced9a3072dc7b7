import type { IncomingMessage, RequestListener } from 'node:http';
import { refuse } from './http-server.ts';

/** Who answers which part of AWS. Every service is reached at one address, the value of `AWS_ENDPOINT_URL`. */
export interface AwsServices {
  readonly stepFunctions: RequestListener;
  readonly lambda?: RequestListener;
  readonly s3?: RequestListener;
  /** The answer to `GET /_countersign/health`. */
  readonly health: () => unknown;
  /** The answer to `GET /_countersign/identity`. */
  readonly identity?: () => unknown;
  /** What is at `/_countersign/time` and below. */
  readonly time?: RequestListener;
}

/** Tells requests apart as AWS's own clients form them: by target header, by path, and what is left is S3. */
export function awsRequestListener(services: AwsServices): RequestListener {
  return (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const target = request.headers['x-amz-target'];
    if (isFromPage(request)) return refuse(response, 403, 'AccessDeniedException', 'Web pages have no access.');
    if (path === '/_countersign/health') return answerOwn(services.health(), request, response);
    if (path === '/_countersign/identity' && services.identity !== undefined) {
      return answerOwn(services.identity(), request, response);
    }
    if (/^\/_countersign\/time(?:\/|$)/v.test(path) && services.time !== undefined)
      return services.time(request, response);
    if (typeof target === 'string') {
      if (target.startsWith('AWSStepFunctions.')) return services.stepFunctions(request, response);
      const service = JSON.stringify(target.slice(0, 100));
      return refuse(response, 501, 'UnknownOperationException', `The service of ${service} does not run here.`);
    }
    const service = path.startsWith('/2015-03-31/') ? services.lambda : services.s3;
    if (service !== undefined) return service(request, response);
    return refuse(response, 501, 'UnknownOperationException', 'This service does not run here.');
  };
}

/**
 * SDK clients outside of browsers send neither header. There are no credentials to check on this machine, so no page
 * that happens to be open in a browser may use what is meant for the app.
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
