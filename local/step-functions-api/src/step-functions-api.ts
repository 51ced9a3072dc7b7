import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from '../../engine/src/index.ts';
import { ACTIONS } from './actions.ts';
import { serveAwsJson, type AwsJsonOptions } from './aws-json.ts';
import { LOAD_DEFAULT } from './turns.ts';

export type StepFunctionsApiOptions = Partial<AwsJsonOptions>;
export type { ApiLog } from './aws-json.ts';

/** Names that only this machine goes by; a page that rebinds its own name to 127.0.0.1 still says that name in `Host`. */
const LOOPBACK_NAMES: readonly string[] = ['localhost'];

/** Step Functions quotas, "API request size": 1 MB. */
const REQUEST_BYTES_MAX = 1_048_576;

/** Of such a size, as many as wait and are under way with an order of 50 kB each. */
const BODIES_BYTES_MAX = 128 * REQUEST_BYTES_MAX;

/**
 * The Step Functions API as a request listener for `node:http`.
 *
 * It answers `POST /` in the AWS JSON 1.0 protocol and nothing else. Limits on slow clients are the server's:
 * set its `headersTimeout` and `requestTimeout`.
 *
 * @example http.createServer(createStepFunctionsApi(engine)).listen(8083, '127.0.0.1')
 */
export function createStepFunctionsApi(
  engine: Engine,
  options: StepFunctionsApiOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return serveAwsJson('AWSStepFunctions', ACTIONS, engine, {
    log: { warn() {}, error() {} },
    maxBodyBytes: REQUEST_BYTES_MAX,
    load: LOAD_DEFAULT,
    bodiesBytesMax: BODIES_BYTES_MAX,
    allowedHosts: LOOPBACK_NAMES,
    ...options,
  });
}
