import type { StepFunctionsOptions } from './step-functions-options.ts';

/**
 * Step Functions of this process alone: for what needs its rules, and nothing that runs elsewhere.
 *
 * It is asked as any other is, at a free port of this machine, so there is one way to ask.
 */
export async function withOwnStepFunctions<Answer>(
  ask: (options: StepFunctionsOptions) => Promise<Answer>,
): Promise<Answer> {
  // Loaded here, so that no other command waits for the engine.
  const { silentLog, startEngineServer } = await import('../../../local/host/src/index.ts');
  const server = await startEngineServer({ host: '127.0.0.1', port: 0, log: silentLog });
  try {
    return await ask({ endpoint: server.url });
  } finally {
    await server.close();
  }
}
