// The process that bench/functions.ts measures: the host, with an app of one state machine and its three functions. It speaks with the
// driver as bench/engine-process.ts does, but for the tokens: their function gives them to the driver itself.
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { build } from 'esbuild';
import { silentLog, startHost } from '../local/host/src/index.ts';
import type { Request, Told } from './engine-under-test.ts';
import { definition } from './order.ts';
import { cpuSecondsOf } from './process-tree.ts';

const [, , folder = '.', tokensPort = ''] = process.argv;
const send = (message: Told): void => void process.send?.(message);

const host = await startHost({
  assemblyDir: await synthesize(),
  dataDir: join(folder, 'data'),
  host: '127.0.0.1',
  port: 0,
  awsPort: 0,
  log: {
    ...silentLog,
    info(event, fields = {}) {
      if (event === 'execution.succeeded') send({ ended: [String(fields['executionArn']).split(':').at(-1) ?? ''] });
    },
  },
});
send({ url: host.awsUrl });

process.on('message', (request: Request) => {
  if (request === 'stop') void host.close().then(() => process.disconnect());
  else void tellUsage();
});
process.on('disconnect', () => process.exit());

/** Of this process and of those that the functions run in. */
async function tellUsage(): Promise<void> {
  const cpuMicroseconds = (await cpuSecondsOf(process.pid)) * 1e6;
  const notMeasured = { heapBytes: NaN, commits: NaN, diskBytes: NaN, loopDelayP99Ms: NaN };
  send({ usage: { cpuMicroseconds, rssBytes: process.memoryUsage.rss(), ...notMeasured } });
}

async function synthesize(): Promise<string> {
  const code = join(folder, 'code');
  const entryPoints = [join(import.meta.dirname, 'functions-code.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile: join(code, 'index.mjs') });
  const app = new App({ outdir: join(folder, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Bench');
  const machine = new StateMachine(stack, 'RoundTrip', {
    stateMachineName: 'round-trip',
    definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
  });
  for (const name of ['reserve', 'confirm', 'finalize']) {
    const handler = new LambdaFunction(stack, name, {
      functionName: name,
      runtime: Runtime.NODEJS_24_X,
      handler: `index.${name}`,
      code: Code.fromAsset(code),
      timeout: Duration.seconds(30),
      environment: { TOKENS_PORT: tokensPort },
    });
    handler.grantInvoke(machine);
  }
  return app.synth().directory;
}
