import type { DirectCall, Input } from './direct-call.ts';
import { exchange } from './exchange.ts';
import { type Place, placeOf } from './place.ts';
import { type Credentials, type Sign, signerFor } from './sign.ts';
import { type TraceCall, traced } from './trace-call.ts';

type Handler = (args: { input: object; request?: unknown }) => Promise<{ response: unknown; output: object }>;

interface SdkClient {
  readonly config: {
    readonly credentials: () => Promise<Credentials>;
    /** What the SDK has found the clock to be wrong by. */
    readonly systemClockOffset?: number;
  };
  readonly middlewareStack: object;
}

type Middleware = (next: Handler, context: { readonly commandName?: string }) => Handler;

interface MiddlewareStack {
  add(
    middleware: Middleware,
    options: { step: 'initialize' | 'deserialize'; priority: 'high' | 'low'; name: string },
  ): void;
}

/**
 * Lets a client of the AWS SDK make some calls without what it does around each: in a function that makes a few small calls
 * an invocation that is most of the CPU, 0.6 ms a call where sending it takes 0.1.
 *
 * Only what goes well is answered this way. The first call to a place goes through the SDK, and shows where it is; an error
 * that a service answers, a connection that is lost, a member that is not known here: each of those calls is made again by
 * the SDK, which knows whether to repeat it, sets the clock, follows to another region, and throws what it always throws. So
 * an attempt more is all that may come of it, and what a lost answer means is as with the SDK's own retries.
 *
 * The client has to be made with `cacheMiddleware: true`.
 */
export function withDirectCalls<Client extends SdkClient>(
  client: Client,
  service: string,
  calls: Readonly<Record<string, DirectCall>>,
  trace: TraceCall = traced,
): Client {
  const places = new Map<string, { readonly place: Place; readonly sign: Sign }>();

  async function attempt(call: DirectCall, input: Input, commandName: string): Promise<object | undefined> {
    const { placeName, path } = call.addressOf(input);
    const known = places.get(placeName);
    const request = known && call.toRequest(input);
    if (known === undefined || request === undefined) return undefined;
    const { place, sign } = known;
    const unsigned = {
      ...request,
      path: place.basePath + path,
      headers: { host: hostOf(place), ...place.headers, ...request.headers },
    };
    const nowMs = Date.now() + (client.config.systemClockOffset ?? 0);
    const headers = sign(unsigned, await client.config.credentials(), nowMs);
    headers['content-length'] = String(Buffer.byteLength(request.body));
    const operation = commandName.slice(0, -'Command'.length);
    const answer = await trace({ service, operation, region: place.scope.region }, async (traceHeader) => {
      if (traceHeader !== undefined) headers['x-amzn-trace-id'] = traceHeader;
      return await exchange(place, { ...unsigned, headers });
    });
    const output = call.toOutput(answer);
    return output && { ...output, $metadata: { httpStatusCode: answer.status, attempts: 1 } };
  }

  const answerDirectly =
    (next: Handler, { commandName = '' }): Handler =>
    async (args) => {
      const call = calls[commandName];
      const output = call && (await attempt(call, { ...args.input }, commandName).catch(() => undefined));
      return output === undefined ? await next(args) : { response: undefined, output };
    };

  const learnPlace =
    (next: Handler, { commandName = '' }): Handler =>
    async (args) => {
      const address = calls[commandName]?.addressOf({ ...args.input });
      const place = address && placeOf(args.request, address.path);
      const result = await next(args);
      // Only where it is answered well: from elsewhere the SDK may have to move on.
      if (address && place) places.set(address.placeName, { place, sign: signerFor(place.scope) });
      return result;
    };

  // Its types are those of one service, whatever calls that has.
  const stack = client.middlewareStack as MiddlewareStack;
  stack.add(answerDirectly, { step: 'initialize', priority: 'high', name: 'answerDirectly' });
  stack.add(learnPlace, { step: 'deserialize', priority: 'low', name: 'learnPlace' });
  return client;
}

function hostOf({ hostname, port }: Place): string {
  return port === undefined ? hostname : `${hostname}:${port}`;
}
