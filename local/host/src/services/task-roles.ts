import type {
  Engine,
  LambdaInvoke,
  LambdaReply,
  MapIo,
  TaskCall,
  TaskFailure,
  TaskHandler,
} from '../../../engine/src/index.ts';
import type { Environment } from '../cloud-assembly.ts';
import type { Access } from '../iam/access.ts';
import { AccessRefused, type Caller, type Permission } from '../iam/caller.ts';
import { textIn } from '../iam/inputs.ts';
import { toInvoke } from './lambda-permissions.ts';
import type { RoleCredentials, RoleCredentialsIssuer, RoleSession } from './role-credentials.ts';

/** Everything a task does, it does with the role of its state machine. */
export interface TaskRoles {
  readonly access: Access;
  readonly credentials: RoleCredentialsIssuer;
  readonly environment: Environment;
}

/** What a handler of tasks is made with, for a role. */
export interface OfRole {
  readonly lambda: LambdaInvoke;
  readonly credentials: RoleCredentials;
}

/** Roles are few; whoever creates state machines by the thousand over the API shall not fill the memory. */
const HANDLERS_MAX = 100;

/** One handler for each role, made when its first task is called. */
export function byRole(roles: TaskRoles, lambda: LambdaInvoke, handlerOf: (role: OfRole) => TaskHandler): TaskHandler {
  const handlers = new Map<string, TaskHandler>();
  const handlerFor = (roleArn: string): TaskHandler => {
    const kept = handlers.get(roleArn);
    if (kept !== undefined) return kept;
    const session = sessionOf(roleArn);
    const own = { lambda: invokeAs(session, roles, lambda), credentials: roles.credentials.credentialsFor(session) };
    const made = handlerOf(own);
    if (handlers.size >= HANDLERS_MAX) handlers.clear();
    handlers.set(roleArn, made);
    return made;
  };
  return (call, signal, watch) => handlerFor(call.roleArn)(call, signal, watch);
}

/**
 * Reads and writes what a distributed Map does with the role of its state machine.
 *
 * @param opened settles when the engine can be asked whose run it is
 */
export function mapIoByRole(
  { credentials }: TaskRoles,
  opened: Promise<Pick<Engine, 'describeMapRun' | 'describeStateMachineForExecution'>>,
  ofRole: (credentials: RoleCredentials) => MapIo,
): MapIo {
  const ofRun = async (mapRunArn: string) => {
    const engine = await opened;
    const { executionArn } = engine.describeMapRun(mapRunArn);
    const { roleArn } = engine.describeStateMachineForExecution(executionArn);
    return ofRole(credentials.credentialsFor(sessionOf(roleArn)));
  };
  return {
    async *readItems(reader, mapRunArn) {
      yield* (await ofRun(mapRunArn)).readItems(reader, mapRunArn);
    },
    async writeResults(writer, results) {
      return (await ofRun(results.mapRunArn)).writeResults(writer, results);
    },
  };
}

/** The failure of a task that starts an execution which the role of its state machine may not start. */
export function refuseStart(
  { access }: TaskRoles,
  { roleArn, parameters, resource }: TaskCall,
): TaskFailure | undefined {
  const stateMachineArn = textIn(parameters, 'StateMachineArn') ?? '*';
  const toStart = { action: 'states:StartExecution', resource: stateMachineArn };
  const permissions = resource.includes('.sync') ? [toStart, ...toHearOfTheEnd(stateMachineArn)] : [toStart];
  const message = denied(access, sessionOf(roleArn), permissions);
  if (message === undefined) return undefined;
  const details = `Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${crypto.randomUUID()}; Proxy: null`;
  return { error: 'StepFunctions.AWSStepFunctionsException', cause: `${message} (${details})` };
}

/**
 * Step Functions waits for an execution by a rule of its own, which its role has to be allowed to make.
 *
 * @see Step Functions Developer Guide, "IAM policies for calling nested executions"
 */
function toHearOfTheEnd(stateMachineArn: string): Permission[] {
  const [, partition = 'aws', , region = '', accountId = ''] = stateMachineArn.split(':');
  const resource = `arn:${partition}:events:${region}:${accountId}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  return ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'].map((action) => ({ action, resource }));
}

function invokeAs(session: RoleSession, { access, environment }: TaskRoles, lambda: LambdaInvoke): LambdaInvoke {
  return async (request, signal) => {
    const message = denied(access, session, [toInvoke(environment, request)]);
    return message === undefined ? lambda(request, signal) : refusedByLambda(message);
  };
}

function refusedByLambda(message: string): LambdaReply {
  return {
    statusCode: 403,
    errorCode: 'AccessDeniedException',
    payload: JSON.stringify({ Message: message }),
    requestId: crypto.randomUUID(),
  };
}

/** @returns the sentence of the denial, undefined where all is allowed. */
function denied(access: Access, session: RoleSession, permissions: readonly Permission[]): string | undefined {
  const caller: Caller = { kind: 'role', session };
  try {
    access.require(caller, permissions);
    return undefined;
  } catch (error) {
    if (error instanceof AccessRefused) return error.message;
    throw error;
  }
}

/** AWS draws a name for each session; here it tells who has taken the role on. */
function sessionOf(roleArn: string): RoleSession {
  return { roleArn, sessionName: 'StepFunctions' };
}
