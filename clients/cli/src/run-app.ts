import { join, resolve } from 'node:path';
import { keysFor, openDataDir, startHost } from '../../../local/host/src/index.ts';
import type { StartOptions } from './commands/start.ts';
import { CONSOLE_PATH, consolePages } from './console-pages.ts';
import { readyWords } from './ready-words.ts';
import { requirePrivacyForTimeTravel, requirePrivacyWithoutAuth, withHostErrors } from './server-options.ts';
import { serverVoice, type ServerVoice } from './server-voice.ts';
import { stopSignal, untilAborted } from './stop-signal.ts';
import { synthesise } from './synthesise.ts';
import { tlsOf, warnOfOpenHost } from './tls-options.ts';

/** `countersign start`: synthesises, serves, and returns when it was told to stop and everything is on disk. */
export async function runApp(options: StartOptions): Promise<void> {
  requirePrivacyWithoutAuth(options);
  requirePrivacyForTimeTravel(options);
  const stop = stopSignal();
  const voice = serverVoice(options);
  const tls = tlsOf(options);
  warnOfOpenHost(options.host, tls, voice);
  await withHostErrors(async () => {
    // Asked again by the host; said here before the app is synthesised.
    keysFor({ host: options.host, ...credentialsFileOf(options) });
    const assemblyDir = options.assembly ?? (await ownAssembly(options, stop, voice));
    if (stop.aborted) return;
    const host = await startHost({
      assemblyDir: resolve(assemblyDir),
      dataDir: resolve(options.data),
      host: options.host,
      port: options.port,
      awsPort: options.awsPort,
      auth: options.auth ? 'enforced' : 'off',
      iam: options.iam ? 'enforced' : 'off',
      ...(options.connections !== undefined && { connectionsFile: resolve(options.connections) }),
      ...credentialsFileOf(options),
      ...(tls !== undefined && { tls }),
      ...(options.timeTravel && { timeTravel: true }),
      ...(options.docker && { docker: true }),
      ...(options.maxTasks !== undefined && { tasksMax: options.maxTasks }),
      // It shows orders; an app of somebody else has none.
      ...(options.assembly === undefined && { pages: consolePages }),
      log: voice.log,
      ...(options.allowedHost !== undefined && { allowedHosts: options.allowedHost }),
    });
    const ordersUrl = host.apis[0]?.url;
    voice.ready(
      {
        ordersUrl: ordersUrl ?? null,
        ...(options.assembly === undefined && ordersUrl && { consoleUrl: ordersUrl + CONSOLE_PATH }),
        awsUrl: host.awsUrl,
        ...(host.outboxUrl !== undefined && { outboxUrl: host.outboxUrl }),
        dataDir: host.dataDir,
        apis: host.apis,
        identity: host.identity,
        ...(host.timeTravel !== undefined && { timeTravel: host.timeTravel }),
      },
      () => readyWords(host, options.assembly === undefined),
    );
    await untilAborted(stop);
    voice.stopping();
    await host.close();
  });
}

function credentialsFileOf({ credentials }: StartOptions): { readonly credentialsFile?: string } {
  return credentials === undefined ? {} : { credentialsFile: resolve(credentials) };
}

/** Inside the data folder, for functions are loaded from it as long as the host runs. */
async function ownAssembly(
  { data, context = {} }: StartOptions,
  stop: AbortSignal,
  voice: ServerVoice,
): Promise<string> {
  // Opened and let go: a folder that is in use or somebody else's is refused before anything is written there.
  openDataDir(data).close();
  const assemblyDir = join(resolve(data), 'cdk.out');
  await voice.during('Synthesising the CDK app', 'The CDK app is synthesised', () =>
    synthesise(assemblyDir, context, stop),
  );
  return assemblyDir;
}
