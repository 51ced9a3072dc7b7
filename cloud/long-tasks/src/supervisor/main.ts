import { programEnvironment, readSupervisorConfig, type SupervisorConfig } from './config.ts';
import { type Log, logTo, reasonOf } from './log.ts';
import { openTask } from './open-task.ts';
import { supervise } from './supervise.ts';
import { untilReached } from './until-reached.ts';

// The process of the container, around the program that its command names.

const PROGRESS_MS = 5_000;
const PATIENCE = { againMs: 10_000, atMostMs: 15 * 60_000 };

const told = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort());

const write = (line: string) => process.stdout.write(line);
process.exitCode = await main();

async function main(): Promise<number> {
  const log = logTo(write, process.env['LONG_TASK_ID'] ?? '', () => new Date());
  try {
    return await run(readSupervisorConfig(process.env), log);
  } catch (error) {
    log('long-task.supervisor-failed', { reason: reasonOf(error) });
    return 1;
  }
}

async function run(config: SupervisorConfig, log: Log): Promise<number> {
  const task = await untilReached(() => openTask(config), PATIENCE, log);
  if (task === undefined) {
    log('long-task.abandoned');
    return 0;
  }
  return await supervise({
    task,
    command: process.argv.slice(2),
    environment: programEnvironment(process.env),
    heartbeatMs: config.heartbeatMs,
    stopMs: config.stopMs,
    progressMs: PROGRESS_MS,
    patience: PATIENCE,
    told: told.signal,
    now: () => new Date(),
    log,
  });
}
