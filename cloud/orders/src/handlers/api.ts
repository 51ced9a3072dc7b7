import { handle } from 'hono/aws-lambda';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createApi } from '../api.ts';
import { openSfn, openWaitStore } from '../aws.ts';
import { readApiConfig } from '../config.ts';
import { observed, report, reportFailure } from '../observe.ts';
import { orderWorkflow } from '../order-workflow.ts';
import { sendTaskSuccessBy } from '../send-task-success.ts';

const config = readApiConfig(process.env);
const sfn = openSfn();

const api = createApi({
  workflow: orderWorkflow(sfn, config.stateMachineArn, pause),
  sendTaskSuccess: sendTaskSuccessBy(sfn),
  store: openWaitStore(config.taskTokenBucket),
  now: Date.now,
  report,
  newOrderId: randomUUID,
  onFailure: reportFailure,
});

/** Behind the HTTP API's routes, payload format 2.0. */
export const handler = observed(handle(api));
