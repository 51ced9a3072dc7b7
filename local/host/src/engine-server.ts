import { endpointsFrom, lambdaOverHttp } from '../../engine/src/index.ts';
import { awsRequestListener } from './aws-server.ts';
import { serveBackups } from './backup/requests.ts';
import { DEFAULT_ENVIRONMENT } from './cloud-assembly.ts';
import { readConnections } from './connections-file.ts';
import { onlyWith } from './iam/access.ts';
import { keysFor, type ConfiguredKeys } from './iam/configured-keys.ts';
import { openDataDir } from './data-dir.ts';
import { isLoopback, namesOfThisMachine, startHttpServer } from './http-server.ts';
import type { Log } from './log.ts';
import { createStepFunctions, type StepFunctionsOptions } from './services/step-functions.ts';
import { machineTime } from './time/host-time.ts';
import type { TlsCertificate } from './tls-certificate.ts';

export interface EngineServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Names that clients call it by where `host` is an address of a network; those of this machine are known. */
  readonly allowedHosts?: readonly string[];
  /** Keeps state machines and executions. @default nothing outlives the process */
  readonly dataDir?: string;
  /** Where tasks call Lambda, such as `http://127.0.0.1:3001`. @default a task that calls a function fails */
  readonly lambdaEndpoint?: string;
  /**
   * A file like `~/.aws/credentials`, with whose keys alone the API can be called. Needed where `host` is more than this
   * machine. @default whoever reaches it may do everything
   */
  readonly credentialsFile?: string;
  /** With which it is served. @default nothing is encrypted */
  readonly tls?: TlsCertificate;
  /** A JSON file of the connections of HTTP tasks. @default EventBridge is asked, where it has an endpoint */
  readonly connectionsFile?: string;
  readonly log: Log;
}

export interface EngineServer {
  readonly url: string;
  readonly dataDir?: string;
  /** Lets calls under way end for a while; everything else is on disk already. */
  close(): Promise<void>;
}

/** The engine has let calls under way end before, so that answers only have to leave. */
const DRAIN_MS = 500;

/**
 * Serves the Step Functions API alone, for apps that bring the rest of AWS with them.
 *
 * @throws {HostError} if the port, the data folder, the file of connections or that of keys cannot be had.
 */
export async function startEngineServer(options: EngineServerOptions): Promise<EngineServer> {
  const { host, port, lambdaEndpoint, tls, log } = options;
  const keys = keysFor(options);
  const connections = options.connectionsFile === undefined ? undefined : readConnections(options.connectionsFile);
  await using opened = new AsyncDisposableStack();
  const dataDir = options.dataDir === undefined ? undefined : openDataDir(options.dataDir);
  opened.defer(() => dataDir?.close());
  const backups = dataDir && serveBackups(dataDir, log);
  opened.defer(() => backups?.close());
  let ownUrl: string | undefined;
  const elsewhere = endpointsFrom(process.env);
  const stepFunctions = createStepFunctions({
    file: dataDir?.resolve('executions.sqlite') ?? ':memory:',
    environment: DEFAULT_ENVIRONMENT,
    lambda: lambdaEndpoint === undefined ? noLambda : lambdaOverHttp(lambdaEndpoint),
    endpoints: (serviceId) => (serviceId === 'SFN' ? ownUrl : elsewhere(serviceId)),
    ...(connections !== undefined && { connections }),
    isHere: (serviceId) => serviceId === 'SFN',
    ...(keys !== undefined && signedOnly(keys)),
    allowedHosts: namesOfThisMachine(host, [...(options.allowedHosts ?? []), ...(tls?.names ?? [])]),
    log,
  });
  let isReady = false;
  const handle = awsRequestListener({
    stepFunctions: stepFunctions.handle,
    health: () => ({ status: isReady ? 'ready' : 'starting' }),
    // For whoever sits at the machine, and nobody who only reaches it.
    own: new Map(isLoopback(host) && keys === undefined ? stepFunctions.own : []),
  });
  const server = await startHttpServer({
    host,
    port,
    purpose: 'Step Functions',
    ...(tls !== undefined && { tls }),
    log,
    handle,
  });
  ownUrl = server.ownUrl;
  opened.defer(() => server.close(DRAIN_MS));
  opened.defer(() => stepFunctions.close());
  await stepFunctions.start();
  isReady = true;
  log.info('engine.started', { url: server.url, dataDir: dataDir?.path });
  const held = opened.move();
  return {
    url: server.url,
    ...(dataDir !== undefined && { dataDir: dataDir.path }),
    close: () => held.disposeAsync(),
  };
}

/**
 * What a task asks of this engine itself is signed with the first of the keys. Those of the environment are for services elsewhere:
 * let in, they would be keys that nobody has looked at, and often `test`.
 */
function signedOnly(keys: ConfiguredKeys): Pick<StepFunctionsOptions, 'authenticate' | 'ownCredentials'> {
  const [[accessKeyId, secretAccessKey] = ['', '']] = keys;
  return { authenticate: onlyWith(keys, machineTime), ownCredentials: { accessKeyId, secretAccessKey } };
}

function noLambda(): Promise<never> {
  return Promise.reject(new Error('no Lambda endpoint was named when this engine was started'));
}
