import type { LambdaInvoke, LambdaReply, LambdaRequest } from '../../engine/src/index.ts';
import type { InvocationType, InvokeRequest, LambdaService } from './services/lambda.ts';
import { LambdaError } from './services/lambda-errors.ts';

/** Tasks call the functions of this machine directly; over HTTP they would be given the same replies. */
export function invokeFromTasks(lambda: Pick<LambdaService, 'invoke'>): LambdaInvoke {
  return async (request, signal) => {
    try {
      const { statusCode, payload, functionError, executedVersion, requestId, logTail } = await lambda.invoke(
        invokeRequest(request, signal),
      );
      return {
        statusCode,
        payload,
        executedVersion,
        requestId,
        ...(functionError !== undefined && { functionError }),
        ...(logTail !== undefined && { logResult: logTail }),
      };
    } catch (error) {
      if (error instanceof LambdaError) return refusal(error);
      throw error;
    }
  };
}

function invokeRequest(request: LambdaRequest, signal: AbortSignal): InvokeRequest {
  const { functionName, payload, qualifier, invocationType, logType, clientContext } = request;
  return {
    functionName,
    payload,
    signal,
    ...(qualifier !== undefined && { qualifier }),
    // The service refuses what is none of its types, in Lambda's words.
    ...(invocationType !== undefined && { invocationType: invocationType as InvocationType }), // oxlint-disable-line typescript/no-unsafe-type-assertion -- checked by the service
    ...(logType !== undefined && { logType: logType as 'None' | 'Tail' }), // oxlint-disable-line typescript/no-unsafe-type-assertion -- checked by the service
    ...(clientContext !== undefined && { clientContext }),
  };
}

function refusal({ name, statusCode, body }: LambdaError): LambdaReply {
  return { statusCode, errorCode: name, payload: JSON.stringify(body), requestId: crypto.randomUUID() };
}
