import { resolve } from 'node:path';
import { startEngineServer } from '../../../local/host/src/index.ts';
import type { EngineOptions } from './commands/engine.ts';
import { facts } from './table.ts';
import { style } from './output.ts';
import { withHostErrors } from './server-options.ts';
import { readyTitle, serverVoice } from './server-voice.ts';
import { stopSignal, untilAborted } from './stop-signal.ts';
import { tlsOf, warnOfOpenHost } from './tls-options.ts';

/** `countersign engine`: serves Step Functions, and returns when it was told to stop. */
export async function runEngine(options: EngineOptions): Promise<void> {
  const stop = stopSignal();
  const voice = serverVoice(options);
  const tls = tlsOf(options);
  warnOfOpenHost(options.host, tls, voice);
  await withHostErrors(async () => {
    const engine = await startEngineServer({
      host: options.host,
      port: options.port,
      log: voice.log,
      ...(options.allowedHost !== undefined && { allowedHosts: options.allowedHost }),
      ...(options.data !== undefined && { dataDir: resolve(options.data) }),
      ...(options.lambdaEndpoint !== undefined && { lambdaEndpoint: options.lambdaEndpoint }),
      ...(options.connections !== undefined && { connectionsFile: resolve(options.connections) }),
      ...(tls !== undefined && { tls }),
      ...(options.credentials !== undefined && { credentialsFile: resolve(options.credentials) }),
    });
    voice.ready({ url: engine.url, dataDir: options.data === undefined ? null : resolve(options.data) }, () =>
      readyWords(engine.url, options),
    );
    await untilAborted(stop);
    voice.stopping();
    await engine.close();
  });
}

function readyWords(url: string, options: EngineOptions): string {
  return [
    readyTitle('Step Functions is ready on this machine.'),
    '',
    facts(
      [
        ['  Endpoint', url],
        [
          '  Data folder',
          options.data === undefined
            ? 'none: everything is forgotten when this stops (--data keeps it)'
            : resolve(options.data),
        ],
        ['  Lambda', options.lambdaEndpoint ?? 'none: tasks that invoke a function fail (--lambda-endpoint names one)'],
      ],
      (name) => style('dim', name),
    ),
    '',
    'Try:',
    `  AWS_ENDPOINT_URL_SFN=${url} aws stepfunctions list-state-machines`,
    `  countersign executions list --endpoint ${url}`,
  ].join('\n');
}
