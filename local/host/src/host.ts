import { serveBackups } from './backup/requests.ts';
import type { Stage } from './cloud-assembly.ts';
import { readCloudAssembly } from './cloud-assembly.ts';
import { readConnections } from './connections-file.ts';
import type { StackPlan } from './create-stack.ts';
import { createStack, planStack, refuseUnsupported } from './create-stack.ts';
import type { DataDir } from './data-dir.ts';
import { openDataDir } from './data-dir.ts';
import { HostError } from './errors.ts';
import { isLoopback, namesOfThisMachine, refuse, startHttpServer } from './http-server.ts';
import { rememberResources } from './known-resources.ts';
import { keysFor } from './iam/configured-keys.ts';
import type { DeclaredPolicies } from './iam/declared-policies.ts';
import type { Log } from './log.ts';
import { isIgnored } from './resources/ignored.ts';
import { sendsMail } from './sends-mail.ts';
import type { DeclaredResource } from './service.ts';
import type { HttpApiAddress } from './services/http-apis.ts';
import type { HostIdentity } from './services/identity.ts';
import type { Services } from './services/index.ts';
import { keepsData, openServices, typesThatRun } from './services/index.ts';
import type { Pages } from './services/static-site.ts';
import { OUTBOX_PATH } from './services/outbox-page.ts';
import type { Json } from './template.ts';
import { openMachineTime, openTravellingTime } from './time/kept-time.ts';
import type { TlsCertificate } from './tls-certificate.ts';

export interface HostOptions {
  /** Where `cdk synth` wrote. Functions are loaded from it for as long as the host runs. */
  readonly assemblyDir: string;
  /** Keeps executions, objects and waits from one start to the next. Created where it is missing. */
  readonly dataDir: string;
  readonly host: string;
  /** Names that clients call it by where `host` is an address of a network; those of this machine are known. */
  readonly allowedHosts?: readonly string[];
  /** For the first HTTP API of the app; further ones take any free port. 0 takes any free port. */
  readonly port: number;
  /** For Step Functions, S3 and Lambda. 0 takes any free port. Where the app has user pools, the next one is for signing in. */
  readonly awsPort: number;
  /** `off` opens the routes that a JWT authorizer guards to everybody on this machine. @default 'enforced' */
  readonly auth?: HostIdentity['auth'];
  /** `off` lets every role do everything, whatever its policies say. @default 'enforced' */
  readonly iam?: 'enforced' | 'off';
  /** Filled with the policies of the app, and asked for each request: for whoever takes some away while it runs. @default its own */
  readonly policies?: DeclaredPolicies;
  /**
   * A file like `~/.aws/credentials`, with whose keys alone the AWS endpoint can be called, beside those of roles. Needed where
   * `host` is more than this machine. @default whoever reaches it may do everything
   */
  readonly credentialsFile?: string;
  /** With which its HTTP APIs and its AWS are served. @default nothing is encrypted */
  readonly tls?: TlsCertificate;
  /** A JSON file of the connections of HTTP tasks. @default EventBridge is asked, where it has an endpoint */
  readonly connectionsFile?: string;
  /** How many container tasks, of ECS and Batch together, run at a time; what exceeds it waits. @default twice the processors, and four at least */
  readonly tasksMax?: number;
  /** Runs containers in Docker, which builds their images. @default false: as processes, where the image allows for it */
  readonly docker?: boolean;
  /** Lets the time of this AWS be moved on, and goes on in the time that the data folder is in. @default false */
  readonly timeTravel?: boolean;
  /** Pages for people, beside the first HTTP API. @default none */
  readonly pages?: Pages;
  readonly log: Log;
}

/** A CDK app that runs on this machine. */
export interface Host {
  readonly apis: readonly HttpApiAddress[];
  /** Who can sign in to them. */
  readonly identity: HostIdentity;
  /** What `AWS_ENDPOINT_URL` is set to by whoever looks in from outside. Functions and containers have a plain one. */
  readonly awsUrl: string;
  /** A page of the mails that the app would have sent; undefined where it sends none. */
  readonly outboxUrl?: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly resources: readonly RunningResource[];
  /** What changes nothing on this machine, such as permissions and alarms, and was left out. */
  readonly ignored: readonly IgnoredResource[];
  /** How far it is ahead of this machine; undefined where time does not travel. */
  readonly timeTravel?: { readonly offsetSeconds: number };
  /** Takes no more requests, lets what is under way end for some seconds, and frees ports and folder. Waits go on at the next start. */
  close(): Promise<void>;
}

export interface RunningResource {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives for it. */
  readonly ref: string;
}

export type IgnoredResource = Omit<RunningResource, 'ref'>;

/** Everybody who could still be waiting for an answer has been let go before. */
const AWS_DRAIN_MS = 500;

/**
 * Runs the app whose cloud assembly is in a folder: any app whose resources this machine knows.
 *
 * Started again over the same data folder it finds its state machines, objects and waits. A state machine whose
 * definition has changed is updated; executions that run keep theirs.
 *
 * @throws {HostError} for whatever was to be expected: a port or folder in use, an unsupported resource, a broken assembly.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { host, awsPort, auth = 'enforced', iam = 'enforced', timeTravel = false, tls, log } = options;
  if (auth === 'off' && !isLoopback(host)) throw openToOthers(host);
  if (timeTravel && !isLoopback(host)) throw movableByOthers(host);
  const keys = keysFor(options);
  if (keys !== undefined && iam === 'off') throw withoutRoles();
  if (keys !== undefined && timeTravel) throw movableWithoutKeys();
  const connections = options.connectionsFile === undefined ? undefined : readConnections(options.connectionsFile);
  const assembly = await readCloudAssembly(options.assemblyDir);
  const plans = assembly.stacks.map(planStack);
  const isRun = typesThatRun(iam);
  refuseUnsupported(plans, isRun);

  await using opened = new AsyncDisposableStack();
  const dataDir = openDataDir(options.dataDir);
  opened.defer(() => dataDir.close());
  const backups = serveBackups(dataDir, log);
  opened.defer(() => backups.close());
  const time = timeTravel ? openTravellingTime(dataDir) : openMachineTime(dataDir);
  let services: Services | undefined;
  const awsServer = await startHttpServer({
    host,
    port: awsPort,
    purpose: 'Step Functions, S3 and Lambda',
    time,
    ...(tls !== undefined && { tls }),
    log,
    handle(request, response) {
      if (services === undefined) refuse(response, 503, 'ServiceUnavailable', 'The host is starting.');
      else services.handle(request, response);
    },
  });
  opened.defer(() => awsServer.close(AWS_DRAIN_MS));
  const { environment } = assembly;
  services = openServices({
    dataDir,
    environment,
    awsUrl: awsServer.ownUrl,
    host,
    allowedHosts: namesOfThisMachine(host, [...(options.allowedHosts ?? []), ...(tls?.names ?? [])]),
    port: options.port,
    signInPort: awsPort === 0 ? 0 : awsPort + 1,
    auth,
    iam,
    ...(options.policies !== undefined && { policies: options.policies }),
    ...(keys !== undefined && { keys }),
    ...(connections !== undefined && { connections }),
    ...(options.tasksMax !== undefined && { tasksMax: options.tasksMax }),
    ...(options.docker !== undefined && { docker: options.docker }),
    ...(tls !== undefined && { tls }),
    ...(options.pages && { pages: options.pages }),
    time,
    log,
  });
  opened.defer(() => services?.close());

  const resources = await createStacks(plans, services, isRun);
  sayWhatVanished(dataDir, resources, log);
  await services.start();

  const ignored = ignoredResources(plans, assembly.stages, isRun);
  log.info('host.started', { awsUrl: awsServer.url, dataDir: dataDir.path, ignored: countByType(ignored) });
  const running = opened.move();
  const offsetMs = time.offsetMs();
  return {
    apis: services.apis(),
    identity: services.identity(),
    awsUrl: awsServer.url,
    ...(isLoopback(host) &&
      keys === undefined &&
      sendsMail(plans.flatMap((plan) => plan.resources)) && { outboxUrl: `${awsServer.url}${OUTBOX_PATH}` }),
    dataDir: dataDir.path,
    resources,
    ignored,
    ...(offsetMs !== undefined && { timeTravel: { offsetSeconds: Math.floor(offsetMs / 1000) } }),
    async close() {
      await running.disposeAsync();
      log.info('host.stopped');
    },
  };
}

function openToOthers(host: string): HostError {
  return new HostError(
    `APIs that ask nobody who they are cannot be opened to others at ${host}.`,
    'Listen at 127.0.0.1, or let the authorizers of the app be asked.',
  );
}

function movableWithoutKeys(): HostError {
  return new HostError(
    'Time is moved on by whoever sits at this machine, and no key is asked for.',
    'Leave out --time-travel, or the file of keys.',
  );
}

function withoutRoles(): HostError {
  return new HostError(
    'Where AWS is called with keys, roles have theirs, and are held to their policies.',
    'Leave out --no-iam, or the file of keys.',
  );
}

function movableByOthers(host: string): HostError {
  return new HostError(
    `Time cannot be moved on where others can reach it, at ${host}.`,
    'Listen at 127.0.0.1, or start without time travel.',
  );
}

function sayWhatVanished(dataDir: DataDir, resources: readonly RunningResource[], log: Log): void {
  const keeping = resources
    .filter(({ type }) => keepsData(type))
    .map(({ stackName, logicalId, type, ref }) => [`${stackName}/${logicalId}`, { type, ref }] as const);
  const vanished = rememberResources(dataDir, Object.fromEntries(keeping));
  for (const [resource, { type, ref }] of Object.entries(vanished)) {
    log.warn('host.resource-vanished', { resource, type, ref, note: 'the app no longer has it; its data stay' });
  }
}

async function createStacks(
  plans: readonly StackPlan[],
  services: Services,
  isRun: (type: string) => boolean,
): Promise<RunningResource[]> {
  const exports = new Map<string, Json>();
  const running: RunningResource[] = [];
  for (const plan of plans) {
    const create = (resource: DeclaredResource) => services.create(resource);
    const created = await createStack(plan, (type) => (isRun(type) ? create : undefined), exports);
    for (const { logicalId, type } of plan.resources) {
      const ref = created.get(logicalId)?.ref;
      if (isRun(type) && ref !== undefined) running.push({ stackName: plan.stack.name, logicalId, type, ref });
    }
  }
  return running;
}

function ignoredResources(
  plans: readonly StackPlan[],
  stages: readonly Stage[],
  isRun: (type: string) => boolean,
): IgnoredResource[] {
  return [
    ...plans.flatMap(({ stack, resources }) =>
      resources
        .filter(({ type }) => isIgnored(type) && !isRun(type))
        .map(({ logicalId, type }) => ({ stackName: stack.name, logicalId, type })),
    ),
    // Beside stacks of its own an app may have stages; each of them is an app to be started by itself.
    ...stages.map(({ id }) => ({ stackName: id, logicalId: id, type: 'cdk:cloud-assembly' })),
  ];
}

function countByType(resources: readonly IgnoredResource[]): Record<string, number> {
  const byType = Map.groupBy(resources, ({ type }) => type);
  return Object.fromEntries([...byType].map(([type, { length }]) => [type, length]));
}
