import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openToAll, type Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import { machineTime, type HostTime } from '../time/host-time.ts';
import { createAsynchronousInvoker } from './lambda-asynchronous.ts';
import {
  InvalidRequestContentException,
  RequestTooLargeException,
  ResourceNotFoundException,
  ValidationException,
} from './lambda-errors.ts';
import { parseFunctionReference } from './lambda-function-name.ts';
import { checkFunction } from './lambda-function.ts';
import type { FunctionConfiguration } from './lambda-function.ts';
import { createInvokeEndpoint, SYNCHRONOUS_PAYLOAD_BYTES_MAX } from './lambda-http.ts';
import type { Invocation, InvocationResult } from './lambda-instance.ts';
import { defaultInstancesMax, InstancePool } from './lambda-pool.ts';
import { spareCoresOfMachine } from './spare-cores.ts';

export type { FunctionConfiguration } from './lambda-function.ts';

export interface LambdaOptions {
  log: Log;
  region: string;
  accountId: string;
  /** How many function instances, each a process, may live at a time; what exceeds it waits. @default by the machine's memory */
  maxConcurrency?: number;
  /** Where V8 may keep compiled code from one start of an instance to the next. @default nowhere, and cold starts take some 35 ms more */
  compileCacheDir?: string;
  /** @default the machine's */
  time?: HostTime;
  /** Who may invoke what over HTTP. @default everybody everything */
  access?: Access;
  /** How many cores have had nothing to do lately: one more instance of a function wants half a core. @default the machine's */
  spareCores?: () => number;
}

export type InvocationType = 'RequestResponse' | 'Event' | 'DryRun';

export interface InvokeRequest {
  /** Name, partial ARN or ARN, with or without a qualifier. */
  functionName: string;
  qualifier?: string;
  /** The event: JSON text, which goes to the function unread. */
  payload: string;
  /** @default 'RequestResponse' */
  invocationType?: InvocationType;
  /** @default 'None' */
  logType?: 'None' | 'Tail';
  /** Base64 of JSON. */
  clientContext?: string;
  /** Ends the invoker's wait. A function that runs already goes on, as on AWS. */
  signal?: AbortSignal;
}

export interface InvokeResponse {
  /** 200, 202 for an event that will be delivered, 204 for a dry run. */
  statusCode: number;
  /** JSON text: the result or, with `functionError`, the error object. Empty unless the status is 200. */
  payload: string;
  functionError?: 'Unhandled' | 'Handled';
  executedVersion: string;
  requestId: string;
  logTail?: string;
}

/** Lambda on this machine: functions from directories of code, each instance a process of its own. */
export interface LambdaService {
  /**
   * Creates a function or, under a name that exists, replaces it: invocations from now on get the new one, those that
   * run end as they began.
   *
   * @throws {HostError} if this machine cannot run it.
   */
  createFunction(configuration: FunctionConfiguration): void;
  /**
   * A function that fails is an answer, with `functionError` set.
   *
   * @throws {ResourceNotFoundException}, {TooManyRequestsException}, {RequestTooLargeException}, {ServiceException}, …
   * as Invoke does, or the reason of the signal.
   */
  invoke(request: InvokeRequest): Promise<InvokeResponse>;
  /** `POST /2015-03-31/functions/{FunctionName}/invocations`. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** No invocation waits or runs; an event may be due again later. */
  isResting(): boolean;
  /** Ends all instances and waits until they are gone. Invocations that run are rejected with ServiceException. */
  close(): Promise<void>;
}

/** Lambda quotas: an event for asynchronous delivery may have 1 MB. */
const EVENT_PAYLOAD_BYTES_MAX = 1_048_576;

/** Functions have one version here. Aliases and numbered versions are unknown, as they are on AWS until they are published. */
const VERSION = '$LATEST';

export function createLambdaService(options: LambdaOptions): LambdaService {
  const { log, region, accountId, time = machineTime, access = openToAll } = options;
  const pool = new InstancePool({
    log,
    instancesMax: options.maxConcurrency ?? defaultInstancesMax(),
    compileCacheDir: options.compileCacheDir,
    time,
    spareCores: options.spareCores ?? spareCoresOfMachine(),
  });
  // An async function, so that a refusal is a rejection like any other.
  const run = async (functionName: string, invocation: Invocation) => pool.run(functionName, invocation);
  const asynchronous = createAsynchronousInvoker(run, time, log);

  function find(request: InvokeRequest): { configuration: FunctionConfiguration; functionArn: string } {
    const reference = parseFunctionReference(request.functionName, region, accountId);
    const qualifier = request.qualifier ?? reference.qualifier;
    const arn = `arn:aws:lambda:${region}:${accountId}:function:${reference.functionName}`;
    const functionArn = qualifier === undefined ? arn : `${arn}:${qualifier}`;
    const configuration = pool.configurationOf(reference.functionName);
    if (configuration === undefined || (qualifier ?? VERSION) !== VERSION)
      throw new ResourceNotFoundException(functionArn);
    return { configuration, functionArn };
  }

  async function invoke(request: InvokeRequest): Promise<InvokeResponse> {
    const { payload, invocationType = 'RequestResponse', signal } = request;
    checkOptions(request);
    const { configuration, functionArn } = find(request);
    const { functionName } = configuration;
    const requestId = randomUUID();
    const answer = { executedVersion: VERSION, requestId };
    if (invocationType === 'DryRun') return { statusCode: 204, payload: '', ...answer };

    const invocation = {
      requestId,
      functionArn,
      traceId: newTraceId(time.now()),
      payload,
      ...parseInvocationOptions(request),
    };
    if (invocationType === 'Event') {
      asynchronous.accept(functionName, invocation);
      return { statusCode: 202, payload: '', ...answer };
    }
    signal?.throwIfAborted();
    const running = run(functionName, invocation);
    const result = await (signal === undefined
      ? running
      : orAborted(running, signal, () => pool.withdraw(functionName, requestId)));
    return { statusCode: 200, ...answer, ...result };
  }

  return {
    createFunction: (configuration) => pool.configure(checkFunction(configuration)),
    invoke,
    handle: createInvokeEndpoint(invoke, access, { region, accountId }, log),
    isResting: () => pool.isResting,
    close() {
      asynchronous.close();
      return pool.close();
    },
  };
}

function checkOptions({ payload, invocationType = 'RequestResponse', logType = 'None' }: InvokeRequest): void {
  const types: Record<InvocationType, number> = {
    RequestResponse: SYNCHRONOUS_PAYLOAD_BYTES_MAX,
    Event: EVENT_PAYLOAD_BYTES_MAX,
    DryRun: SYNCHRONOUS_PAYLOAD_BYTES_MAX,
  };
  if (!Object.hasOwn(types, invocationType))
    throw notInEnumeration(invocationType, 'invocationType', Object.keys(types));
  if (logType !== 'None' && logType !== 'Tail') throw notInEnumeration(logType, 'logType', ['None', 'Tail']);
  const bytesMax = types[invocationType];
  const bytes = Buffer.byteLength(payload);
  if (bytes > bytesMax) {
    const message = `${bytes} byte payload is too large for the ${invocationType} invocation type (limit ${bytesMax} bytes)`;
    throw new RequestTooLargeException(message);
  }
}

function notInEnumeration(value: string, member: string, allowed: string[]): ValidationException {
  return new ValidationException(value, member, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

function parseInvocationOptions({
  clientContext,
  logType,
}: InvokeRequest): Pick<Invocation, 'clientContext' | 'wantsLogTail'> {
  const wantsLogTail = logType === 'Tail';
  if (clientContext === undefined) return { wantsLogTail };
  const text = Buffer.from(clientContext, 'base64').toString('utf8');
  try {
    JSON.parse(text);
    return { wantsLogTail, clientContext: text };
  } catch {
    throw new InvalidRequestContentException('Client context must be a valid Base64-encoded JSON object.');
  }
}

function orAborted(
  running: Promise<InvocationResult>,
  signal: AbortSignal,
  withdraw: () => void,
): Promise<InvocationResult> {
  const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>();
  const abort = () => {
    withdraw();
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  return promise;
}

/** X-Ray's form: version, epoch seconds, 96 random bits. Nothing samples here. */
function newTraceId(nowMs: number): string {
  const random = randomUUID().replaceAll('-', '');
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${randomUUID().replaceAll('-', '').slice(0, 16)};Sampled=0`;
}
