import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  behindHttpApi,
  observed,
  openConfirmations,
  openLinks,
  openS3,
  openSfn,
  readNotifyConfig,
  report,
  reportFailure,
} from '../../../confirmations/src/index.ts';
import { readProgressIn } from '../../../long-tasks/src/index.ts';
import { createApi } from '../api.ts';
import { readApiConfig } from '../config.ts';
import { orderWorkflow } from '../order-workflow.ts';

const { stateMachineArn, policy, personClaim, longTasksBucket } = readApiConfig(process.env);

const api = createApi({
  workflow: orderWorkflow(openSfn(), stateMachineArn, pause),
  confirmations: openConfirmations(process.env),
  links: openLinks(readNotifyConfig(process.env), Date.now),
  policy,
  personClaim,
  readProgress: longTasksBucket === undefined ? undefined : readProgressIn(longTasksBucket, openS3()),
  report,
  newOrderId: randomUUID,
  onFailure: reportFailure,
});

export const handler = observed(behindHttpApi(api));
