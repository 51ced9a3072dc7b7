import type { RequestListener } from 'node:http';
import { endpointsFrom, type Connections } from '../../../engine/src/index.ts';
import { awsRequestListener } from '../aws-server.ts';
import type { Environment } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import { isLoopback } from '../http-server.ts';
import type { Log } from '../log.ts';
import type { ConfiguredKeys } from '../iam/configured-keys.ts';
import type { DeclaredPolicies } from '../iam/declared-policies.ts';
import { openIam } from '../iam/open-iam.ts';
import { createNames } from '../physical-name.ts';
import { createComputeEnvironment, createJobDefinition, createJobQueue } from '../resources/batch.ts';
import { createBucket } from '../resources/bucket.ts';
import { createCapacityProviderAssociations, createCluster, createTaskDefinition } from '../resources/ecs.ts';
import { createConfigurationSet, createEmailIdentity } from '../resources/email-identity.ts';
import { createEventBus, createEventRule } from '../resources/event-rule.ts';
import { createAlias, createFunction, createVersion } from '../resources/function.ts';
import { createApi, createAuthorizer, createIntegration, createRoute, createStage } from '../resources/http-api.ts';
import { createManagedPolicy, createPolicy, createRole, createRolePolicy } from '../resources/iam.ts';
import {
  createBucketPolicy,
  createEventBusPolicy,
  createPermission,
  createSecretPolicy,
  createTopicInlinePolicy,
  createTopicPolicy,
} from '../resources/resource-policies.ts';
import { createSchedule, createScheduleGroup } from '../resources/schedule.ts';
import { createRotationSchedule, createSecret } from '../resources/secret.ts';
import { createStateMachine } from '../resources/state-machine.ts';
import { createSubscription, createTopic } from '../resources/topic.ts';
import {
  createUserPool,
  createUserPoolClient,
  createUserPoolDomain,
  createUserPoolGroup,
  createUserPoolMembership,
  createUserPoolResourceServer,
  createUserPoolUser,
} from '../resources/user-pool.ts';
import type { CreatedResource, CreateResource, DeclaredResource } from '../service.ts';
import { invokeFromTasks } from '../task-invocations.ts';
import type { HostTime } from '../time/host-time.ts';
import { timeRequests } from '../time/time-requests.ts';
import { createTimeTravel, EXECUTIONS } from '../time/time-travel.ts';
import { TravellingTime } from '../time/travelling-time.ts';
import type { TlsCertificate } from '../tls-certificate.ts';
import { createChanges } from './changes.ts';
import { createUserPools } from './cognito.ts';
import { defaultTasksMax, openCompute } from './compute.ts';
import type { HttpApiAddress } from './http-apis.ts';
import { createHttpApis } from './http-apis.ts';
import type { HostIdentity } from './identity.ts';
import { hostIdentity } from './identity.ts';
import { createLambdaService } from './lambda.ts';
import { openMessaging } from './messaging.ts';
import { createMetrics } from './metrics.ts';
import type { OwnServices } from './own-requests.ts';
import { createRecentLog } from './recent-log.ts';
import { openS3 } from './s3.ts';
import type { Pages } from './static-site.ts';
import { createStatesEvents } from './states-events.ts';
import { createStepFunctions } from './step-functions.ts';

/** What runs of each CloudFormation type. Whatever is in neither this table nor `resources/ignored.ts` is refused. */
const TYPES: ReadonlyMap<string, CreateResource<RunningServices>> = new Map<string, CreateResource<RunningServices>>([
  ['AWS::ApiGatewayV2::Api', createApi],
  ['AWS::ApiGatewayV2::Authorizer', createAuthorizer],
  ['AWS::ApiGatewayV2::Integration', createIntegration],
  ['AWS::ApiGatewayV2::Route', createRoute],
  ['AWS::ApiGatewayV2::Stage', createStage],
  ['AWS::Batch::ComputeEnvironment', createComputeEnvironment],
  ['AWS::Batch::JobDefinition', createJobDefinition],
  ['AWS::Batch::JobQueue', createJobQueue],
  ['AWS::Cognito::UserPool', createUserPool],
  ['AWS::Cognito::UserPoolClient', createUserPoolClient],
  ['AWS::Cognito::UserPoolDomain', createUserPoolDomain],
  ['AWS::Cognito::UserPoolGroup', createUserPoolGroup],
  ['AWS::Cognito::UserPoolResourceServer', createUserPoolResourceServer],
  ['AWS::Cognito::UserPoolUser', createUserPoolUser],
  ['AWS::Cognito::UserPoolUserToGroupAttachment', createUserPoolMembership],
  ['AWS::ECS::Cluster', createCluster],
  ['AWS::ECS::ClusterCapacityProviderAssociations', createCapacityProviderAssociations],
  ['AWS::ECS::TaskDefinition', createTaskDefinition],
  ['AWS::Events::EventBus', createEventBus],
  ['AWS::Events::Rule', createEventRule],
  ['AWS::Lambda::Alias', createAlias],
  ['AWS::Lambda::Function', createFunction],
  ['AWS::Lambda::Version', createVersion],
  ['AWS::S3::Bucket', createBucket],
  ['AWS::SES::ConfigurationSet', createConfigurationSet],
  ['AWS::SES::EmailIdentity', createEmailIdentity],
  ['AWS::SNS::Subscription', createSubscription],
  ['AWS::SNS::Topic', createTopic],
  ['AWS::Scheduler::Schedule', createSchedule],
  ['AWS::Scheduler::ScheduleGroup', createScheduleGroup],
  ['AWS::SecretsManager::RotationSchedule', createRotationSchedule],
  ['AWS::SecretsManager::Secret', createSecret],
  ['AWS::StepFunctions::StateMachine', createStateMachine],
]);

/** Who may do what: read where permissions are enforced, and passed over elsewhere, as far as names go. */
const PERMISSION_TYPES: ReadonlyMap<string, CreateResource<RunningServices>> = new Map<
  string,
  CreateResource<RunningServices>
>([
  ['AWS::Events::EventBusPolicy', createEventBusPolicy],
  ['AWS::IAM::ManagedPolicy', createManagedPolicy],
  ['AWS::IAM::Policy', createPolicy],
  ['AWS::IAM::Role', createRole],
  ['AWS::IAM::RolePolicy', createRolePolicy],
  ['AWS::Lambda::Permission', createPermission],
  ['AWS::S3::BucketPolicy', createBucketPolicy],
  ['AWS::SecretsManager::ResourcePolicy', createSecretPolicy],
  ['AWS::SNS::TopicInlinePolicy', createTopicInlinePolicy],
  ['AWS::SNS::TopicPolicy', createTopicPolicy],
]);

/** Types whose data outlive the process, and stay when the template no longer names them. */
const KEEPS_DATA: readonly string[] = [
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
];

/** @param iam whether permissions are enforced: what declares them does nothing elsewhere. */
export function typesThatRun(iam: ServicesOptions['iam']): (type: string) => boolean {
  return (type) => TYPES.has(type) || (iam === 'enforced' && PERMISSION_TYPES.has(type));
}

export function keepsData(type: string): boolean {
  return KEEPS_DATA.includes(type);
}

export interface ServicesOptions {
  readonly dataDir: DataDir;
  readonly environment: Environment;
  /** Where functions reach the services that are opened here. */
  readonly awsUrl: string;
  readonly host: string;
  /** The names, without port, that a request may call Step Functions by. */
  readonly allowedHosts: readonly string[];
  /** For the first HTTP API. */
  readonly port: number;
  /** For signing in, where the app has user pools. */
  readonly signInPort: number;
  /** Of the HTTP APIs. Users sign in on this machine alone, without it. */
  readonly tls?: TlsCertificate;
  readonly auth: HostIdentity['auth'];
  /** Whether roles are held to their policies. */
  readonly iam: 'enforced' | 'off';
  readonly policies?: DeclaredPolicies;
  /** With which alone the AWS endpoint can be called, beside those of roles. @default whoever reaches it may do everything */
  readonly keys?: ConfiguredKeys;
  readonly connections?: Connections;
  /** How many container tasks run at a time. @default by the machine's processors */
  readonly tasksMax?: number;
  /** Whether container tasks run in Docker. @default false */
  readonly docker?: boolean;
  readonly pages?: Pages;
  readonly time: HostTime;
  readonly log: Log;
}

/** All the AWS of this machine, over one data folder. */
export interface Services {
  create(resource: DeclaredResource): CreatedResource | Promise<CreatedResource>;
  /** Called when every resource exists: open executions go on. */
  start(): Promise<void>;
  handle: RequestListener;
  apis(): HttpApiAddress[];
  identity(): HostIdentity;
  close(): Promise<void>;
}

type RunningServices = ReturnType<typeof open>;

export function openServices(options: ServicesOptions): Services {
  const running = open(options);
  const {
    s3,
    lambda,
    stepFunctions,
    httpApis,
    userPools,
    messaging,
    metrics,
    changes,
    recentLog,
    compute,
    statesEvents,
  } = running;
  const identity = () => hostIdentity(options.auth, httpApis, userPools);
  const travel =
    options.time instanceof TravellingTime
      ? createTimeTravel(options.time, {
          isResting: () =>
            [stepFunctions, lambda, compute, statesEvents, messaging].every((service) => service.isResting()),
          timers: (limit, untilMs) => stepFunctions.timers(limit, untilMs),
          settle: async () => void (await s3.sweep()),
        })
      : undefined;
  const machine =
    isLoopback(options.host) && options.keys === undefined ? { timeTravel: travel !== undefined } : undefined;
  const own: OwnServices = new Map([
    ['time', timeRequests(travel, running.log, () => changes.note('time'))],
    // For whoever sits at the machine, and nobody who only reaches it: mails hold links that confirm things.
    ...(machine === undefined
      ? []
      : ([
          ['outbox', messaging.outboxPage],
          ['changes', changes.handle],
          ['log', recentLog.handle],
          ...stepFunctions.own,
        ] as const)),
  ]);
  let isReady = false;
  return {
    create(resource) {
      const create = TYPES.get(resource.type) ?? PERMISSION_TYPES.get(resource.type);
      if (create === undefined) throw new TypeError(`${resource.type} was to be refused before`);
      return create(running, resource);
    },
    async start() {
      const [first] = httpApis.addresses();
      const beside = { identity: identity(), ...(machine && { machine }) };
      const site = first && (await options.pages?.site({ url: first.url, ...beside }));
      const letRequestsIn = httpApis.prepare(site, machine && own);
      const letSignIn = await userPools.prepare();
      // Where Docker is to run containers and does not answer, nothing else begins.
      await compute.prepare();
      await stepFunctions.start();
      await messaging.start();
      await statesEvents.start();
      await compute.start();
      letSignIn();
      letRequestsIn();
      isReady = true;
    },
    handle: awsRequestListener({
      stepFunctions: stepFunctions.handle,
      lambda: (request, response) => lambda.handle(request, response),
      s3: (request, response) => s3.handle(request, response),
      events: messaging.events.handle,
      ecs: compute.handleEcs,
      ecsMetadata: compute.handleMetadata,
      batch: compute.handleBatch,
      secrets: messaging.secrets.handle,
      sns: messaging.sns.handle,
      ses: messaging.ses,
      ...(machine !== undefined && { metrics: metrics.handle }),
      health: () => ({ status: isReady ? 'ready' : 'starting' }),
      identity,
      own,
    }),
    apis: () => httpApis.addresses(),
    identity,
    // Whoever calls ends before whom it calls: requests, then executions, then functions, then what those keep.
    async close() {
      changes.close();
      await travel?.close();
      await httpApis.close();
      await userPools.close();
      messaging.stop();
      await compute.close();
      await stepFunctions.close();
      statesEvents.close();
      await lambda.close();
      await messaging.close();
      s3.close();
    },
  };
}

/** The services, by the ids of their SDKs, that tasks find here; any other is where the environment says. */
const HERE: readonly string[] = [
  'Batch',
  'ECS',
  'EventBridge',
  'Lambda',
  'S3',
  'SES',
  'SESv2',
  'SFN',
  'SNS',
  'Secrets Manager',
];

function open(options: ServicesOptions) {
  const { dataDir, environment, awsUrl, host, allowedHosts, port, signInPort, auth, connections, time } = options;
  const changes = createChanges();
  // Nobody has a token before there is a Step Functions.
  let hideTaskTokens = (text: string): string => text;
  const recentLog = createRecentLog({
    now: () => time.now(),
    onLine: () => changes.note('log'),
    hide: (text) => hideTaskTokens(text),
  });
  const log = recentLog.listening(options.log);
  const elsewhere = endpointsFrom(process.env);
  const iam = openIam({
    dataDir,
    environment,
    isEnforced: options.iam === 'enforced',
    ...(options.policies !== undefined && { policies: options.policies }),
    ...(options.keys !== undefined && { keys: options.keys }),
    time,
    log,
  });
  const { access, policies, credentials } = iam;
  const s3 = openS3({
    file: dataDir.resolve('s3.sqlite'),
    region: environment.region,
    clock: time,
    access,
    log,
    onWritten: () => changes.note('objects'),
  });
  const metrics = createMetrics(log);
  const lambda = createLambdaService({
    ...environment,
    time,
    log: metrics.listening(log),
    compileCacheDir: dataDir.resolve('compile-cache'),
    access,
  });
  const messaging = openMessaging({
    dataDir,
    environment,
    lambda,
    awsUrl,
    allowedHosts,
    access,
    time,
    log,
    onMail: () => changes.note('mails'),
  });
  const compute = openCompute({
    dataDir,
    environment,
    awsUrl,
    messaging,
    time,
    tasksMax: options.tasksMax ?? defaultTasksMax(),
    docker: options.docker ?? false,
    access,
    credentials,
    log: metrics.listening(log),
  });
  const statesEvents = createStatesEvents({
    ...messaging,
    describe: (executionArn) => stepFunctions.describeExecution(executionArn),
    log,
  });
  const stepFunctions = createStepFunctions({
    file: dataDir.resolve('executions.sqlite'),
    environment,
    lambda: invokeFromTasks(lambda),
    endpoints: (serviceId) => (HERE.includes(serviceId) ? awsUrl : elsewhere(serviceId)),
    isHere: (serviceId) => HERE.includes(serviceId),
    roles: { access, credentials, environment },
    executeApi: (apiEndpoint) => httpApis.urlOf(apiEndpoint),
    ...(connections !== undefined && { connections }),
    allowedHosts,
    clock: time.clock(EXECUTIONS),
    onMoved: () => changes.note('executions'),
    log: statesEvents.listening(log),
  });
  hideTaskTokens = (text) => stepFunctions.hideTaskTokens(text);
  const httpApis = createHttpApis({
    environment,
    host,
    port,
    ...(options.tls !== undefined && { tls: options.tls }),
    invoke: (request) => lambda.invoke(request),
    auth,
    access,
    time,
    log,
  });
  const pagesPath = options.pages?.path;
  const userPools = createUserPools({ dataDir, host, port: signInPort, pagesPath, time, log });
  const inlineCodeDir = dataDir.resolve('inline-code');
  const { events, sns, secrets } = messaging;
  const { ecs, batch, useImage } = compute;
  const services = {
    s3,
    lambda,
    stepFunctions,
    httpApis,
    userPools,
    messaging,
    events,
    sns,
    secrets,
    compute,
    statesEvents,
    ecs,
    batch,
    useImage,
    metrics,
    changes,
    recentLog,
    log,
    access,
    policies,
    credentials,
  };
  return { ...services, nameResource: createNames(), awsUrl, inlineCodeDir };
}
