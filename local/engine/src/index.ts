export type * from './api.ts';
export {
  validateStateMachineDefinition,
  type DefinitionDiagnosis,
  type ValidateStateMachineDefinition,
} from './check-definition.ts';
export { systemClock, SteppedClock, type Clock, type Timepiece } from './clock.ts';
export type { TaskCall } from './effect.ts';
export { openEngine, type EngineOptions } from './engine.ts';
export { examineExecutionStore, integrityFaults, type StoreFinding } from './examine-store.ts';
export { seededEntropy, systemEntropy, type EntropySource } from './entropy.ts';
export * from './errors.ts';
export type { Evaluator } from './evaluations.ts';
export type { ExecutionStore } from './execution-store.ts';
export { openFileSync, type FileSync } from './file-sync.ts';
export { lambdaIntegration, type LambdaInvoke, type LambdaRequest, type LambdaReply } from './integrations/lambda.ts';
export { lambdaOverHttp } from './integrations/lambda-over-http.ts';
export {
  createJsonataEvaluator,
  EvaluatorBusy,
  type JsonataEvaluator,
  type JsonataEvaluatorOptions,
} from './jsonata/evaluator.ts';
export type { ExecuteApi } from './integrations/api-gateway.ts';
export { parseConnections, type Connections } from './integrations/connection-document.ts';
export { httpConnections } from './integrations/http-connections.ts';
export { credentialsFrom, LOCAL_CREDENTIALS, type AwsCredentials } from './integrations/credentials.ts';
export { endpointsFrom, type Endpoints } from './integrations/endpoints.ts';
export { awsJobs } from './integrations/aws-jobs.ts';
export { LIMITS_DEFAULT, serviceIntegrations } from './integrations/service-integrations.ts';
export { s3MapIo } from './integrations/s3-map-io.ts';
export { s3Objects } from './integrations/s3-objects.ts';
export type { Job, JobIo, JobReport } from './job-io.ts';
export type { MapIo } from './map-io.ts';
export type { EngineLog } from './log-events.ts';
export { copyExecutionStore, openExecutionStore, settleExecutionStore } from './open-execution-store.ts';
export { memoryExecutionStore } from './sqlite-execution-store.ts';
export type { Pace } from './pace.ts';
export type { TaskFailure, TaskHandler, TaskResult } from './task-handler.ts';
export type * from './test-state/api.ts';
