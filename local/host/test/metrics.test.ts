import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { writeAssembly } from './assembly-files.ts';
import { invoke, startTestHost, until, type TestHost } from './test-host.ts';

/** Writes what it is called with on a line of its own, as Powertools does. */
const METRIC = `export const handler = async (line) => { console.log(JSON.stringify(line)); };`;

const assemblyDir = writeAssembly(
  {
    Metric: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'metric',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'r',
        Code: { S3Key: 'metric.zip' },
      },
    },
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'metrics' } },
  },
  { 'metric/index.mjs': METRIC },
);

function embedded(metric: { Name: string; Unit?: string }, values: object, Dimensions = [['service']]): object {
  return {
    _aws: { Timestamp: 0, CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions, Metrics: [metric] }] },
    ...values,
  };
}

function exposition({ awsUrl }: TestHost, wanted: RegExp): Promise<string> {
  return until(async () => {
    const body = await (await fetch(`${awsUrl}/metrics`)).text();
    return wanted.test(body) ? body : undefined;
  });
}

test('what functions count adds up, what they measure has a sum and its latest value, and all is as Prometheus reads it', async () => {
  const host = await startTestHost({ assemblyDir });
  const sold = (count: number, service: string) =>
    invoke(host, 'metric', embedded({ Name: 'Sold', Unit: 'Count' }, { Sold: count, service }));
  await sold(1, 'fruit');
  await sold(2, 'fruit');
  await sold(5, 'say "hi"');
  const weight = embedded({ Name: 'Weight', Unit: 'Kilograms' }, { Weight: [3, 4.5], service: 'fruit' });
  await invoke(host, 'metric', weight);
  await invoke(host, 'metric', { _aws: 'nothing of the kind', Sold: 100 });
  const lines = (await exposition(host, /Weight_count/v)).trimEnd().split('\n');
  assert.deepEqual(lines, [
    '# TYPE Shop_Sold_total counter',
    'Shop_Sold_total{service="fruit"} 3',
    String.raw`Shop_Sold_total{service="say \"hi\""} 5`,
    '# TYPE Shop_Weight gauge',
    'Shop_Weight{service="fruit"} 4.5',
    '# TYPE Shop_Weight_sum counter',
    'Shop_Weight_sum{service="fruit"} 7.5',
    '# TYPE Shop_Weight_count counter',
    'Shop_Weight_count{service="fruit"} 2',
  ]);
});

test('a bucket may be called metrics', async () => {
  const { s3 } = await startTestHost({ assemblyDir });
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: 'metrics' }));
  assert.equal(KeyCount, 0);
});
