import type { IntegrationPattern, ServiceIntegration } from '../task-resource.ts';

/** A call that Step Functions makes with an integration of its own. */
interface Integration {
  /** How it can wait for the answer. */
  readonly patterns: readonly IntegrationPattern[];
  /** The parameters without which the call cannot be made. */
  readonly required?: readonly string[];
}

/** @returns `undefined` for a call that Step Functions cannot make, or not wait for in this way. */
export function findIntegration({ service, action, pattern }: ServiceIntegration): Integration | undefined {
  const integration = service.startsWith('aws-sdk:')
    ? sdkIntegration(action)
    : INTEGRATIONS.get(`${service}:${action}`);
  return integration?.patterns.includes(pattern) === true ? integration : undefined;
}

/** An SDK action is written in camel case, whatever the service itself calls it. */
function sdkIntegration(action: string): Integration | undefined {
  return /^[a-z][A-Za-z0-9]*$/.test(action) ? { patterns: ANSWER_OR_TOKEN } : undefined;
}

const ANSWER: readonly IntegrationPattern[] = ['REQUEST_RESPONSE'];
const ANSWER_OR_TOKEN: readonly IntegrationPattern[] = ['REQUEST_RESPONSE', 'WAIT_FOR_TASK_TOKEN'];
const ANSWER_OR_JOB: readonly IntegrationPattern[] = ['REQUEST_RESPONSE', 'RUN_JOB'];
const ANY: readonly IntegrationPattern[] = ['REQUEST_RESPONSE', 'RUN_JOB', 'WAIT_FOR_TASK_TOKEN'];
const ANY_OR_JOB_V2: readonly IntegrationPattern[] = [...ANY, 'RUN_JOB_V2'];

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html */
const INTEGRATIONS: ReadonlyMap<string, Integration> = new Map([
  ['apigateway:invoke', { patterns: ANSWER_OR_TOKEN, required: ['ApiEndpoint', 'Method'] }],
  ['batch:submitJob', { patterns: ANSWER_OR_JOB, required: ['JobDefinition', 'JobName', 'JobQueue'] }],
  ['bedrock:invokeModel', { patterns: ANSWER_OR_TOKEN }],
  ['dynamodb:deleteItem', { patterns: ANSWER, required: ['TableName', 'Key'] }],
  ['dynamodb:getItem', { patterns: ANSWER, required: ['TableName', 'Key'] }],
  ['dynamodb:putItem', { patterns: ANSWER, required: ['TableName', 'Item'] }],
  ['dynamodb:updateItem', { patterns: ANSWER, required: ['TableName', 'Key'] }],
  ['ecs:runTask', { patterns: ANY, required: ['TaskDefinition'] }],
  ['eks:call', { patterns: ANSWER }],
  ['eks:runJob', { patterns: ANY }],
  ['events:putEvents', { patterns: ANSWER_OR_TOKEN, required: ['Entries'] }],
  ['http:invoke', { patterns: ANSWER }],
  ['lambda:invoke', { patterns: ANSWER_OR_TOKEN, required: ['FunctionName'] }],
  ['sns:publish', { patterns: ANSWER_OR_TOKEN, required: ['Message'] }],
  ['sqs:sendMessage', { patterns: ANSWER_OR_TOKEN, required: ['QueueUrl', 'MessageBody'] }],
  ['states:startExecution', { patterns: ANY_OR_JOB_V2, required: ['StateMachineArn'] }],
  ...calls(ANSWER, 'athena', ['getQueryExecution', 'getQueryResults', 'stopQueryExecution']),
  ...calls(ANSWER_OR_JOB, 'athena', ['startQueryExecution']),
  ...calls(ANSWER_OR_JOB, 'bedrock', ['createModelCustomizationJob']),
  ...calls(ANSWER, 'codebuild', [
    'batchDeleteBuilds',
    'batchGetReports',
    'deleteBuildBatch',
    'stopBuild',
    'stopBuildBatch',
  ]),
  ...calls(ANSWER_OR_JOB, 'codebuild', ['retryBuildBatch', 'startBuild', 'startBuildBatch']),
  ...calls(ANSWER_OR_JOB, 'databrew', ['startJobRun']),
  ...calls(ANSWER_OR_JOB, 'eks', ['createCluster', 'createFargateProfile', 'createNodegroup']),
  ...calls(ANSWER_OR_JOB, 'eks', ['deleteCluster', 'deleteFargateProfile', 'deleteNodegroup']),
  ...calls(ANSWER, 'elasticmapreduce', ['cancelStep', 'modifyInstanceFleetByName', 'modifyInstanceGroupByName']),
  ...calls(ANSWER, 'elasticmapreduce', ['setClusterTerminationProtection']),
  ...calls(ANSWER_OR_JOB, 'elasticmapreduce', ['addStep', 'createCluster', 'terminateCluster']),
  ...calls(ANSWER, 'emr-containers', ['createVirtualCluster']),
  ...calls(ANSWER_OR_JOB, 'emr-containers', ['deleteVirtualCluster', 'startJobRun']),
  ...calls(ANSWER_OR_JOB, 'emr-serverless', ['cancelJobRun', 'createApplication', 'deleteApplication']),
  ...calls(ANSWER_OR_JOB, 'emr-serverless', ['startApplication', 'startJobRun', 'stopApplication']),
  ...calls(ANSWER_OR_JOB, 'glue', ['startJobRun']),
  ...calls(ANSWER_OR_JOB, 'mediaconvert', ['createJob']),
  ...calls(ANSWER, 'sagemaker', ['createEndpoint', 'createEndpointConfig', 'createModel', 'updateEndpoint']),
  ...calls(ANSWER_OR_JOB, 'sagemaker', ['createHyperParameterTuningJob', 'createLabelingJob', 'createProcessingJob']),
  ...calls(ANSWER_OR_JOB, 'sagemaker', ['createTrainingJob', 'createTransformJob']),
]);

function calls(
  patterns: readonly IntegrationPattern[],
  service: string,
  actions: readonly string[],
): [string, Integration][] {
  return actions.map((action) => [`${service}:${action}`, { patterns }]);
}
