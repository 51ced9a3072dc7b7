import { SFNClient } from '@aws-sdk/client-sfn';
import { openApi, type OpenApi } from './open-api.ts';

/** The API and an SDK client that was pointed at it. */
export async function openSdk(): Promise<AsyncDisposable & { api: OpenApi; sfn: SFNClient }> {
  const api = await openApi();
  const sfn = new SFNClient({
    endpoint: api.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The SDK puts `sync-` before the host of StartSyncExecution and of TestState, and there is no such host here.
    disableHostPrefix: true,
  });
  return {
    api,
    sfn,
    async [Symbol.asyncDispose]() {
      sfn.destroy();
      await api[Symbol.asyncDispose]();
    },
  };
}
