import { isObject, jsonText, parseTaskResource, type Json, type JsonObject } from '../../../asl/src/index.ts';
import type { Engine, ExecutionDescription } from '../api.ts';
import { isExpressArn } from '../arn.ts';
import { StateMachineTypeNotSupported, StepFunctionsError } from '../errors.ts';
import type { TaskCall } from '../effect.ts';
import type { TaskFailure, TaskHandler, TaskResult } from '../task-handler.ts';

/**
 * Runs tasks that start an execution of another state machine, in this engine itself: `states:startExecution` in all its patterns.
 * What a `.sync` task waits for is the engine's; this is the call.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 */
export function startExecutionIntegration(
  engine: Pick<Engine, 'startExecution'>,
  refuse: (call: TaskCall) => TaskFailure | undefined = () => undefined,
): TaskHandler {
  return async (call) => {
    const { resource, parameters } = call;
    const refused = refuse(call);
    if (refused !== undefined) return refused;
    const fields: JsonObject = isObject(parameters) ? parameters : {};
    const stateMachineArn = fields['StateMachineArn'];
    const name = fields['Name'];
    const input = fields['Input'];
    try {
      const started = await engine.startExecution({
        stateMachineArn: typeof stateMachineArn === 'string' ? stateMachineArn : jsonText(stateMachineArn ?? null),
        ...(typeof name === 'string' && { name }),
        ...(input !== undefined && input !== null && { input: typeof input === 'string' ? input : jsonText(input) }),
      });
      // What a `.sync` task would wait for can be asked of Standard executions alone.
      if (resource.includes('.sync') && isExpressArn(started.executionArn)) throw new StateMachineTypeNotSupported();
      return { output: reply({ ExecutionArn: started.executionArn, StartDate: started.startDateMs }) };
    } catch (error) {
      if (error instanceof StepFunctionsError) return refusal(error);
      throw error;
    }
  };
}

export function startsExecution(resource: string): boolean {
  const parsed = parseTaskResource(resource);
  return parsed?.kind === 'service' && parsed.service === 'states' && parsed.action === 'startExecution';
}

/** The reply with the metadata that the SDK of the service adds. Nothing went over a wire, so the headers are few. */
function reply(fields: JsonObject): Json {
  const requestId = crypto.randomUUID();
  const headers = { 'Content-Type': 'application/x-amz-json-1.0', 'x-amzn-RequestId': requestId };
  return {
    ...fields,
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}

function refusal(error: StepFunctionsError): TaskResult {
  const details = `Service: AWSStepFunctions; Status Code: 400; Error Code: ${error.name}; Request ID: ${crypto.randomUUID()}; Proxy: null`;
  return { error: `StepFunctions.${error.name}Exception`, cause: `${error.message} (${details})` };
}

/** What DescribeExecution says of an execution that has ended, as the task that waited for it gets it. */
export function endedExecution(execution: ExecutionDescription): JsonObject {
  const succeeded = execution.status === 'SUCCEEDED';
  const { stateMachineVersionArn: version, stateMachineAliasArn: alias } = execution;
  return {
    ExecutionArn: execution.executionArn,
    Input: execution.input,
    InputDetails: { Included: true },
    Name: execution.name,
    ...(execution.output !== undefined && { Output: execution.output, OutputDetails: { Included: true } }),
    ...(execution.error !== undefined && { Error: execution.error }),
    ...(execution.cause !== undefined && { Cause: execution.cause }),
    RedriveCount: execution.redriveCount,
    RedriveStatus: succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    ...(succeeded && { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' }),
    StartDate: execution.startDateMs,
    ...(alias !== undefined && { StateMachineAliasArn: alias }),
    StateMachineArn: execution.stateMachineArn,
    ...(version !== undefined && { StateMachineVersionArn: version }),
    Status: execution.status,
    ...(execution.stopDateMs !== undefined && { StopDate: execution.stopDateMs }),
  };
}
