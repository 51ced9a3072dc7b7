import type { RequestListener } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type {
  AwsCredentials,
  Clock,
  Connections,
  CreateStateMachine,
  Endpoints,
  Engine,
  EngineLog,
  ExecutionDescription,
  Evaluator,
  ExecuteApi,
  LambdaInvoke,
} from '../../../engine/src/index.ts';
import {
  awsJobs,
  createJsonataEvaluator,
  credentialsFrom,
  httpConnections,
  LIMITS_DEFAULT,
  LOCAL_CREDENTIALS,
  openEngine,
  openExecutionStore,
  s3MapIo,
  s3Objects,
  serviceIntegrations,
  StepFunctionsError,
} from '../../../engine/src/index.ts';
import { createStepFunctionsApi, type StepFunctionsApiOptions } from '../../../step-functions-api/src/index.ts';
import type { Environment } from '../cloud-assembly.ts';
import { HostError } from '../errors.ts';
import type { Access } from '../iam/access.ts';
import type { Authenticate } from '../iam/authenticate.ts';
import { AccessRefused } from '../iam/caller.ts';
import { refuse } from '../http-server.ts';
import type { Log } from '../log.ts';
import type { RoleCredentials } from './role-credentials.ts';
import { toCallStates } from './states-permissions.ts';
import { HIDDEN_TOKEN } from './states-requests.ts';
import { byRole, mapIoByRole, refuseStart, type TaskRoles } from './task-roles.ts';
import { workflowRequests } from './workflow-requests.ts';

export interface StepFunctionsOptions {
  /** The SQLite file of all executions; `:memory:` keeps nothing. */
  readonly file: string;
  readonly environment: Environment;
  readonly lambda: LambdaInvoke;
  /** Where tasks reach every other service. */
  readonly endpoints: Endpoints;
  /** Whose permissions tasks and requests are held to. @default nobody's */
  readonly roles?: TaskRoles;
  /** Who may send requests, where there are no roles. @default everybody */
  readonly authenticate?: Authenticate;
  /** What tasks sign with at services of this machine, where there are no roles. @default as elsewhere: what the environment has, or what nobody checks */
  readonly ownCredentials?: AwsCredentials;
  /** Whether a service, by the id of its SDK, is one of this machine: there, tasks present themselves as their role. */
  readonly isHere?: (serviceId: string) => boolean;
  /** Where tasks reach the APIs of this machine, by the names that they have on AWS. @default there are none */
  readonly executeApi?: ExecuteApi;
  /** The connections of HTTP tasks, by name or ARN. All others are asked of EventBridge. @default none */
  readonly connections?: Connections;
  /** The names, without port, that a request may call this service by. */
  readonly allowedHosts: readonly string[];
  /** @default the machine's */
  readonly clock?: Clock;
  /** Told that executions have moved, and not which. */
  readonly onMoved?: () => void;
  readonly log: Log;
}

export interface StepFunctionsService {
  /** Notes a state machine, which is created or brought up to date at the start. @returns its ARN */
  declareStateMachine(machine: DeclaredStateMachine): string;
  /**
   * Goes on with every open execution, so whatever a task calls has to be there before.
   *
   * @throws {HostError} if the file cannot be opened, or a definition is refused.
   */
  start(): Promise<void>;
  /** Answers 503 before the start, which SDK clients take as a request to try again. */
  handle: RequestListener;
  /** What is below `/_countersign/` about workflows; 503 before the start. */
  readonly own: ReturnType<typeof workflowRequests>;
  /** Puts {@link HIDDEN_TOKEN} where a text has task tokens. Before the start nobody has one. */
  hideTaskTokens(text: string): string;
  /** As the engine has them; none before the start. */
  timers: Engine['timers'];
  /** Undefined before the start, and for an execution that is not there. */
  describeExecution(executionArn: string): ExecutionDescription | undefined;
  isResting(): boolean;
  close(): Promise<void>;
}

export type DeclaredStateMachine = Required<Omit<CreateStateMachine, 'tags' | 'publish' | 'versionDescription'>> & {
  /** How the template calls it, for the sentence that says what is wrong with it. */
  readonly declaredAs: string;
};

export function createStepFunctions(options: StepFunctionsOptions): StepFunctionsService {
  const { environment, log } = options;
  const declared: DeclaredStateMachine[] = [];
  const evaluator = createJsonataEvaluator();
  let engine: Engine | undefined;
  let api: RequestListener = (_request, response) =>
    refuse(response, 503, 'ServiceUnavailable', 'Step Functions is starting.');

  return {
    declareStateMachine(machine) {
      declared.push(machine);
      return `arn:aws:states:${environment.region}:${environment.accountId}:stateMachine:${machine.name}`;
    },
    async start() {
      engine = open(options, (request, key) => evaluator.evaluate(request, key));
      for (const machine of declared) await bringUpToDate(engine, machine, log);
      const admit = admissionOf(engine, options);
      const { allowedHosts } = options;
      api = createStepFunctionsApi(engine, { log, allowedHosts, ...(admit !== undefined && { admit }) });
    },
    handle: (request, response) => api(request, response),
    own: workflowRequests(() => engine, log),
    hideTaskTokens: (text) => engine?.hideTaskTokens(text, HIDDEN_TOKEN) ?? text,
    timers: (limit, untilMs) => engine?.timers(limit, untilMs) ?? [],
    describeExecution: (executionArn) => engine && describeExecution(engine, executionArn),
    isResting: () => engine?.isResting() ?? true,
    async close() {
      await engine?.close();
      await evaluator.close();
    },
  };
}

interface TaskCallsAs {
  readonly lambda: LambdaInvoke;
  readonly credentials?: AwsCredentials;
}

type Admit = NonNullable<StepFunctionsApiOptions['admit']>;

function admissionOf(engine: Engine, { roles, authenticate }: StepFunctionsOptions): Admit | undefined {
  if (roles !== undefined) return admission(engine, roles.access);
  return authenticate && admission(engine, { callerOf: authenticate, require() {} });
}

/** Asks who sends a request, and whether they may. */
function admission(engine: Engine, access: Pick<Access, 'callerOf' | 'require'>): Admit {
  const { region, accountId } = engine;
  const permissions = toCallStates({
    stateMachineArnOfToken: (taskToken) => engine.stateMachineArnOfToken(taskToken),
    arnOf: (kind, name) => `arn:aws:states:${region}:${accountId}:${kind}:${name}`,
  });
  const names = { denied: 'AccessDeniedException', key: 'UnrecognizedClientException' };
  return (request, body, action, input) => {
    try {
      const caller = access.callerOf(request, body);
      // The developer is asked for nothing, so nothing needs to be looked up.
      if (caller.kind !== 'developer') access.require(caller, permissions(action, input));
      return undefined;
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error;
      const { reason, message } = error;
      const isOther = reason !== 'denied' && reason !== 'key';
      return { name: isOther ? 'InvalidSignatureException' : names[reason], status: 400, message };
    }
  };
}

function open(options: StepFunctionsOptions, evaluator: Evaluator): Engine {
  const { file, environment, lambda, endpoints, executeApi, connections: known, roles, isHere, log } = options;
  const { region } = environment;
  const credentials = credentialsFrom(process.env) ?? LOCAL_CREDENTIALS;
  const aws = { endpoints, region, credentials, limits: LIMITS_DEFAULT };
  const connections = httpConnections({ aws, ...(known !== undefined && { known }) });
  const handlerOf = ({ lambda: invoke, credentials: own = options.ownCredentials }: TaskCallsAs) =>
    serviceIntegrations({
      ...aws,
      lambda: invoke,
      connections,
      ...(own !== undefined && { credentialsFor: (serviceId) => (isHere?.(serviceId) === true ? own : undefined) }),
      ...(executeApi !== undefined && { executeApi }),
    });
  const mapIoOf = (own: RoleCredentials) =>
    s3MapIo(s3Objects({ ...aws, credentialsFor: (serviceId) => (isHere?.(serviceId) === true ? own : undefined) }));
  const opened = Promise.withResolvers<Engine>();
  try {
    const engine = openEngine({
      store: openExecutionStore(file),
      taskHandler: roles === undefined ? handlerOf({ lambda }) : byRole(roles, lambda, handlerOf),
      ...(roles !== undefined && { refuseStart: (call) => refuseStart(roles, call) }),
      mapIo: roles === undefined ? s3MapIo(s3Objects(aws)) : mapIoByRole(roles, opened.promise, mapIoOf),
      jobIo: awsJobs(aws),
      evaluator,
      ...(options.onMoved !== undefined && { onMoved: options.onMoved }),
      ...(options.clock !== undefined && { clock: options.clock }),
      ...environment,
      log: logByWeight(log),
    });
    opened.resolve(engine);
    return engine;
  } catch (cause) {
    throw new HostError(
      `The executions in "${file}" cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Start with the version of Countersign that wrote them, restore them from a backup, or choose another data folder.',
      { cause },
    );
  }
}

/** Failures stand out, and each step of each execution is only for those who look for it. */
function logByWeight(log: Log): EngineLog {
  return (event, fields) => {
    if (event === 'state.entered') log.debug(event, fields);
    else if (/\.(?:failed|timed-out)$/v.test(event)) log.warn(event, fields);
    else log.info(event, fields);
  };
}

/** Writes only what differs. Running executions keep the definition they were started with. */
async function bringUpToDate(
  engine: Engine,
  { declaredAs, ...machine }: DeclaredStateMachine,
  log: Log,
): Promise<void> {
  const { name, type, ...wanted } = machine;
  const stateMachineArn = `arn:aws:states:${engine.region}:${engine.accountId}:stateMachine:${name}`;
  try {
    const existing = describe(engine, stateMachineArn);
    if (existing === undefined) {
      await engine.createStateMachine(machine);
      log.info('state-machine.created', { stateMachineArn });
    } else if (existing.type !== type) {
      throw new HostError(
        `The state machine ${declaredAs} is ${type} now and was ${existing.type}, which cannot be changed.`,
        'Give it another StateMachineName or construct id.',
      );
    } else if (!isDeepStrictEqual(pick(existing, wanted), wanted)) {
      await engine.updateStateMachine({ stateMachineArn, ...wanted });
      log.info('state-machine.updated', { stateMachineArn });
    }
  } catch (cause) {
    if (!(cause instanceof StepFunctionsError)) throw cause;
    throw new HostError(
      `Step Functions refuses the state machine ${declaredAs}: ${cause.message.replace(/\s+/gv, ' ')}.`,
      'Correct the definition in the CDK app, then synthesise it again.',
      { cause },
    );
  }
}

function describeExecution(engine: Engine, executionArn: string): ExecutionDescription | undefined {
  try {
    return engine.describeExecution(executionArn);
  } catch (error) {
    if (error instanceof StepFunctionsError) return undefined;
    throw error;
  }
}

function describe(engine: Engine, stateMachineArn: string) {
  try {
    return engine.describeStateMachine(stateMachineArn);
  } catch (error) {
    if (error instanceof StepFunctionsError && error.name === 'StateMachineDoesNotExist') return undefined;
    throw error;
  }
}

function pick(from: object, like: object): unknown {
  const entries = new Map(Object.entries(from));
  return Object.fromEntries(Object.keys(like).map((key) => [key, entries.get(key)]));
}
