import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatchDefinitions } from '../src/services/batch-definitions.ts';
import { containerLookups, toUseBatch } from '../src/services/container-permissions.ts';
import { createEcsDefinitions } from '../src/services/ecs-definitions.ts';

const ENVIRONMENT = { region: 'us-east-1', accountId: '000000000000' };
const CLUSTER_ARN = 'arn:aws:ecs:us-east-1:000000000000:cluster/orders';

test('a job is asked about as the one that would be ended, whatever else its ARN says', () => {
  const needs = toUseBatch(containerLookups(ENVIRONMENT, createEcsDefinitions(), createBatchDefinitions()));
  const own = 'arn:aws:batch:us-east-1:000000000000:job/0a1b';
  for (const jobId of ['0a1b', own, 'arn:aws:batch:us-east-1:000000000000:job/mine/0a1b', 'mine/0a1b']) {
    assert.deepEqual(needs('/v1/terminatejob', { jobId }), [{ action: 'batch:TerminateJob', resource: own }], jobId);
  }
});

test('a cluster is found by its name or its ARN, and not by what only ends with its name', () => {
  const definitions = createEcsDefinitions();
  definitions.createCluster('orders', CLUSTER_ARN);
  for (const known of ['orders', CLUSTER_ARN]) assert.equal(definitions.clusterArn(known), CLUSTER_ARN);
  for (const unknown of ['mine/orders', CLUSTER_ARN.replace('000000000000', '111111111111')]) {
    assert.throws(() => definitions.clusterArn(unknown), /Cluster not found/v, unknown);
  }
});
