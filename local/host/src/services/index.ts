import type { RequestListener } from 'node:http';
import { endpointsFrom } from '../../../engine/src/index.ts';
import { awsRequestListener } from '../aws-server.ts';
import type { Environment } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import { namesOfThisMachine } from '../http-server.ts';
import type { Log } from '../log.ts';
import { createNames } from '../physical-name.ts';
import { createBucket } from '../resources/bucket.ts';
import { createAlias, createFunction, createVersion } from '../resources/function.ts';
import { createApi, createIntegration, createRoute, createStage } from '../resources/http-api.ts';
import { createStateMachine } from '../resources/state-machine.ts';
import type { CreatedResource, CreateResource, DeclaredResource } from '../service.ts';
import { invokeFromTasks } from '../task-invocations.ts';
import type { HttpApiAddress } from './http-apis.ts';
import { createHttpApis } from './http-apis.ts';
import { createLambdaService } from './lambda.ts';
import { openS3 } from './s3.ts';
import { createStepFunctions } from './step-functions.ts';

/** What runs of each CloudFormation type. Whatever is in neither this table nor `resources/ignored.ts` is refused. */
const TYPES: ReadonlyMap<string, CreateResource<RunningServices>> = new Map<string, CreateResource<RunningServices>>([
  ['AWS::ApiGatewayV2::Api', createApi],
  ['AWS::ApiGatewayV2::Integration', createIntegration],
  ['AWS::ApiGatewayV2::Route', createRoute],
  ['AWS::ApiGatewayV2::Stage', createStage],
  ['AWS::Lambda::Alias', createAlias],
  ['AWS::Lambda::Function', createFunction],
  ['AWS::Lambda::Version', createVersion],
  ['AWS::S3::Bucket', createBucket],
  ['AWS::StepFunctions::StateMachine', createStateMachine],
]);

/** Types whose data outlive the process, and stay when the template no longer names them. */
const KEEPS_DATA: readonly string[] = ['AWS::S3::Bucket', 'AWS::StepFunctions::StateMachine'];

export function isRun(type: string): boolean {
  return TYPES.has(type);
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
  /** For the first HTTP API. */
  readonly port: number;
  readonly log: Log;
}

/** All the AWS of this machine, over one data folder. */
export interface Services {
  create(resource: DeclaredResource): CreatedResource | Promise<CreatedResource>;
  /** Called when every resource exists: open executions go on. */
  start(): Promise<void>;
  handle: RequestListener;
  apis(): HttpApiAddress[];
  close(): Promise<void>;
}

type RunningServices = ReturnType<typeof open>;

export function openServices(options: ServicesOptions): Services {
  const running = open(options);
  const { s3, lambda, stepFunctions, httpApis } = running;
  let isReady = false;
  return {
    create(resource) {
      const create = TYPES.get(resource.type);
      if (create === undefined) throw new TypeError(`${resource.type} was to be refused before`);
      return create(running, resource);
    },
    async start() {
      const letRequestsIn = httpApis.prepare();
      await stepFunctions.start();
      letRequestsIn();
      isReady = true;
    },
    handle: awsRequestListener({
      stepFunctions: stepFunctions.handle,
      lambda: (request, response) => lambda.handle(request, response),
      s3: (request, response) => s3.handle(request, response),
      health: () => ({ status: isReady ? 'ready' : 'starting' }),
    }),
    apis: () => httpApis.addresses(),
    // Whoever calls ends before whom it calls: requests, then executions, then functions, then what those keep.
    async close() {
      await httpApis.close();
      await stepFunctions.close();
      await lambda.close();
      s3.close();
    },
  };
}

/** The services, by the ids of their SDKs, that tasks find here; any other is where the environment says. */
const HERE: readonly string[] = ['Lambda', 'S3', 'SFN'];

function open({ dataDir, environment, awsUrl, host, port, log }: ServicesOptions) {
  const elsewhere = endpointsFrom(process.env);
  const s3 = openS3({ file: dataDir.resolve('s3.sqlite'), region: environment.region, log });
  const lambda = createLambdaService({ ...environment, log, compileCacheDir: dataDir.resolve('compile-cache') });
  const stepFunctions = createStepFunctions({
    file: dataDir.resolve('executions.sqlite'),
    environment,
    lambda: invokeFromTasks(lambda),
    endpoints: (serviceId) => (HERE.includes(serviceId) ? awsUrl : elsewhere(serviceId)),
    allowedHosts: namesOfThisMachine(host),
    log,
  });
  const httpApis = createHttpApis({ environment, host, port, invoke: (request) => lambda.invoke(request), log });
  const inlineCodeDir = dataDir.resolve('inline-code');
  return { s3, lambda, stepFunctions, httpApis, nameResource: createNames(), awsUrl, inlineCodeDir };
}
